import type { ServerResponse } from 'node:http';
import type { Fault } from '../../faults/fault.ts';
import { presentBytes } from '../../storage/presenter.ts';
import type { StoredObject } from '../../storage/stored-object.ts';
import type { Context } from '../../verbs/context.ts';
import { bookmarkObject, type WatchSink } from '../../verbs/reads/watch.ts';
import { cutConnection } from '../connection.ts';
import { WatchFaults, type Fate } from './watch-faults.ts';
import { drained } from './write-list.ts';

/** Bytes gathered before they are handed to the socket. */
const chunkBytes = 65_536;

const opening = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
} as const;
const closing = Buffer.from('}\n');

export interface WatchResponseOptions {
  readonly faults: readonly Fault[];
  /** The connection is frozen: nothing more is sent. */
  frozen(): boolean;
  /** Called for each event and bookmark. */
  sent(): void;
  /** Turns an object into the form that the client asked for; without it the bytes go out as they stand. */
  readonly transform?: (stored: StoredObject, first: boolean) => Record<string, unknown>;
  readonly transformBookmark?: (bookmark: Record<string, unknown>, first: boolean) => Record<string, unknown>;
}

/** A watch written to an HTTP response, one JSON object a line. */
export class WatchResponse implements WatchSink {
  readonly #response: ServerResponse;
  readonly #context: Context;
  readonly #options: WatchResponseOptions;
  readonly #faults: WatchFaults;
  #pending: Buffer[] = [];
  #size = 0;
  #blocked: Promise<void> | undefined;
  #first = true;
  #cutting = false;

  constructor(response: ServerResponse, context: Context, options: WatchResponseOptions) {
    this.#response = response;
    this.#context = context;
    this.#options = options;
    this.#faults = new WatchFaults(options.faults, context.core.clock, context.signal);
  }

  /** A fault silenced the watch or is cutting it: it must not be ended cleanly. */
  get silent(): boolean {
    return this.#faults.silent || this.#cutting;
  }

  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', stored: StoredObject): void {
    const { transform } = this.#options;
    if (transform === undefined) this.#line(opening[type], presentBytes(this.#context.kind, this.#context.resource, stored), closing);
    else this.#line(Buffer.from(`${JSON.stringify({ type, object: transform(stored, this.#first) })}\n`));
  }

  bookmark(revision: number, initialEventsEnd: boolean): void {
    if (!this.#faults.bookmark(initialEventsEnd)) return;
    const plain = bookmarkObject(this.#context, revision, initialEventsEnd);
    const object = this.#options.transformBookmark?.(plain, this.#first) ?? plain;
    this.#line(Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`));
  }

  error(status: Record<string, unknown>): void {
    this.#push(Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`));
  }

  ready(): Promise<void> | undefined {
    return this.#blocked;
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#size = 0;
    if (this.#response.destroyed || this.#options.frozen()) return;
    const lag = this.#faults.lag();
    const send = (): void => {
      if (this.#response.destroyed || this.#response.writableEnded || this.#response.write(bytes)) return;
      this.#blocked = drained(this.#response, this.#context.signal).then(() => {
        this.#blocked = undefined;
      });
    };
    if (lag === undefined) send();
    else void lag.then(send, () => {});
  }

  /** Applies the faults before the first line. */
  start(onOver: () => void): void {
    this.#faults.onOver(onOver);
    this.#suffer(this.#faults.settle());
  }

  /** Sends one event or bookmark, unless a fault applies instead. */
  #line(...parts: Buffer[]): void {
    const fate = this.#faults.next();
    this.#first = false;
    if (fate !== undefined) return this.#suffer(fate, parts);
    this.#options.sent();
    this.#push(...parts);
    this.#suffer(this.#faults.settle());
  }

  #suffer(fate: Fate | undefined, parts: readonly Buffer[] = []): void {
    if (fate === undefined || fate.type === 'swallowed') return;
    if (fate.type === 'error') {
      this.error(fate.status);
      this.flush();
      return;
    }
    this.#cutting = true;
    const line = Buffer.concat(parts);
    // The buffered bytes and half of the line are flushed before the connection is cut; otherwise they would be lost.
    this.#pending.push(fate.half ? line.subarray(0, line.length >>> 1) : Buffer.alloc(0));
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    if (bytes.length === 0) cutConnection(this.#response);
    else this.#response.write(bytes, () => cutConnection(this.#response));
  }

  #push(...parts: Buffer[]): void {
    for (const part of parts) {
      this.#pending.push(part);
      this.#size += part.length;
    }
    if (this.#size >= chunkBytes) this.flush();
  }
}
