import type { Change } from '../contract/change.ts';
import type { KeyInput } from '../contract/key.ts';
import type { RawRecord, ScopeId } from '../contract/record.ts';
import type { Replacement } from '../contract/writer.ts';
import { KeyProbe, type Numbers } from '../keys/key-probe.ts';
import { Collection } from '../lists/collection.ts';
import { ExtractorFailed, FirstFill } from '../lists/first-fill.ts';
import type { ListInProgress } from '../lists/list-in-progress.ts';
import { StoreError } from '../store-error.ts';
import type { StoreView } from '../views/store-view.ts';
import { checkRecord, checkRemoval } from './check-writes.ts';
import type { CompareVersions, ContentWriter, Decision } from './content-writer.ts';
import type { RecordWriter } from './record-writer.ts';
import type { WriteGuard } from './write-guard.ts';

/** What the lists of a store work with. */
export interface ListParts<T> {
  readonly view: StoreView<T>;
  readonly content: ContentWriter<T>;
  readonly records: RecordWriter<T>;
  readonly compare: CompareVersions;
  readonly scopes: Numbers;
  readonly collections: Map<number, Collection>;
  readonly guard: WriteGuard;
  /** Readers in other threads are told of every change as it is made, and there is no other table to show them. */
  readonly mayFill: boolean;
  /** A commit is complete. */
  readonly done: () => void;
}

/** The lists that are under way: each is collected aside, and changes the store by its commit. */
export class ListWriter<T> {
  readonly #parts: ListParts<T>;
  readonly #probe: KeyProbe;
  /** The list that is under way where the store is empty and nothing else is. */
  #fill: FirstFill<T> | undefined;
  #lastId = 0;

  constructor(parts: ListParts<T>) {
    this.#parts = parts;
    this.#probe = new KeyProbe(parts.view.seed);
  }

