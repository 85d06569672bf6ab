import type { WriteReceipt } from '@kubecast/client';
import type { Clock } from '@kubecast/clock';
import { TimeSlice } from '@kubecast/clock';
import { compareResourceVersions, encodeKey } from '@kubecast/store';
import type { Key, ScopeId, View } from '@kubecast/store';
import { VersionHeap } from './version-heap.ts';
import { TOLD_AT_ONCE, Waiter } from './waiter.ts';
import type { WaiterOptions } from './waiter.ts';

/** How far a scope has come. */
export interface ScopeProgress {
  readonly id: ScopeId;
  /** Whether a complete list of it stands in the view. */
  readonly filled: boolean;
  readonly version: string;
  readonly epoch: number;
}

export interface WriteTrackerHost<T> {
  readonly clock: Clock;
  readonly sliceMs: number;
  readonly view: View<T>;
  scope(id: ScopeId): ScopeProgress | undefined;
  scopeOf(cluster: string, namespace: string): ScopeProgress | undefined;
}

/** What is waited for: that a scope reaches a version, or a write. */
type Goal =
  | { readonly scope: ScopeId; readonly version: string }
  | { readonly key: Key; readonly uid: string; readonly version: string | undefined; readonly gone: boolean; readonly epoch: number };

interface Waiting {
  readonly goal: Goal;
  readonly waiter: Waiter;
  /** For the heap. */
  readonly version: string;
  at: number;
  /** Takes it out of where it waits. */
  leave: () => void;
}

/**
 * Who waits for versions and writes. An event wakes those of its scope whose version is reached, and those that wait for its key; nobody else is
 * looked at, so that n waits and n events cost n log n. A change of scopes looks at all.
 */
export class WriteTracker<T> {
  readonly #host: WriteTrackerHost<T>;
  readonly #all = new Set<Waiting>();
  readonly #byVersion = new Map<ScopeId, VersionHeap<Waiting>>();
  /** What waits for a list of a scope. */
  readonly #byList = new Map<ScopeId | undefined, Set<Waiting>>();
  readonly #byKey = new Map<string, Set<Waiting>>();
  /** Versions that have no order: they are looked at after each event of their scope. */
  readonly #unordered = new Map<ScopeId, Set<Waiting>>();
  readonly #due = new Set<Waiting>();
  readonly #slice: TimeSlice;
  #looking = false;

  constructor(host: WriteTrackerHost<T>) {
    this.#host = host;
    this.#slice = new TimeSlice(host.clock, host.sliceMs);
  }

  /** How many wait. */
  get size(): number {
    return this.#all.size;
  }

  version(scope: ScopeId, version: string, options: WaiterOptions): Promise<void> {
    return this.#until({ scope, version }, version, options);
  }

  /** `epoch`: versions of a server that went back say nothing until its state stands in the view, in this epoch. */
  write({ uid, version, gone }: WriteReceipt, key: Key, epoch: number, options: WaiterOptions): Promise<void> {
    return this.#until({ key, uid, version, gone, epoch }, version ?? '', options);
  }

