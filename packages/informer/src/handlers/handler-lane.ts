import { encodeKey } from '@kubecast/store';
import type { Clock } from '@kubecast/clock';
import type { Change, Entry, Query, View } from '@kubecast/store';
import type { DeleteCause, Delta, DeltaOrigin } from '../contract/delta.ts';
import { newHandlerCounters } from '../contract/handler-counters.ts';
import type { HandlerCounters } from '../contract/handler-counters.ts';
import type { Handler, HandlerOptions } from '../contract/informer.ts';
import { coalesce, newPending, pinnedBy, throughFilter } from './pending.ts';
import type { Offer, Pending } from './pending.ts';
import { Replay } from './replay.ts';
import { TimeSlice } from '@kubecast/clock';

const PINNED_BYTES = 16 * 1024 * 1024;

interface KeyLane<T> {
  running: boolean;
  queued: boolean;
  /** In order; one for each UID. */
  readonly items: Pending<T>[];
}

/**
 * One handler's own queue. Nothing here ever holds the stream back: changes of one (key, UID) fold into one, so what waits is bounded by
 * the objects there are, and beyond `buffer` only their keys are kept. One key is never handled twice at once, and in order.
 */
export class HandlerLane<T> {
  readonly name: string;
  readonly counters: HandlerCounters = newHandlerCounters();
  readonly #handler: Handler<T>;
  readonly #o: HandlerOptions<T>;
  readonly #view: View<T>;
  readonly #buffer: number;
  readonly #pinnedBytes: number;
  readonly #workers: number;
  readonly #abort = new AbortController();
  readonly #lanes = new Map<string, KeyLane<T>>();
  #ready: string[] = [];
  #readyAt = 0;
  readonly #replays: Replay<T>[] = [];
  /** With the policy 'resync': what the handler was given, which alone tells an add from an update after changes were dropped. */
  readonly #known: Map<string, string> | undefined;
  /**
   * What was read from the view at its delivery while the changes that led there were still on their way: they are no news when they come. By key,
   * until the last of them came.
   */
  readonly #ahead = new Map<string, { readonly uid: string; readonly version: string }>();
  #overflowed = false;
  #replayAgain = false;
  #replayOrigin: DeltaOrigin = 'resync';
  #waiting = 0;
  #pinned = 0;
  #active = 0;
  #initialOpen = 0;
  /** Initial items were dropped: they come again by a replay, and are processed when nothing is left to do. */
  #initialDropped = false;
  #pumping = false;
  #turnToReplay = false;
  readonly #slice: TimeSlice;
  readonly #onSettled: () => void;

  constructor(handler: Handler<T>, options: HandlerOptions<T>, view: View<T>, clock: Clock, sliceMs: number, onSettled: () => void) {
    this.#handler = handler;
    this.#o = options;
    this.#view = view;
    this.#buffer = options.buffer ?? 1024;
    this.#pinnedBytes = options.pinnedBytes ?? PINNED_BYTES;
    this.#workers = options.workers ?? 16;
    this.#slice = new TimeSlice(clock, sliceMs);
    this.#onSettled = onSettled;
    this.#known = options.overflow === 'resync' ? new Map() : undefined;
    this.name = options.name ?? 'handler';
  }

  /** Distinct (key, UID) pairs that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Bytes of records that what waits keeps alive. */
  get pinned(): number {
    return this.#pinned;
  }

  /** Calls of the handler that have not settled. */
  get active(): number {
    return this.#active;
  }

  get removed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Whether every initial item that was handed to this lane so far is settled. */
  get initialDone(): boolean {
    if (this.#initialDropped) {
      if (!this.idle) return false;
      this.#initialDropped = false;
    }
    return (
      this.#initialOpen === 0 &&
      !this.#replayAgain &&
      !this.#replays.some((replay) => replay.origin === 'initial' || replay.origin === 'snapshot')
    );
  }

  /** Whether nothing waits and nothing runs. */
  get idle(): boolean {
    return this.#waiting === 0 && this.#active === 0 && this.#replays.length === 0 && !this.#replayAgain;
  }

  offer(change: Change<T>, origin: DeltaOrigin, cause: DeleteCause | undefined): void {
    if (this.removed) return;
    let seen: ReturnType<typeof throughFilter<T>>;
    try {
      seen = throughFilter(change, this.#o.filter);
    } catch (error) {
      this.counters.filterErrors += 1;
      this.#complain(error, { type: change.type, entry: change.entry, origin });
      return;
    }
    const id = encodeKey(change.entry.key);
    let type = seen?.type;
    let initial = false;
    for (const replay of this.#replays) {
      if (!replay.ahead(change.entry.key, id)) continue;
      // The walk has not come to this object: what is news to the stream is the first that this handler hears of it.
      if (replay.fresh && change.type !== 'added') {
        type = change.type === 'deleted' || seen === undefined || seen.type === 'deleted' ? undefined : 'added';
        initial = type !== undefined && replay.origin !== 'resync';
      }
      replay.overtake(id);
    }
    if (type === undefined || this.#isOld(id, type, change.entry)) return;
    this.#add(id, {
      type,
      entry: change.entry,
      previous: type === 'added' ? undefined : change.previous,
      origin: initial ? 'initial' : origin,
      cause: type !== 'deleted' ? undefined : seen?.unmatched === true ? 'deleted-or-unmatched' : cause,
      finalStateKnown: type === 'deleted' ? (change.finalStateKnown ?? true) : undefined,
      initial,
    });
    this.#pumpSoon();
  }