  /** Something else is written: the list that fills the store becomes one like any other. */
  endFill(): void {
    const fill = this.#fill;
    if (!fill) return;
    this.#fill = undefined;
    fill.moveTo(this.#collect(fill.id));
  }

  start(scope: ScopeId): Replacement<T> {
    const { view, compare, guard, collections, mayFill } = this.#parts;
    this.endFill();
    this.#lastId += 1;
    const id = this.#lastId;
    if (view.table.size === 0 && collections.size === 0 && mayFill) this.#fill = new FirstFill(id, view, compare);
    else this.#collect(id);
    return {
      put: (record) => guard.run(() => this.#put(id, record)),
      keep: (key, uid) => guard.run(() => this.#keep(id, key, uid)),
      trim: (others = []) => guard.run(() => this.#trim(id, [scope, ...others])),
      remove: (key, uid) => guard.run(() => this.#remove(id, key, uid)),
      commit: () => guard.run(() => this.#commit(id, scope)),
      abort: () => guard.run(() => this.#close(id)),
    };
  }

  #collect(id: number): Collection {
    const { view, compare, collections } = this.#parts;
    const collection = new Collection(id, view.table, view.slabs, compare, (slot) => view.isSound(slot));
    collections.set(id, collection);
    return collection;
  }

  #open(id: number): ListInProgress {
    const list = this.#parts.collections.get(id) ?? (this.#fill?.id === id ? this.#fill : undefined);
    if (!list) throw new StoreError('REPLACEMENT_CLOSED', 'this replacement was committed or aborted; start another');
    return list;
  }

  #put(id: number, record: RawRecord): void {
    const { content, records } = this.#parts;
    checkRecord(record, 'put');
    const list = this.#open(id);
    const place = records.write(record, list === this.#fill ? 0 : id);
    const extract = (at: number): readonly (readonly string[])[] => content.extract(at);
    try {
      list.put(place, this.#probe, extract);
    } catch (error) {
      if (!(error instanceof ExtractorFailed)) throw error;
      this.endFill();
      this.#open(id).put(place, this.#probe, extract);
    }
  }

  #remove(id: number, key: KeyInput, uid: string): void {
    checkRemoval(key, uid, 'remove');
    const list = this.#open(id);
    if (this.#probe.fromKey(key, this.#parts.view.clusters.find(key.cluster ?? ''))) list.remove(this.#probe, uid);
  }

  #keep(id: number, key: KeyInput, uid: string): void {
    const list = this.#open(id);
    if (this.#probe.fromKey(key, this.#parts.view.clusters.find(key.cluster ?? ''))) list.keep(this.#probe, uid);
  }

  #trim(id: number, scopes: readonly ScopeId[]): readonly Change<T>[] {
    const list = this.#open(id);
    const { content, done } = this.#parts;
    // The list that fills an empty store lacks nothing that stands there.
    if (list instanceof FirstFill) return [];
    this.#purge();
    const changes: Change<T>[] = [];
    for (const slot of scopes.flatMap((scope) => this.#missing(list as Collection, scope))) {
      content.prepare([], [slot]);
      changes.push({ type: 'deleted', entry: content.take(slot), finalStateKnown: false });
    }
    done();
    content.settle();
    return changes;
  }

  /** What stands in the store damaged leaves it before it is compared with a list. */
  #purge(): void {
    const { view, content } = this.#parts;
    const { table } = view;
    for (let slot = 0; slot < table.end; slot += 1) if (table.place(slot) >= 0) view.isSound(slot);
    content.purge();
  }

  /** Slots of what stands for the scope and is not in the list. */
  #missing(collection: Collection, scope: ScopeId): number[] {
    const { view, content, scopes } = this.#parts;
    const { table } = view;
    const known = scopes.find(scope);
    const missing: number[] = [];
    for (let slot = 0; slot < table.end; slot += 1) {
      if (table.place(slot) < 0 || content.scopes[slot] !== known || collection.isMarked(slot)) continue;
      if (collection.own.find(this.#probe.fromRecord(table.slab(slot), table.offset(slot))) < 0) missing.push(slot);
    }
    return missing;
  }

  #commit(id: number, scope: ScopeId): Iterable<Change<T>> {
    const list = this.#open(id);
    try {
      return list instanceof FirstFill ? this.#publish(list as FirstFill<T>, scope) : this.#exchange(list as Collection, scope);
    } finally {
      this.#close(id);
    }
  }

  #close(id: number): void {
    const { collections, content, view } = this.#parts;
    const list = collections.get(id) ?? (this.#fill?.id === id ? this.#fill : undefined);
    if (list === this.#fill) this.#fill = undefined;
    collections.delete(id);
    list?.abort();
    view.slabs.sweepAgain();
    content.settle();
  }

  /** Shows the list that filled the empty store. */
  #publish(fill: FirstFill<T>, scope: ScopeId): Iterable<Change<T>> {
    const { view, content, scopes } = this.#parts;
    this.#fill = undefined;
    const changes = fill.publish();
    content.scopes = new Int32Array(Math.max(64, view.table.end)).fill(scopes.of(scope));
    return changes;
  }

  /** The whole difference is decided, and room for it taken, before the first of it is made. */
  #exchange(collection: Collection, scopeId: ScopeId): Iterable<Change<T>> {
    const { view, content, scopes, done } = this.#parts;
    const { table } = view;
    const { own } = collection;
    this.#purge();
    const decisions: Decision[] = [];
    for (let slot = 0; slot < own.end; slot += 1) {
      const place = own.place(slot);
      if (place < 0) continue;
      const early = collection.prepared(slot);
      // An index that was added since has not seen it.
      const values = early?.length === view.indexes.size ? early : content.extract(place);
      decisions.push(content.decide(place, true, values));
    }
    const removed = this.#missing(collection, scopeId);
    content.prepare(decisions, removed);

    const scope = scopes.of(scopeId);
    const changes: Change<T>[] = [];
    for (let slot = 0; slot < table.end; slot += 1) if (collection.isMarked(slot)) content.scopes[slot] = scope;
    for (const slot of removed) changes.push({ type: 'deleted', entry: content.take(slot), finalStateKnown: false });
    // They are the store's from now on.
    for (let slot = 0; slot < own.end; slot += 1) if (own.place(slot) >= 0) own.delete(slot);
    for (const decision of decisions) for (const change of content.apply(decision, scope, true)) changes.push(change);
    done();
    return changes;
  }
}
