import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

// By its file, as the agent is: of `undici` by name Bun gives a part of its own.
const buildUndiciConnector = createRequire(import.meta.url)('undici/lib/core/connect.js') as typeof buildConnector;

/**
 * The bytes of an answer's head, as they came over one backend connection. undici hands over header values as bytes but the reason phrase
 * as text decoded from UTF-8 (of a head that came in several packets only the last piece), from which other bytes cannot be recovered.
 */
export class AnswerWire {
  #head: Buffer[] = [];
  #inHead = true;

  /** Takes a chunk that was read from the socket. Kept only until the head is complete, which undici bounds to 16 KiB. */
  take(chunk: Buffer): void {
    if (this.#inHead) this.#head.push(chunk);
  }

  /**
   * Ends the head and gives its reason phrase, one character for each byte. `told`: the phrase as undici decoded it, which is taken where it
   * must be right. Undefined if the status line cannot be found.
   */
  endHead(status: number, told: string): string | undefined {
    const head = this.#head;
    this.#inHead = false;
    this.#head = [];
    if (head.length === 1 && ascii.test(told)) return told;
    let rest = Buffer.concat(head).toString('latin1');
    // Interim answers (1xx) may stand before it.
    for (;;) {
      const line = statusLine.exec(rest);
      if (line === null) return undefined;
      if (Number(line[1]) === status) return line[2] ?? '';
      const end = /\r?\n\r?\n/u.exec(rest);
      if (end === null) return undefined;
      rest = rest.slice(end.index + end[0].length);
    }
  }

  /** The next bytes belong to another answer. */
  next(): void {
    this.#inHead = true;
  }
}

const ascii = /^[\t\x20-\x7e]*$/u;
const statusLine = /^\s*HTTP\/1\.[01] (\d{3})(?: ([^\r\n]*))?\r?\n/u;

let reading: AnswerWire | undefined;

/** The connection that undici reads from at this moment: to be asked in a handler, synchronously. */
export function currentWire(): AnswerWire | undefined {
  return reading;
}

/** A connector of undici whose sockets show their bytes to an AnswerWire. */
export function createConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildUndiciConnector(options);
  return (target, callback) =>
    connect(target, (...result) => {
      const [, socket] = result;
      if (socket !== null && socket !== undefined) observe(socket);
      callback(...result);
    });
}

function observe(socket: Socket): void {
  const wire = new AnswerWire();
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk = (size === undefined ? read() : read(size)) as Buffer | null;
    if (chunk !== null) {
      reading = wire;
      wire.take(chunk);
    }
    return chunk;
  };
}