  /** Hands out what the view holds for the query, as it stands now. `fresh`: the handler has not seen these objects. */
  replay(query: Query, origin: DeltaOrigin, fresh: boolean, finishWalks: () => void): void {
    if (this.removed) return;
    this.counters.replays += 1;
    this.#replays.push(new Replay(this.#view, query, origin, fresh, finishWalks));
    this.#pumpSoon();
  }

  /** Whether a replay of this origin still runs. */
  replaying(origin: DeltaOrigin): boolean {
    return this.#replays.some((replay) => replay.origin === origin);
  }

  remove(reason: unknown): void {
    if (this.removed) return;
    this.#abort.abort(reason);
    this.counters.lost += this.#waiting;
    for (const replay of this.#replays.splice(0)) replay.close();
    this.#lanes.clear();
    this.#ahead.clear();
    this.#ready = [];
    this.#readyAt = 0;
    this.#waiting = 0;
    this.#pinned = 0;
  }

  /** Whether the handler was given this state already, or a later one. */
  #isOld(id: string, type: Delta<T>['type'], entry: Entry<T>): boolean {
    const ahead = this.#ahead.get(id);
    if (ahead === undefined) return false;
    const old = type !== 'deleted' && entry.uid === ahead.uid;
    if (!old || entry.version === ahead.version) this.#ahead.delete(id);
    return old;
  }

