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

/** The client sends its body more slowly than the least pace. */
export class SlowBodyError extends Error {
  override readonly name = 'SlowBodyError';
}

/** The least pace of a body. Only the time that the client is waited for counts, not that in which the backend takes what came. */
export interface BodyPace {
  /** How long the client may be waited for in all before the pace counts, in milliseconds. */
  readonly graceMs: number;
  /** Each of so many bytes gives a second more. */
  readonly bytesPerSecond: number;
}

/** Told of how far a reader of the body is. */
export interface BodyReader {
  /** It waits for the client. */
  asks(): void;
  /** It was given a piece, and has to take it. */
  got(): void;
  /** It was given the whole. */
  ended(): void;
}

/** The body of a request, which can be read again from its start as long as it is short. It is read as fast as the reader takes it. */
export class ReplayedBody {
  readonly #request: IncomingMessage;
  readonly #pace: BodyPace;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  #reader = 0;
  #ended = false;
  #bytes = 0;
  #waitedMs = 0;
  #wake: (() => void) | undefined;
  /** Whether the pace counts: until there is an answer. */
  #paced = true;

  constructor(request: IncomingMessage, pace: BodyPace) {
    this.#request = request;
    this.#pace = pace;
    request.once('end', () => {
      this.#ended = true;
    });
  }

  /** Whether `read` still gives the whole. */
  get replayable(): boolean {
    return this.#kept !== undefined;
  }

  /** An answer began: there is no further try, so nothing is kept, and the client may take the time that it wants. */
  settle(): void {
    this.#kept = undefined;
    this.#paced = false;
  }

  /** Ends the reading. What is left of the body is read and dropped, so that the connection can go on. */
  drop(): void {
    this.#kept = undefined;
    this.#reader += 1;
    this.#wake?.();
    this.#request.resume();
  }

  /** The body from its start. A reader before this one ends with nothing more. Throws if the client breaks off or is too slow. */
  read(told: BodyReader): AsyncGenerator<Buffer> {
    // Now, not when its first piece is asked for: until then the reader before it could use up what is kept.
    this.#reader += 1;
    this.#wake?.();
    return this.#from(this.#reader, told);
  }

  async *#from(reader: number, told: BodyReader): AsyncGenerator<Buffer> {
    const request = this.#request;
    for (let at = 0; ;) {
      if (reader !== this.#reader) return;
      const kept = this.#kept?.[at];
      if (kept !== undefined) {
        at += 1;
        told.got();
        yield kept;
        continue;
      }
      const chunk = request.read() as Buffer | null;
      if (chunk !== null) {
        at += 1;
        this.#bytes += chunk.length;
        this.#keep(chunk);
        told.got();
        yield chunk;
      } else if (this.#ended) {
        told.ended();
        return;
      } else {
        told.asks();
        await this.#readable();
      }
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
    const { graceMs, bytesPerSecond } = this.#pace;
    return new Promise((resolve, reject) => {
      const begun = performance.now();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const clear = (): void => {
        clearTimeout(timer);
        this.#waitedMs += performance.now() - begun;
        this.#wake = undefined;
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
      const onSlow = (): void => {
        if (!this.#paced) return;
        clear();
        reject(new SlowBodyError(`${this.#bytes} bytes of the body came while it was waited for ${Math.round(this.#waitedMs)} ms`));
      };
      if (request.destroyed) return onClose();
      this.#wake = onReadable;
      request.on('readable', onReadable).on('end', onReadable).on('error', onError).on('close', onClose);
      if (this.#paced) timer = setTimeout(onSlow, Math.max(1, graceMs + (this.#bytes * 1_000) / bytesPerSecond - this.#waitedMs));
    });
  }
}