  /** The scope came to a version. */
  progress(id: ScopeId): void {
    if (this.#all.size === 0) return;
    const heap = this.#byVersion.get(id);
    const version = this.#host.scope(id)?.version ?? '';
    for (let oldest = heap?.oldest; oldest !== undefined && atLeast(version, oldest.version); oldest = heap?.oldest) this.#wake(oldest);
    for (const waiting of this.#unordered.get(id) ?? []) this.#wake(waiting);
    this.#look();
  }

  /** A list of the scope was taken over. */
  listed(id: ScopeId): void {
    for (const waiting of this.#byList.get(id) ?? []) this.#wake(waiting);
    this.progress(id);
  }

  /** What stands under the key changed. */
  changed(key: Key): void {
    if (this.#byKey.size === 0) return;
    for (const waiting of this.#byKey.get(encodeKey(key)) ?? []) this.#wake(waiting);
    this.#look();
  }

  /** The scopes changed. */
  checkAll(): void {
    for (const waiting of this.#all) this.#wake(waiting);
    this.#look();
  }

  /** Rejects all that wait. */
  fail(reason: unknown): void {
    for (const { waiter } of [...this.#all]) waiter.reject(reason);
  }

  #until(goal: Goal, version: string, options: WaiterOptions): Promise<void> {
    if (options.signal?.aborted !== true && this.#holds(goal)) return Promise.resolve();
    const waiter = new Waiter(this.#host.clock, options, () => {
      this.#all.delete(waiting);
      this.#due.delete(waiting);
      waiting.leave();
    });
    const waiting: Waiting = { goal, waiter, version, at: 0, leave: () => undefined };
    if (waiter.settled) return waiter.promise;
    this.#all.add(waiting);
    this.#place(waiting);
    return waiter.promise;
  }

  #wake(waiting: Waiting): void {
    waiting.leave();
    waiting.leave = () => undefined;
    this.#due.add(waiting);
  }

  /** What is due is looked at here and now, but for what takes longer than a slice. */
  #look(): void {
    if (this.#looking || this.#due.size === 0) return;
    void this.#lookAll();
  }

  async #lookAll(): Promise<void> {
    this.#looking = true;
    this.#slice.restart();
    let told = 0;
    for (const waiting of this.#due) {
      told += 1;
      if (told % TOLD_AT_ONCE === 0) await Promise.resolve();
      if (this.#slice.due()) await this.#slice.yield();
      // It may have timed out meanwhile.
      if (!this.#due.delete(waiting)) continue;
      if (this.#holds(waiting.goal)) waiting.waiter.resolve();
      else this.#place(waiting);
    }
    this.#looking = false;
  }

  #holds(goal: Goal): boolean {
    if ('scope' in goal) return atLeast(this.#host.scope(goal.scope)?.version ?? '', goal.version);
    const { key, uid, version, gone, epoch } = goal;
    const scope = this.#host.scopeOf(key.cluster, key.namespace);
    if (scope?.filled !== true || scope.epoch < epoch) return false;
    // A list or an event past the version has brought the write, whatever became of the object since.
    const passed = version !== undefined && atLeast(scope.version, version);
    const entry = this.#host.view.entry(key);
    // An eviction's answer tells no uid: then any object of the name counts, and only its end can be waited for.
    const holds = entry !== undefined && (uid === '' || entry.uid === uid);
    if (gone) return !holds && (version === undefined || passed);
    if (uid === '' && version === undefined) return true;
    return passed || (holds && (version === undefined || atLeast(entry.version, version)));
  }

  /** Where it waits for what it lacks. */
  #place(waiting: Waiting): void {
    const { goal } = waiting;
    if ('scope' in goal) return this.#placeByVersion(waiting, goal.scope, goal.version);
    const scope = this.#host.scopeOf(goal.key.cluster, goal.key.namespace);
    if (scope?.filled !== true || scope.epoch < goal.epoch) return this.#keep(this.#byList, scope?.id, waiting);
    if (goal.version !== undefined && !atLeast(scope.version, goal.version)) this.#placeByVersion(waiting, scope.id, goal.version);
    else this.#keep(this.#byKey, encodeKey(goal.key), waiting);
  }

  #placeByVersion(waiting: Waiting, id: ScopeId, version: string): void {
    if (compareResourceVersions(version, '1') === undefined) return this.#keep(this.#unordered, id, waiting);
    let heap = this.#byVersion.get(id);
    if (heap === undefined) {
      heap = new VersionHeap<Waiting>();
      this.#byVersion.set(id, heap);
    }
    const kept = heap;
    kept.add(waiting);
    waiting.leave = () => {
      kept.remove(waiting);
      if (kept.size === 0 && this.#byVersion.get(id) === kept) this.#byVersion.delete(id);
    };
  }

  #keep<K>(map: Map<K, Set<Waiting>>, name: K, waiting: Waiting): void {
    let set = map.get(name);
    if (set === undefined) {
      set = new Set();
      map.set(name, set);
    }
    const kept = set;
    kept.add(waiting);
    waiting.leave = () => {
      kept.delete(waiting);
      if (kept.size === 0 && map.get(name) === kept) map.delete(name);
    };
  }
}

function atLeast(version: string, wanted: string): boolean {
  const order = compareResourceVersions(version, wanted);
  return order === 0 || order === 1;
}
