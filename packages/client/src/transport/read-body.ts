import { ProtocolError } from '../errors.ts';
import { redact } from '../redact.ts';
import type { Answer } from './transport-options.ts';

/** A buffer for bodies that is used again: pages of a list come in about one size. */
export class BodyBuffer {
  #bytes: Uint8Array = new Uint8Array(0);

  /** Reads a body whole. The bytes are borrowed until the next read. Throws ProtocolError, and cancels, above `limit` bytes. */
  async read(answer: Answer, limit: number, what: string): Promise<Uint8Array> {
    const announced = answer.headers['content-encoding'] === undefined ? Number(answer.headers['content-length'] ?? 0) : 0;
    if (announced > limit) {
      answer.cancel();
      throw tooLarge(what, limit);
    }
    let size = 0;
    if (announced > this.#bytes.length) this.#bytes = new Uint8Array(announced);
    for await (const chunk of answer.chunks) {
      if (size + chunk.length > limit) throw tooLarge(what, limit);
      if (size + chunk.length > this.#bytes.length) {
        const grown = new Uint8Array(Math.min(limit, Math.max(size + chunk.length, this.#bytes.length * 2, 16_384)));
        grown.set(this.#bytes.subarray(0, size));
        this.#bytes = grown;
      }
      this.#bytes.set(chunk, size);
      size += chunk.length;
    }
    return this.#bytes.subarray(0, size);
  }
}

/** Reads a body whole as text. */
export async function readText(answer: Answer, limit: number, what: string): Promise<string> {
  return new TextDecoder().decode(await new BodyBuffer().read(answer, limit, what));
}

/**
 * What came instead of what was asked for: the type that the answer names, and how its body begins, without what looks like a secret: pages of
 * proxies and of login servers show the headers of the request.
 */
export function describeAnswer(answer: Pick<Answer, 'statusCode' | 'headers' | 'hide'>, body: string): string {
  const type = answer.headers['content-type'];
  const start = redact((answer.hide?.(body) ?? body).slice(0, 4000).trim().replace(/\s+/g, ' ')).slice(0, 80);
  return `HTTP ${answer.statusCode} with ${type === undefined ? 'no content type' : `content type ${type.slice(0, 100)}`} that begins with ${JSON.stringify(start)}`;
}

function tooLarge(what: string, limit: number): ProtocolError {
  return new ProtocolError(`${what}: the answer is larger than ${limit} bytes`);
}
