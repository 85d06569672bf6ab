import { encodeKey } from '@kubecast/store';
import type { Change, Entry, Query, View } from '@kubecast/store';
import type { DeleteCause, Delta, DeltaOrigin } from '../contract/delta.ts';
import { newHandlerCounters } from '../contract/handler-counters.ts';
import type { HandlerCounters } from '../contract/handler-counters.ts';
import type { Handler, HandlerOptions } from '../contract/informer.ts';
import { throughFilter } from './pending.ts';
import type { Pending } from './pending.ts';
import { PendingQueue } from './pending-queue.ts';
import { PASSED, Replay } from './replay.ts';
import type { Scheduler, Stepper } from './scheduler.ts';
import { isThenable } from '../scopes/thenable.ts';

const BUFFER = 1024;
const PINNED_BYTES = 16 * 1024 * 1024;
const WORKERS = 16;

/**
 * One handler, what waits for it, and its calls. Nothing here ever holds the stream back. Each object that stands in the view is handed out once,
 * then every change; the walks over the view and the changes are matched by key, so that none is told twice and none is missed.
 */
export class Listener<T> implements Stepper {
  readonly name: string;
  readonly counters: HandlerCounters = newHandlerCounters();
  readonly #handler: Handler<T>;
  readonly #o: HandlerOptions<T>;
  readonly #view: View<T>;
  readonly #workers: number;
  readonly #abort = new AbortController();
  readonly #queue: PendingQueue<T>;
  readonly #replays: Replay<T>[] = [];
  /** With the policy 'resync': what the handler was given, which alone tells an add from an update after changes were dropped. */
  readonly #known: Map<string, string> | undefined;
  /**
   * What was read from the view at its delivery while the changes that led there were still on their way: they are no news when they come. By key,
   * until the last of them came.
   */
  readonly #ahead = new Map<string, { readonly uid: string; readonly version: string }>();
  /** Walks that are under way, or wait, for objects that the handler was not given before. */
  #initialReplays = 0;
  #replayAgain = false;
  #replayOrigin: DeltaOrigin = 'resync';
  #active = 0;
  #turnToReplay = false;
  readonly #scheduler: Scheduler;
  readonly #onSettled: () => void;

