import { selectionOf, type Selection } from '../../selectors/selection.ts';
import { expired, StatusError } from '../../status/status-error.ts';
import type { StoreEvent } from '../../storage/event-window.ts';
import { apiVersion } from '../../storage/presenter.ts';
import { makeStored, parseStored, type StoredObject } from '../../storage/stored-object.ts';
import type { Context } from '../context.ts';
import { listOptions, type ListOptions } from './list-options.ts';
import { askedVersion, waitForVersion } from './read.ts';
import { requireStorage } from './storage-ready.ts';

/** Where a watch is written to. */
export interface WatchSink {
  /** Called once, before anything else; `over` ends the watch from the side of the sink. */
  start(over: () => void): void;
  /** One event about an object; `shared`: the line may be shared with other watches, being the object as it stands. */
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED', stored: StoredObject): void;
  bookmark(revision: number, initialEventsEnd: boolean): void;
  error(status: Record<string, unknown>): void;
  /** Resolves when more may be written; at once unless the client reads too slowly. */
  ready(): Promise<void> | undefined;
  /** Sends what was gathered. */
  flush(): void;
}

/** What a checked watch will do; running it starts once the headers are out. */
export interface Watch {
  run(sink: WatchSink): Promise<void>;
}

/** Checks a watch; everything that fails before the 200 fails here. */
export function watchVerb(context: Context): Watch {
  const options = listOptions(context);
  const selection = selectionOf(context);
  const revision = askedVersion(context);
  requireStorage(context);
  return { run: (sink) => new RunningWatch(context, options, selection, revision, sink).run() };
}

