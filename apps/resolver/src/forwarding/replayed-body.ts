import type { IncomingMessage } from 'node:http';

/** Bytes of a request body that are kept for another try. Past them a call has one chance. */
const REPLAY_BYTES = 262_144;

/** The client went away before its request was complete: no fault of the backend. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';

  constructor() {
    super('the client broke off its request');
  }
}

/** The body of a request, which can be read again from its start as long as it is short. It is read as fast as the reader takes it. */
export class ReplayedBody {
  readonly #request: IncomingMessage;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  #reader = 0;
  #ended = false;

  constructor(request: IncomingMessage) {
    this.#request = request;
    request.once('end', () => {
      this.#ended = true;
    });
  }

  /** Whether `read` still gives the whole. */
  get replayable(): boolean {
    return this.#kept !== undefined;
  }

  /** Stops keeping the body: there is no further try. */
  settle(): void {
    this.#kept = undefined;
  }

  /** The body from its start. A reader before this one ends with nothing more. Throws if the client breaks off. */
  async *read(): AsyncGenerator<Buffer> {
    const request = this.#request;
    const reader = (this.#reader += 1);
    for (let at = 0; ;) {
      if (reader !== this.#reader) return;
      const kept = this.#kept?.[at];
      if (kept !== undefined) {
        at += 1;
        yield kept;
        continue;
      }
      const chunk = request.read() as Buffer | null;
      if (chunk !== null) {
        at += 1;
        this.#keep(chunk);
        yield chunk;
      } else if (this.#ended) return;
      else await this.#readable();
    }
  }

  #keep(chunk: Buffer): void {
    if (this.#kept === undefined) return;
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > REPLAY_BYTES) this.#kept = undefined;
    else this.#kept.push(chunk);
  }

  #readable(): Promise<void> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const clear = (): void => {
        request.off('readable', onReadable).off('end', onReadable).off('error', onError).off('close', onClose);
      };
      const onReadable = (): void => {
        clear();
        resolve();
      };
      const onError = (): void => {
        clear();
        reject(new ClientGoneError());
      };
      const onClose = (): void => {
        clear();
        if (this.#ended) resolve();
        else reject(new ClientGoneError());
      };
      if (request.destroyed) return onClose();
      request.on('readable', onReadable).on('end', onReadable).on('error', onError).on('close', onClose);
    });
  }
}
