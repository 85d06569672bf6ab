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
  /** The beginning of a head of which it is not known yet whether it is a 100 Continue. */
  #held: Buffer | undefined;
  /** undici has the first letter of a head already, and gets the rest of whichever is shown to it. */
  #lent = false;
  /** A head began that is none of an interim answer: what follows is looked at no more. */
  #final = false;
  /** The version of an answer that is not HTTP/1; undici takes any. */
  otherVersion: string | undefined;

  /**
   * Takes a chunk that was read from the socket, and gives what undici shall see of it; undefined: nothing yet. A 100 Continue is left out: nobody asked
   * for it, since the resolver answers Expect by itself, and a client must bear it all the same (RFC 9110, section 15.2), which undici does not. Kept only
   * until the head is complete, which undici bounds to 16 KiB.
   */
  take(chunk: Buffer): Buffer | undefined {
    if (!this.#inHead) return chunk;
    if (!this.#final) return this.#withoutContinue(chunk);
    this.#head.push(chunk);
    return chunk;
  }

  #withoutContinue(chunk: Buffer): Buffer | undefined {
    let rest = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    const shown: Buffer[] = [];
    while (rest.length > 0) {
      const start = rest.toString('latin1', 0, 64);
      const line = startOfHead.exec(start);
      const end = line?.[2] === '1' ? headEnd.exec(rest.toString('latin1', 0, LONGEST_HEAD)) : null;
      const cut = line === null ? couldStartHead.test(start) : line[2] === '1' && end === null;
      if (cut && rest.length < LONGEST_HEAD) {
        this.#held = rest;
        break;
      }
      if (line === null || line[2] !== '1' || end === null) {
        if (line !== null && line[1] !== '1') this.otherVersion = line[1];
        this.#final = true;
        this.#head.push(rest);
        shown.push(rest);
        break;
      }
      const length = end.index + end[0].length;
      if (line[3] !== '00') shown.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    if (shown.length > 0 && this.#lent) shown[0] = behindLent(shown[0] as Buffer);
    if (shown.length > 0) this.#lent = false;
    // undici must hear at once that an answer began: from then on the call is not tried again.
    const first = this.#lent ? -1 : (this.#held?.indexOf(FIRST) ?? -1);
    if (first >= 0) {
      this.#lent = true;
      shown.push(FIRST);
    }
    return shown.length < 2 ? shown[0] : Buffer.concat(shown);
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
    this.#final = false;
  }
}

/** What every head begins with. */
const FIRST = Buffer.from('H');

/** A head behind its first letter, and what may stand before that. */
function behindLent(head: Buffer): Buffer {
  const before = /^[\r\n]*H/u.exec(head.toString('latin1', 0, 64));
  return before === null ? head : head.subarray(before[0].length);
}

/** undici's bound of a head. */
const LONGEST_HEAD = 16_384;
/** The major version, and the status in two parts. */
const startOfHead = /^[\r\n]*HTTP\/(\d)\.\d (\d)(\d\d)/u;
/** The beginning of one of these, cut anywhere. */
const couldStartHead = /^[\r\n]*(?:H(?:T(?:T(?:P(?:\/(?:\d(?:\.(?:\d(?: \d{0,2})?)?)?)?)?)?)?)?)?$/u;
const headEnd = /\r?\n\r?\n/u;

const ascii = /^[\t\x20-\x7e]*$/u;
const statusLine = /^\s*HTTP\/1\.[01] (\d{3})(?: ([^\r\n]*))?\r?\n/u;

let reading: AnswerWire | undefined;

/** The connection that undici reads from at this moment: to be asked in a handler, synchronously. */
export function currentWire(): AnswerWire | undefined {
  return reading;
}

/** A connector of undici as it is, for HTTP/2. */
export const createPlainConnector: (options: object) => buildConnector.connector = buildUndiciConnector;

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

/** Errors of a connection that the other side closed. What it sent before may still be on the way to us. */
const closedByPeer = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Shows the socket's bytes to a wire. Whatever came before the connection's error is read before the error is told: the beginning of an answer, which
 * forbids another try, and an early answer (413) of a backend that closes without reading the rest of the request, whose reset else overtakes it.
 */
function observe(socket: Socket): void {
  const wire = new AnswerWire();
  const read = socket.read.bind(socket);
  const destroy = socket.destroy.bind(socket);
  /** What came after the connection's error: a stream with an error takes no more. */
  const afterError: Buffer[] = [];
  let ending = false;
  socket.read = (size?: number) => {
    // Node's own wish for more; nothing is taken.
    if (size === 0) return read(0) as null;
    for (;;) {
      const chunk = ((size === undefined ? read() : read(size)) as Buffer | null) ?? afterError.shift();
      if (chunk === undefined) return null;
      reading = wire;
      const seen = wire.take(chunk);
      if (seen !== undefined) return seen;
    }
  };
  socket.destroy = (error?: Error) => {
    if (error === undefined || !closedByPeer.has((error as NodeJS.ErrnoException).code ?? '')) return destroy(error);
    if (ending) return socket;
    ending = true;
    socket.push = (chunk: Buffer | null) => chunk === null || afterError.push(chunk) > 0;
    // A whole turn, for what the kernel still has: the first of these may come before anything is read.
    setImmediate(() =>
      setImmediate(() => {
        if (!socket.destroyed && (socket.readableLength > 0 || afterError.length > 0)) socket.emit('readable');
        destroy(error);
      }),
    );
    return socket;
  };
}