class RunningWatch {
  readonly #context: Context;
  readonly #options: ListOptions;
  readonly #selection: Selection;
  readonly #from: number;
  readonly #sink: WatchSink;
  #position = 0;
  /** Nothing at or below it is sent. */
  #sent = 0;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(context: Context, options: ListOptions, selection: Selection, from: number, sink: WatchSink) {
    this.#context = context;
    this.#options = options;
    this.#selection = selection;
    this.#from = from;
    this.#sink = sink;
  }

  async run(): Promise<void> {
    const { kind, signal } = this.#context;
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    const stopListening = kind.table.onChange(() => this.#wake?.());
    const stopEnding = kind.onEnd(end);
    const timers = new AbortController();
    signal.addEventListener('abort', end, { once: true });
    this.#startTimers(timers.signal, end);
    this.#sink.start(end);
    try {
      if (!this.#ended && (await this.#start())) await this.#follow();
    } finally {
      timers.abort(new Error('the watch ended'));
      signal.removeEventListener('abort', end);
      stopEnding();
      stopListening();
    }
  }

  /** Sends what stands there, if asked for, and finds the place to go on from. False: the watch ended. */
  async #start(): Promise<boolean> {
    const { kind, core } = this.#context;
    const { sendInitialEvents, bookmarks } = this.#options;
    const events = kind.table.events;
    if (sendInitialEvents === true && this.#from > core.storage.revision) {
      try {
        await waitForVersion(this.#context, this.#from);
      } catch (error) {
        if (error instanceof StatusError) this.#fail(error);
        return false;
      }
    }
    if (sendInitialEvents === true || (this.#from === 0 && sendInitialEvents !== false)) {
      const revision = core.storage.revision;
      this.#position = events.end;
      this.#sent = revision;
      for (const object of kind.table.current(this.#selection.prefix)) {
        if (!this.#selection.matches(object)) continue;
        this.#sink.event('ADDED', object);
        const wait = this.#sink.ready();
        if (wait !== undefined) await wait;
        if (this.#ended) return false;
      }
      // A watch of "now" gets the mark as well, though it did not ask for a streamed list.
      const marks = core.release.streamedLists === 'served';
      if (marks && bookmarks && (sendInitialEvents === true || this.#from === 0)) this.#sink.bookmark(revision, true);
      this.#sink.flush();
      return true;
    }
    if (this.#from === 0) {
      this.#position = events.end;
      this.#sent = core.storage.revision;
      return true;
    }
    if (this.#from < events.floor) {
      this.#fail(expired(`too old resource version: ${this.#from} (${events.floor})`));
      return false;
    }
    this.#position = events.after(this.#from);
    this.#sent = this.#from;
    return true;
  }

  async #follow(): Promise<void> {
    const { kind } = this.#context;
    const events = kind.table.events;
    for (;;) {
      // A reader too slow for the window loses its place; the real server ends such a watch as well.
      if (this.#position < events.first) {
        if (this.#ended || events.floor > this.#sent) return;
        this.#position = events.first;
      }
      while (this.#position < events.end) {
        const event = events.at(this.#position++) as StoreEvent;
        this.#send(event);
        const wait = this.#sink.ready();
        if (wait !== undefined) {
          await wait;
          if (this.#context.signal.aborted) return;
          if (this.#position < events.first) break;
        }
      }
      if (this.#position < events.first) continue;
      this.#sink.flush();
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #send(event: StoreEvent): void {
    if (event.revision <= this.#sent) return;
    this.#sent = event.revision;
    const { prefix } = this.#selection;
    if (!event.object.key.startsWith(prefix)) return;
    if (event.type === 'DELETED') {
      if (event.previous === undefined || this.#selection.matches(event.previous)) this.#sink.event('DELETED', event.object);
      return;
    }
    const now = this.#selection.matches(event.object);
    const before = event.previous !== undefined && this.#selection.matches(event.previous);
    if (now) this.#sink.event(before ? 'MODIFIED' : 'ADDED', event.object);
    else if (before) this.#sink.event('DELETED', lastMatching(event));
  }

  #fail(error: StatusError): void {
    this.#sink.error(error.toStatus());
    this.#sink.flush();
  }

  /** A bookmark each minute, two shortly before the end that the client set, and that end. */
  #startTimers(signal: AbortSignal, end: () => void): void {
    const { clock, bookmarkMs } = this.#context.core;
    const seconds = this.#options.timeoutSeconds;
    const sleep = (ms: number, then: () => void): Promise<void> => clock.sleep(ms, signal).then(then, () => {});
    const bookmark = (): void => {
      if (!this.#options.bookmarks || this.#ended) return;
      const revision = this.#context.core.storage.revision;
      // A watch that waits for a version of the future hears nothing until then.
      if (revision < this.#sent || this.#position < this.#context.kind.table.events.end) return;
      this.#sink.bookmark(revision, false);
      this.#sink.flush();
    };
    const every = (): void => {
      bookmark();
      if (!signal.aborted) void sleep(bookmarkMs, every);
    };
    if (this.#options.bookmarks) void sleep(bookmarkMs, every);
    if (seconds === undefined) return;
    void sleep(Math.max(0, seconds * 1000), end);
    if (!this.#options.bookmarks) return;
    for (const before of [2000, 1000]) if (seconds * 1000 > before) void sleep(seconds * 1000 - before, bookmark);
  }
}

const leaving = new WeakMap<StoreEvent, StoredObject>();

/** The content that matched last, under the revision of the change that made it match no more. */
function lastMatching(event: StoreEvent): StoredObject {
  let stored = leaving.get(event);
  if (stored === undefined) {
    const previous = event.previous as StoredObject;
    stored = makeStored(parseStored(previous), previous.version, event.revision);
    leaving.set(event, stored);
  }
  return stored;
}

/** The bytes that a bookmark of this resource is. */
export function bookmarkObject(context: Context, revision: number, initialEventsEnd: boolean): Record<string, unknown> {
  const { resource } = context;
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  };
  if (resource.builtin === undefined) {
    return {
      apiVersion: apiVersion(resource),
      kind: resource.kind,
      metadata: initialEventsEnd ? { annotations: metadata.annotations, resourceVersion: metadata.resourceVersion } : metadata,
    };
  }
  return { kind: resource.kind, apiVersion: apiVersion(resource), metadata: { ...metadata, creationTimestamp: null } };
}