  constructor(handler: Handler<T>, options: HandlerOptions<T>, view: View<T>, scheduler: Scheduler, onSettled: () => void) {
    this.#handler = handler;
    this.#o = options;
    this.#view = view;
    this.#workers = options.workers ?? WORKERS;
    this.#scheduler = scheduler;
    this.#onSettled = onSettled;
    this.#known = options.overflow === 'resync' ? new Map() : undefined;
    this.name = options.name ?? 'handler';
    this.#queue = new PendingQueue<T>(
      {
        buffer: options.buffer ?? BUFFER,
        pinnedBytes: options.pinnedBytes ?? PINNED_BYTES,
        withPrevious: options.withPrevious === true,
        onDropped: this.#known === undefined ? undefined : (regressed) => this.#dropped(regressed),
      },
      this.counters,
    );
  }

  /** Distinct (key, UID) pairs that wait. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Bytes of records that what waits keeps alive. */
  get pinned(): number {
    return this.#queue.pinned;
  }

  get removed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Whether every initial item that was handed to this listener so far is settled. */
  get initialDone(): boolean {
    if (this.#queue.initialDropped) {
      if (!this.#idle) return false;
      this.#queue.initialReplayed();
    }
    return this.#queue.initialOpen === 0 && !this.#replayAgain && this.#initialReplays === 0;
  }

  /** Whether nothing waits and nothing runs. */
  get #idle(): boolean {
    return this.#queue.waiting === 0 && this.#active === 0 && this.#replays.length === 0 && !this.#replayAgain;
  }

  offer(change: Change<T>, origin: DeltaOrigin, cause: DeleteCause | undefined): void {
    if (this.removed) return;
    const seen = throughFilter(change, (entry) => this.#matches(entry, change.type, origin));
    const id = encodeKey(change.entry.key);
    let type = seen?.type;
    let initial = false;
    // What told that versions went back was dropped with the rest: what comes in its place says so.
    let told = this.#replayAgain && this.#replayOrigin === 'regressed' ? this.#replayOrigin : origin;
    for (const replay of this.#replays) {
      if (!replay.ahead(change.entry.key, id)) continue;
      if (replay.origin === 'regressed') told = replay.origin;
      // The walk has not come to this object: what is news to the stream is the first that this handler hears of it.
      if (replay.fresh && change.type !== 'added') {
        type = change.type === 'deleted' || seen === undefined || seen.type === 'deleted' ? undefined : 'added';
        initial = type !== undefined && replay.origin !== 'resync';
      }
      replay.overtake(id);
    }
    if (type === undefined || this.#isOld(id, type, change.entry)) return;
    this.#queue.add(id, {
      type,
      entry: change.entry,
      previous: type === 'added' ? undefined : change.previous,
      origin: initial ? 'initial' : told,
      cause: type !== 'deleted' ? undefined : seen?.unmatched === true ? 'deleted-or-unmatched' : cause,
      finalStateKnown: type === 'deleted' ? (change.finalStateKnown ?? true) : undefined,
      initial,
    });
    this.#scheduler.wake(this);
  }

  /** Hands out what the view holds for the query, as it stands now. `fresh`: the handler has not seen these objects. */
  replay(query: Query, origin: DeltaOrigin, fresh: boolean, finishWalks: () => void): void {
    if (this.removed) return;
    this.counters.replays += 1;
    if (fresh) for (const before of this.#replays) before.leave(query);
    this.#replays.push(new Replay(this.#view, query, origin, fresh, finishWalks));
    if (isInitial(origin)) this.#initialReplays += 1;
    this.#scheduler.wake(this);
  }

  /** Whether a replay of this origin still runs. */
  replaying(origin: DeltaOrigin): boolean {
    return this.#replays.some((replay) => replay.origin === origin);
  }

  remove(reason: unknown): void {
    if (this.removed) return;
    this.counters.lost += this.#queue.waiting;
    for (const replay of this.#replays.splice(0)) replay.close();
    this.#queue.clear();
    this.#ahead.clear();
    this.#known?.clear();
    this.#abort.abort(reason);
  }

  /** Whether the handler was given this state already, or a later one. */
  #isOld(id: string, type: Delta<T>['type'], entry: Entry<T>): boolean {
    const ahead = this.#ahead.get(id);
    if (ahead === undefined) return false;
    const old = type !== 'deleted' && entry.uid === ahead.uid;
    if (!old || entry.version === ahead.version) this.#ahead.delete(id);
    return old;
  }

  /** The policy 'resync': the store is handed out again once there is room. */
  #dropped(regressed: boolean): void {
    // That versions went back must reach the handler with the replay then.
    if (regressed) this.#replayOrigin = 'regressed';
    this.#replayAgain = true;
  }

  step(): boolean {
    const more = !this.removed && this.#active < this.#workers && this.#advance();
    if (!more) this.#onSettled();
    return more;
  }

  /** Walks on by one entry, or starts one call. False: there is nothing to do. */
  #advance(): boolean {
    if (this.#replayAgain && this.#replays.length === 0 && this.#queue.waiting === 0) {
      this.#replayAgain = false;
      this.counters.replays += 1;
      this.#replays.push(new Replay(this.#view, {}, this.#replayOrigin, false, () => undefined, true));
      this.#replayOrigin = 'resync';
    }
    const replay = this.#replays[0];
    const ready = this.#queue.hasReady;
    this.#turnToReplay = !this.#turnToReplay;
    if (replay !== undefined && (this.#turnToReplay || !ready)) {
      this.#walk(replay);
      return true;
    }
    if (!ready) return false;
    const next = this.#queue.next();
    if (next !== undefined) this.#begin(next.id, next.item);
    return true;
  }

  #begin(id: string, item: Pending<T>): void {
    if (item.entry === undefined) {
      const now = this.#view.entry(item.key);
      // It left already; the change that says so is on its way, and makes the key ready again.
      if (now === undefined || now.uid !== item.uid) return;
      item.entry = now;
      if (now.version !== item.version) this.#ahead.set(id, { uid: now.uid, version: now.version });
    }
    this.#queue.shift(id);
    if (this.#known !== undefined && !this.#setType(id, item)) {
      if (item.initial) this.#queue.initialSettled();
      this.#queue.settle(id);
      return;
    }
    this.#run(id, item, item.entry);
  }

  /** The type by what the handler was given before. False: nothing to tell it. */
  #setType(id: string, item: Pending<T>): boolean {
    const known = this.#known?.get(id) === item.uid;
    if (item.type === 'deleted') {
      if (known) this.#known?.delete(id);
      return known;
    }
    item.type = known ? 'updated' : 'added';
    this.#known?.set(id, item.uid);
    return true;
  }

  #walk(replay: Replay<T>): void {
    const entry = replay.next(encodeKey);
    if (entry === PASSED) return;
    if (entry === undefined) {
      this.#replays.shift();
      if (isInitial(replay.origin)) this.#initialReplays -= 1;
      return;
    }
    const id = encodeKey(entry.key);
    let shown = entry;
    if (!replay.fresh) {
      const now = this.#view.entry(entry.key);
      // Only what stands unchanged is resynced; everything else is news, and is told as such.
      if (now === undefined || now.uid !== entry.uid) return;
      // A running call began before the overflow, so its key is replayed again. A key that waits will be delivered anyway.
      if (this.#queue.has(id, this.#known !== undefined)) return;
      if (now.version !== entry.version && this.#known === undefined) return;
      shown = now;
    }
    if (!this.#matches(shown, 'added', replay.origin)) return;
    const initial = isInitial(replay.origin);
    this.#queue.add(id, {
      type: replay.fresh ? 'added' : 'updated',
      entry: shown,
      previous: replay.fresh ? undefined : shown,
      origin: replay.origin,
      cause: undefined,
      finalStateKnown: undefined,
      initial,
    });
  }

  /** A filter that throws, or gives a promise, takes the object as one that does not match. */
  #matches(entry: Entry<T>, type: Delta<T>['type'], origin: DeltaOrigin): boolean {
    const { filter } = this.#o;
    if (filter === undefined) return true;
    try {
      const answer: unknown = filter(entry);
      if (isThenable(answer)) throw new TypeError('a filter must answer at once, not by a promise');
      return Boolean(answer);
    } catch (error) {
      this.counters.filterErrors += 1;
      this.#complain(error, { type, entry, origin });
      return false;
    }
  }

  #run(id: string, item: Pending<T>, entry: Entry<T>): void {
    const delta: Delta<T> = {
      type: item.type,
      entry,
      origin: item.origin,
      ...(item.given === undefined ? {} : { previous: item.given }),
      ...(item.type === 'deleted' ? { cause: item.cause ?? 'unknown', finalStateKnown: item.finalStateKnown ?? false } : {}),
    };
    this.#active += 1;
    this.counters.delivered += 1;
    let pending: PromiseLike<unknown> | undefined;
    try {
      const result: unknown = this.#handler(delta, this.#abort.signal);
      if (isThenable(result)) pending = Promise.resolve(result);
    } catch (error) {
      this.#failed(error, delta);
    }
    if (pending === undefined) return this.#settled(id, item, false);
    pending.then(
      () => this.#settled(id, item, true),
      (error: unknown) => {
        this.#failed(error, delta);
        this.#settled(id, item, true);
      },
    );
  }

  #settled(id: string, item: Pending<T>, later: boolean): void {
    this.#active -= 1;
    if (item.initial) this.#queue.initialSettled();
    if (this.removed) return;
    this.#queue.settle(id);
    if (!later) return;
    this.#scheduler.wake(this);
    this.#onSettled();
  }

  #failed(error: unknown, delta: Delta<T>): void {
    this.counters.errors += 1;
    this.#complain(error, delta);
  }

  #complain(error: unknown, delta: Delta<T>): void {
    try {
      this.#o.onError?.(error, delta);
    } catch {
      // A complaint that throws is the complainer's own matter.
    }
  }
}

function isInitial(origin: DeltaOrigin): boolean {
  return origin === 'initial' || origin === 'snapshot';
}
