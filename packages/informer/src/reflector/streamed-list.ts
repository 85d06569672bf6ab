import type { Frame } from '@kubecast/client';
import { compareResourceVersions } from '@kubecast/store';
import { Fault, faultOf, programFault } from '../server/fault.ts';
import { WatchStream } from '../server/watch-stream.ts';
import { readStatus } from './object-head.ts';
import type { ObjectHead } from './object-head.ts';
import type { ListEnd, ReadingParts } from './object-reader.ts';
import type { SinkCollection } from './reflector-sink.ts';

/** How a streamed list ended. `complete`: its stream goes on as the watch, and belongs to whoever gets it. */
export type StreamedListEnd =
  | (Extract<ListEnd, { kind: 'complete' }> & { readonly stream: WatchStream })
  /** `began`: some of it came. */
  | (Extract<ListEnd, { kind: 'fault' }> & { readonly began: boolean })
  /** The server does not stream lists, or does not end them. */
  | { readonly kind: 'refused'; readonly why: string; readonly endless: boolean };

/** Reads a streamed list (KEP-3157) to its end mark. Writes nothing but its own collection, which is aborted where the list is not complete. */
export function readStreamedList(parts: ReadingParts, seconds: number, signal: AbortSignal): Promise<StreamedListEnd> {
  return new StreamedList(parts, seconds, signal).read();
}

class StreamedList {
  readonly #parts: ReadingParts;
  readonly #seconds: number;
  readonly #signal: AbortSignal;
  readonly #collection: SinkCollection;
  /** The objects whose DELETED came, with the version of it. */
  readonly #dead = new Map<string, { readonly uid: string; readonly version: string }>();
  #skipped = 0;
  #any = false;
  /** After the end mark: the version that the collected set stands at. Only a scope that takes over another goes on collecting there. */
  #ended = '';
  #endedAt = 0;
  #progressAt: number;
  #warned = false;

  constructor(parts: ReadingParts, seconds: number, signal: AbortSignal) {
    this.#parts = parts;
    this.#seconds = seconds;
    this.#signal = signal;
    this.#progressAt = parts.clock.now();
    this.#collection = parts.sink.collect();
  }