  #add(id: string, offer: Offer<T>): void {
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = { running: false, queued: false, items: [] };
      this.#lanes.set(id, lane);
    }
    const at = lane.items.findIndex((item) => item.uid === offer.entry.uid);
    const waiting = lane.items[at];
    if (waiting === undefined) {
      const item = newPending(offer, this.#o.withPrevious === true && this.#known === undefined);
      lane.items.push(item);
      this.#waiting += 1;
      if (item.initial) this.#initialOpen += 1;
      this.#bound(item);
    } else if (coalesce(waiting, offer)) {
      this.counters.coalesced += 1;
      this.#bound(waiting);
    } else {
      this.counters.cancelled += 1;
      lane.items.splice(at, 1);
      this.#waiting -= 1;
      this.#pinned -= waiting.pinned;
      if (waiting.initial) this.#initialSettled();
      if (lane.items.length === 0 && !lane.running && !lane.queued) this.#lanes.delete(id);
    }
    this.#enqueue(id, lane);
    if (this.#overflowed) this.#dropWaiting();
  }

  /** Beyond the buffer, or what it may pin, only keys wait; deletes keep their last state, which stands nowhere else. */
  #bound(item: Pending<T>): void {
    this.#pin(item);
    if (this.#waiting <= this.#buffer && this.#pinned <= this.#pinnedBytes) return;
    if (item.type !== 'deleted') {
      if (this.#known === undefined) item.entry = undefined;
      else this.#overflowed = true;
    }
    item.given = undefined;
    this.counters.unpinned += 1;
    this.#pin(item);
  }

  #pin(item: Pending<T>): void {
    const bytes = pinnedBy(item);
    this.#pinned += bytes - item.pinned;
    item.pinned = bytes;
  }

  /** The policy 'resync': what waits is dropped but for deletes, and the store is handed out again once there is room. */
  #dropWaiting(): void {
    this.#overflowed = false;
    for (const [id, lane] of this.#lanes) {
      for (let at = lane.items.length - 1; at >= 0; at -= 1) {
        const item = lane.items[at];
        if (item === undefined || item.type === 'deleted') continue;
        lane.items.splice(at, 1);
        this.#waiting -= 1;
        this.#pinned -= item.pinned;
        this.counters.dropped += 1;
        // That versions went back must reach the handler with the replay then.
        if (item.origin === 'regressed') this.#replayOrigin = 'regressed';
        if (item.initial) {
          this.#initialSettled();
          this.#initialDropped = true;
        }
      }
      if (lane.items.length === 0 && !lane.running && !lane.queued) this.#lanes.delete(id);
    }
    this.#replayAgain = true;
  }

  #enqueue(id: string, lane: KeyLane<T>): void {
    if (lane.running || lane.queued || lane.items.length === 0) return;
    lane.queued = true;
    this.#ready.push(id);
  }

  #pumpSoon(): void {
    if (this.#pumping || this.removed) return;
    this.#pumping = true;
    queueMicrotask(() => void this.#pump());
  }

  async #pump(): Promise<void> {
    this.#slice.restart();
    while (!this.removed && this.#active < this.#workers) {
      if (this.#slice.due()) await this.#slice.yield();
      if (this.removed || !this.#step()) break;
    }
    this.#pumping = false;
    this.#onSettled();
  }

  /** Starts one call. False: there is nothing to start. */
  #step(): boolean {
    if (this.#replayAgain && this.#replays.length === 0 && this.#waiting === 0) {
      this.#replayAgain = false;
      this.counters.replays += 1;
      this.#replays.push(new Replay(this.#view, {}, this.#replayOrigin, false, () => undefined, true));
      this.#replayOrigin = 'resync';
    }
    const replay = this.#replays[0];
    const ready = this.#readyAt < this.#ready.length;
    this.#turnToReplay = !this.#turnToReplay;
    if (replay !== undefined && (this.#turnToReplay || !ready)) {
      this.#replayStep(replay);
      return true;
    }
    if (!ready) return false;
    const id = this.#ready[this.#readyAt] ?? '';
    this.#readyAt += 1;
    if (this.#readyAt > 1024 && this.#readyAt * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#readyAt);
      this.#readyAt = 0;
    }
    const lane = this.#lanes.get(id);
    if (lane !== undefined) {
      lane.queued = false;
      this.#begin(id, lane);
    }
    return true;
  }

  #begin(id: string, lane: KeyLane<T>): void {
    const item = lane.items[0];
    if (item === undefined || lane.running) {
      if (item === undefined && !lane.running) this.#lanes.delete(id);
      return;
    }
    if (item.entry === undefined) {
      const now = this.#view.entry(item.key);
      // It left already; the change that says so is on its way, and wakes this lane again.
      if (now === undefined || now.uid !== item.uid) return;
      item.entry = now;
      if (now.version !== item.version) this.#ahead.set(id, { uid: now.uid, version: now.version });
    }
    lane.items.shift();
    this.#waiting -= 1;
    this.#pinned -= item.pinned;
    if (this.#known !== undefined && !this.#setType(id, item)) {
      if (item.initial) this.#initialSettled();
      this.#settleLane(id, lane);
      return;
    }
    this.#run(id, lane, item, item.entry);
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

  #settleLane(id: string, lane: KeyLane<T>): void {
    if (lane.items.length === 0) this.#lanes.delete(id);
    else this.#enqueue(id, lane);
  }

  #replayStep(replay: Replay<T>): void {
    const entry = replay.next(encodeKey);
    if (entry === undefined) {
      this.#replays.splice(this.#replays.indexOf(replay), 1);
      return;
    }
    const id = encodeKey(entry.key);
    let shown = entry;
    if (!replay.fresh) {
      const now = this.#view.entry(entry.key);
      // Only what stands unchanged is resynced; everything else is news, and is told as such.
      if (now === undefined || now.uid !== entry.uid) return;
      // What runs was begun before the drop; what waits will be told by itself.
      const lane = this.#lanes.get(id);
      if (lane !== undefined && (this.#known === undefined || lane.items.length > 0)) return;
      if (now.version !== entry.version && this.#known === undefined) return;
      shown = now;
    }
    try {
      if (this.#o.filter !== undefined && !this.#o.filter(shown)) return;
    } catch (error) {
      this.counters.filterErrors += 1;
      this.#complain(error, { type: 'added', entry: shown, origin: replay.origin });
      return;
    }
    const initial = replay.origin === 'initial' || replay.origin === 'snapshot';
    this.#add(id, {
      type: replay.fresh ? 'added' : 'updated',
      entry: shown,
      previous: replay.fresh ? undefined : shown,
      origin: replay.origin,
      cause: undefined,
      finalStateKnown: undefined,
      initial,
    });
  }

  #run(id: string, lane: KeyLane<T>, item: Pending<T>, entry: Entry<T>): void {
    const delta: Delta<T> = {
      type: item.type,
      entry,
      origin: item.origin,
      ...(item.given === undefined ? {} : { previous: item.given }),
      ...(item.type === 'deleted' ? { cause: item.cause ?? 'unknown', finalStateKnown: item.finalStateKnown ?? false } : {}),
    };
    lane.running = true;
    this.#active += 1;
    this.counters.delivered += 1;
    let result: void | Promise<void> = undefined;
    try {
      result = this.#handler(delta, this.#abort.signal);
    } catch (error) {
      this.#failed(error, delta);
    }
    if (result !== undefined && typeof (result as Promise<void>).then === 'function') {
      (result as Promise<void>).then(
        () => this.#settled(id, lane, item, true),
        (error: unknown) => {
          this.#failed(error, delta);
          this.#settled(id, lane, item, true);
        },
      );
      return;
    }
    this.#settled(id, lane, item, false);
  }

  #settled(id: string, lane: KeyLane<T>, item: Pending<T>, later: boolean): void {
    this.#active -= 1;
    lane.running = false;
    if (item.initial) this.#initialSettled();
    if (this.removed) return;
    this.#settleLane(id, lane);
    if (later) {
      this.#pumpSoon();
      this.#onSettled();
    }
  }

  #initialSettled(): void {
    this.#initialOpen -= 1;
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
