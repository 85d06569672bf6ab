import { ProtocolError } from '../errors.ts';
import type { Frame, FrameType } from './frame.ts';
import { isText, JsonBytesError, JsonCursor, JsonName, skipSpace } from '@kubecast/json-bytes';

const NEWLINE = 0x0a;
const CLOSE = 0x7d;
/** A buffer larger than this is let go of after the line that needed it. */
const KEPT = 256 * 1024;
const types: readonly FrameType[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'];
const TYPE = new JsonName('type');
const OBJECT = new JsonName('object');
// The server writes exactly this; the scan of members is for those that do not.
const heads = types.map((type) => ({ type, head: `{"type":"${type}","object":` }));

/**
 * Cuts the bytes of a watch into frames. A line is split at the byte, so no character can be broken; a line that spans chunks is put
 * together in one of two buffers that grow to the largest line seen.
 */
export class FrameSplitter {
  readonly #limit: number;
  readonly #what: string;
  #carry: Uint8Array = new Uint8Array(0);
  #carried = 0;
  /** Holds the line that the last batch began with, and is free for the next carry: two buffers take turns, so that a chunk makes no new one. */
  #lent: Uint8Array = new Uint8Array(0);

  constructor(limit: number, what: string) {
    this.#limit = limit;
    this.#what = what;
  }

  /** The frames that this chunk completes. Their bytes are borrowed from the chunk and from the splitter, until the next call. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let start = 0;
    let end = chunk.indexOf(NEWLINE);
    if (this.#carried > 0) {
      this.#append(chunk.subarray(0, end < 0 ? chunk.length : end));
      if (end < 0) return frames;
      const line = this.#carry.subarray(0, this.#carried);
      const free = this.#lent;
      this.#lent = this.#carry;
      this.#carry = free.length > KEPT ? new Uint8Array(0) : free;
      this.#carried = 0;
      this.#frame(line, frames);
      start = end + 1;
      end = chunk.indexOf(NEWLINE, start);
    }
    while (end >= 0) {
      if (end - start > this.#limit) throw this.#tooLong();
      this.#frame(chunk.subarray(start, end), frames);
      start = end + 1;
      end = chunk.indexOf(NEWLINE, start);
    }
    if (start < chunk.length) this.#append(chunk.subarray(start));
    return frames;
  }

  /** The stream ended. Throws ProtocolError if it ended inside an event. */
  end(): void {
    if (this.#carried === 0) return;
    const rest = this.#carry.subarray(0, this.#carried);
    if (skipSpace(rest, 0, rest.length) !== rest.length) throw new ProtocolError(`${this.#what}: the watch ended inside an event`);
  }

  #append(part: Uint8Array): void {
    const size = this.#carried + part.length;
    if (size > this.#limit) throw this.#tooLong();
    if (size > this.#carry.length) {
      const grown = new Uint8Array(Math.max(size, this.#carry.length * 2, 4096));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(part, this.#carried);
    this.#carried = size;
  }

  #frame(line: Uint8Array, frames: Frame[]): void {
    for (const { type, head } of heads) {
      // Two braces at the end: the object's own and the event's. A line that was cut off nearly always lacks one.
      if (
        line.length > head.length + 2 &&
        line[line.length - 1] === CLOSE &&
        line[line.length - 2] === CLOSE &&
        isText(line, 0, head.length, head)
      ) {
        frames.push({ type, object: line.subarray(head.length, line.length - 1) });
        return;
      }
    }
    const frame = this.#slowFrame(line);
    if (frame !== undefined) frames.push(frame);
  }

  #slowFrame(line: Uint8Array): Frame | undefined {
    const start = skipSpace(line, 0, line.length);
    if (start === line.length) return undefined;
    let type: FrameType | undefined;
    let object: Uint8Array | undefined;
    try {
      const event = new JsonCursor().members(line, start);
      while (event.next()) {
        if (event.isNamed(TYPE)) {
          const text = event.text();
          type = types.find((known) => known === text);
        } else if (event.isNamed(OBJECT)) object = line.subarray(event.start, event.end);
      }
      if (skipSpace(line, event.behind, line.length) !== line.length) throw new JsonBytesError('more follows the event', event.behind);
    } catch (cause) {
      throw new ProtocolError(`${this.#what}: a line of the watch is no event: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
    if (type === undefined || object === undefined)
      throw new ProtocolError(`${this.#what}: a line of the watch is no event: it lacks a known type or an object`);
    return { type, object };
  }

  #tooLong(): ProtocolError {
    return new ProtocolError(`${this.#what}: an event of the watch is larger than ${this.#limit} bytes`);
  }
}