  async read(): Promise<StreamedListEnd> {
    const { source, clock, position, selectors, counters } = this.#parts;
    const from = position.listVersion;
    let stream: WatchStream | undefined;
    let complete = false;
    try {
      counters.watches += 1;
      stream = new WatchStream(
        source,
        {
          ...selectors,
          ...(from === '' ? {} : { resourceVersion: from }),
          resourceVersionMatch: 'NotOlderThan',
          sendInitialEvents: true,
          allowWatchBookmarks: true,
        },
        this.#seconds,
        clock,
        this.#signal,
      );
      const open = stream;
      open.guard(() => this.#check(open));
      for (;;) {
        const batch = await open.next();
        if (batch === undefined) break;
        this.#parts.onHeard();
        const end = await this.#batch(batch, open.heardAt);
        if (end === undefined) continue;
        open.unread(batch.slice(end));
        open.guard(() => this.#parts.idleWait(open.heardAt));
        complete = true;
        return { kind: 'complete', version: this.#ended, collection: this.#collection, skipped: this.#skipped, stream: open };
      }
      if (!this.#any) throw new Fault('protocol', 'the streamed list ended without a word');
      throw new Fault('connection', 'the streamed list ended before its last bookmark');
    } catch (error) {
      if (this.#signal.aborted) return { kind: 'fault', fault: faultOf(error), began: this.#any };
      if (error instanceof EndMissing) {
        return { kind: 'refused', why: `the streamed list brought nothing new for ${Math.round(error.quietMs)} ms`, endless: true };
      }
      const fault = programFault(error);
      if (fault.kind === 'invalid') return { kind: 'refused', why: `the server does not stream lists (${fault.message})`, endless: false };
      return { kind: 'fault', fault, began: this.#any };
    } finally {
      if (!complete) {
        this.#collection.abort();
        stream?.close();
      }
    }
  }

  /** Reads a batch. Undefined: the list goes on. Else the place after the frame that completed it. */
  async #batch(batch: readonly Frame[], heardAt: number): Promise<number | undefined> {
    const { counters, objects, slice } = this.#parts;
    for (const [index, frame] of batch.entries()) {
      this.#any = true;
      if (slice.due()) await slice.yield();
      this.#signal.throwIfAborted();
      if (frame.type === 'ERROR') throw faultOf(readStatus(frame.object));
      // Of the mass of initial objects, the store reads the head; here it is one a batch, for its kind.
      if (frame.type === 'ADDED' && index > 0 && this.#dead.size === 0 && this.#ended === '') {
        counters.events += 1;
        this.#progressAt = heardAt;
        this.#put(frame, undefined);
        continue;
      }
      const head = objects.head(frame);
      if (head === undefined) {
        this.#skipped += 1;
        continue;
      }
      if (frame.type === 'BOOKMARK') {
        counters.bookmarks += 1;
        if (head.initialEventsEnd !== 'true' && this.#ended === '') continue;
        if (this.#ended === '') this.#endedAt = heardAt;
      } else {
        counters.events += 1;
        objects.checkKind(head);
        this.#event(frame, head, heardAt);
        if (this.#ended === '') continue;
      }
      this.#ended = head.version;
      if (!this.#parts.position.isBelowFloor(head.version)) return index + 1;
    }
    return undefined;
  }

  #event(frame: Frame, head: ObjectHead, heardAt: number): void {
    const id = `${head.namespace}/${head.name} ${head.uid}`;
    if (frame.type === 'DELETED') {
      this.#dead.set(id, { uid: head.uid, version: head.version });
      this.#collection.remove({ cluster: '', namespace: head.namespace, name: head.name }, head.uid);
    } else if (!this.#isDead(this.#dead.get(id), head)) {
      if (frame.type === 'ADDED') this.#progressAt = heardAt;
      this.#put(frame, head);
    }
  }

  #put(frame: Frame, head: ObjectHead | undefined): void {
    if (!this.#parts.objects.keep(() => this.#collection.put(frame.object), head)) this.#skipped += 1;
  }

  /** Whether the object's DELETED came before: a duplicate that arrives after it must not bring it back. */
  #isDead(grave: { readonly uid: string; readonly version: string } | undefined, head: ObjectHead): boolean {
    if (grave === undefined || grave.uid !== head.uid || compareResourceVersions(head.version, grave.version) === 1) return false;
    this.#parts.counters.duplicates += 1;
    return true;
  }

  /** The watchdog until the list is complete. */
  #check(stream: WatchStream): number {
    const { clock, limits, position, idleWait, onReport } = this.#parts;
    const now = clock.now();
    if (this.#ended !== '') {
      // A server that lives brings a bookmark each minute: one that stays below what was seen went back.
      if (now - this.#endedAt < limits.idleMs) return Math.min(idleWait(stream.heardAt), limits.idleMs - (now - this.#endedAt));
      throw new Fault('regressed', `the newest list stays at ${this.#ended}, below ${position.floor}`);
    }
    const quiet = now - this.#progressAt;
    if (quiet >= limits.bookmarkDeadlineMs || now - stream.begun >= limits.streamedListMs) throw new EndMissing(quiet);
    if (quiet >= limits.bookmarkWarnMs && !this.#warned) {
      this.#warned = true;
      onReport({
        kind: 'late-bookmark',
        message: `the streamed list brought nothing new for ${Math.round(quiet)} ms and has not ended`,
      });
    }
    const next = this.#warned ? limits.bookmarkDeadlineMs : limits.bookmarkWarnMs;
    return Math.max(1, Math.min(next - quiet, limits.streamedListMs - (now - stream.begun)));
  }
}

class EndMissing extends Fault {
  readonly quietMs: number;

  constructor(quietMs: number) {
    super('idle', 'the streamed list does not end');
    this.quietMs = quietMs;
  }
}
