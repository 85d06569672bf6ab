import { parseJson } from '@kubecast/exact-json';
import type { DeepReadonly, Entry } from '../contract/entry.ts';
import type { HotOptions } from '../entries/hot-options.ts';
import { deepFreeze, HotTier } from '../entries/hot-tier.ts';
import { checkQuery } from '../contract/check-query.ts';
import { checkKey, compareBytes } from '../keys/key-order.ts';
import type { KeyInput } from '../contract/key.ts';
import { KeyProbe, Numbers } from '../keys/key-probe.ts';
import { OrderedSlots } from '../keys/ordered-slots.ts';
import { isIntact, jsonOf, partText, NAME, NAMESPACE, pathStartsWith } from '../records/packed-record.ts';
import type { EntrySource } from '../entries/packed-entry.ts';
import { PackedEntry } from '../entries/packed-entry.ts';
import { matchesLabels } from '../selectors/match-labels.ts';
import type { Postings } from '../indexes/postings.ts';
import type { Query } from '../contract/query.ts';
import { RecordTable } from '../keys/record-table.ts';
import type { Slab } from '../records/slabs.ts';
import { offsetOf, placeOf, Slabs } from '../records/slabs.ts';
import type { SharedWriter } from '../shared/shared-writer.ts';
import { SnapshotView } from './snapshot-view.ts';
import { StoreError } from '../store-error.ts';
import type { View } from '../contract/view.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The content of a store, and its read-only face. The writer, which is one other object, changes it through what View does not show. */
export class StoreView<T> implements View<T>, EntrySource<T> {
  readonly slabs: Slabs;
  table: RecordTable;
  order: OrderedSlots;
  readonly clusters: Numbers = new Numbers();
  indexes: Map<string, Postings<T>> = new Map();
  readonly snapshots: Set<SnapshotView<T>> = new Set();
  readonly hot: HotTier<T>;
  readonly seed: number;
  readonly #probe: KeyProbe;
  readonly apiVersion: string;
  readonly kind: string;
  sequence = 0n;
  /** By slot, of records that came from a file: 1 where the checksum was not compared yet, 2 where it does not fit. */
  #doubts: Uint8Array = new Uint8Array(0);
  #checkedTo = 0;
  /** Slots that were found damaged and that the writer has not taken out yet. */
  readonly damagedSlots: number[] = [];
  damaged = 0;

  constructor(apiVersion: string, kind: string, hot: HotOptions, seed: number, shared?: SharedWriter) {
    this.slabs = new Slabs(shared?.region);
    this.table = new RecordTable(this.slabs, 0, shared);
    this.order = new OrderedSlots(shared?.order);
    this.apiVersion = apiVersion;
    this.kind = kind;
    this.hot = new HotTier(hot);
    this.seed = seed;
    this.#probe = new KeyProbe(seed);
  }

  /** Another content in the place of an empty one. */
  become(table: RecordTable, order: OrderedSlots, indexes: Map<string, Postings<T>>): void {
    // Iterations that are under way must see that the order they walk is not the one any more.
    order.changes += this.order.changes + 1;
    this.table = table;
    this.order = order;
    this.indexes = indexes;
    this.#doubts = new Uint8Array(0);
    this.#checkedTo = 0;
  }

  get size(): number {
    return this.table.size - this.damagedSlots.length;
  }

  get(key: KeyInput): DeepReadonly<T> | undefined {
    checkKey(key, 'get');
    const slot = this.slotOf(key);
    return slot < 0 ? undefined : (this.#valueOf(slot) as DeepReadonly<T>);
  }

  entry(key: KeyInput): Entry<T> | undefined {
    checkKey(key, 'entry');
    const slot = this.slotOf(key);
    return slot < 0 ? undefined : this.entryOf(slot);
  }

  select(query: Query = {}): IterableIterator<Entry<T>> {
    checkQuery(query);
    return this.#select(query);
  }

  *#select(query: Query): IterableIterator<Entry<T>> {
    const { labels } = query;
    for (const [slab, offset] of query.index ? this.#indexed(query, query.index) : this.#ranges(query)) {
      const entry = new PackedEntry<T>(this, slab, offset);
      if (labels && !matchesLabels(labels, entry.labels)) continue;
      yield entry;
    }
  }

  snapshot(): View<T> & Disposable {
    const snapshot = new SnapshotView<T>(this);
    this.snapshots.add(snapshot);
    return snapshot;
  }

  slotOf(key: KeyInput): number {
    const slot = this.#probe.fromKey(key, this.clusters.find(key.cluster ?? '')) ? this.table.find(this.#probe) : -1;
    return slot >= 0 && this.isSound(slot) ? slot : -1;
  }

  /** The records that stand now came from a file, and are compared with their checksums when they are first read. */
  doubtAll(): void {
    this.#doubts = new Uint8Array(this.table.end).fill(1);
    this.#checkedTo = 0;
  }

  /** What stands in the slot was written here. */
  trust(slot: number): void {
    if (slot < this.#doubts.length) this.#doubts[slot] = 0;
  }

  /** Whether a slot's record is what was saved. One that is not reads as absent from now on. */
  isSound(slot: number): boolean {
    if (slot >= this.#doubts.length) return true;
    const doubt = this.#doubts[slot] as number;
    if (doubt !== 1) return doubt === 0;
    const sound = isIntact(this.table.slab(slot).words, this.table.offset(slot) >> 2);
    this.#doubts[slot] = sound ? 0 : 2;
    if (!sound) {
      this.damaged += 1;
      this.damagedSlots.push(slot);
    }
    return sound;
  }

  /** Compares so many records more; false when all are compared. */
  checkSome(records: number): boolean {
    const end = Math.min(this.#doubts.length, this.#checkedTo + records);
    for (; this.#checkedTo < end; this.#checkedTo += 1) if (this.#doubts[this.#checkedTo] === 1) this.isSound(this.#checkedTo);
    return end < this.#doubts.length;
  }

  entryOf(slot: number): PackedEntry<T> {
    return new PackedEntry<T>(this, this.table.slab(slot), this.table.offset(slot));
  }

  /** The slots of a namespace, in every cluster. Must not be used after a change. */
  *slotsOf(namespace: string): IterableIterator<number> {
    const prefix = encoder.encode(`${namespace}/`);
    for (const text of this.clusters.texts()) {
      const cluster = this.clusters.find(text);
      const start = new KeyProbe(this.seed);
      if (!start.fromKey({ cluster: text, namespace, name: '' }, cluster)) continue;
      for (const slot of this.order.from(this.comparator(start))) {
        const slab = this.table.slab(slot);
        const offset = this.table.offset(slot);
        if (slab.words[(offset >> 2) + 3] !== cluster || !pathStartsWith(slab, offset, prefix)) break;
        // A namespace with a slash in it begins alike.
        if (partText(slab, offset, NAMESPACE) === namespace) yield slot;
      }
    }
  }

  postings(name: string): Postings<T> {
    const postings = this.indexes.get(name);
    if (!postings)
      throw new StoreError(
        'INDEX_UNKNOWN',
        `there is no index named ${JSON.stringify(name)}; there are: ${[...this.indexes.keys()].join(', ') || 'none'}`,
      );
    return postings;
  }

  clusterText(cluster: number): string {
    return this.clusters.text(cluster);
  }

  decode(slab: Slab, offset: number): T {
    return { apiVersion: this.apiVersion, kind: this.kind, ...(parseJson(decoder.decode(jsonOf(slab, offset))) as object) } as T;
  }

  read(slab: Slab, offset: number): T {
    const slot = slab.words[(offset >> 2) + 2] as number;
    // An old record's slot may long hold another, and its slab's number may have been given again.
    const stands =
      slot >= 0 && slab.words[(offset >> 2) + 1] === 0 && this.slabs.holds(slab) && this.table.place(slot) === placeOf(slab, offset);
    return stands ? this.#valueOf(slot) : this.decode(slab, offset);
  }

  #valueOf(slot: number): T {
    const hot = this.hot.get(slot);
    if (hot !== undefined) return hot;
    const slab = this.table.slab(slot);
    const offset = this.table.offset(slot);
    const value = deepFreeze(this.decode(slab, offset));
    this.hot.missed(slot, value, slab.words[(offset >> 2) + 6] as number);
    return value;
  }

  /** What an index holds under a value when the iteration begins, in order. */
  *#indexed(query: Query, index: { readonly name: string; readonly value: string }): IterableIterator<[Slab, number]> {
    const probe = new KeyProbe(this.seed);
    const slots = [...this.postings(index.name).slotsOf(index.value)];
    const found = slots.map((slot): [Slab, number] => [this.table.slab(slot), this.table.offset(slot)]);
    found.sort((a, b) => probe.orderOf(a[0], a[1]).compare(b[0], b[1], this.clusters));
    for (const each of found) if (this.#fits(query, each[0], each[1])) yield each;
  }

  #fits(query: Query, slab: Slab, offset: number): boolean {
    if (query.cluster !== undefined && this.clusters.text(slab.words[(offset >> 2) + 3] as number) !== query.cluster) return false;
    if (query.namespace !== undefined && partText(slab, offset, NAMESPACE) !== query.namespace) return false;
    return query.namePrefix === undefined || partText(slab, offset, NAME).startsWith(query.namePrefix);
  }

  /** By order: one range for each cluster, and within it for the namespace and the prefix. */
  *#ranges(query: Query): IterableIterator<[Slab, number]> {
    const clusters = query.cluster === undefined ? [...this.clusters.texts()].sort(compareBytes) : [query.cluster];
    const prefix = query.namespace === undefined ? undefined : encoder.encode(`${query.namespace}/${query.namePrefix ?? ''}`);
    for (const text of clusters) {
      const cluster = this.clusters.find(text);
      const start = new KeyProbe(this.seed);
      if (!start.fromKey({ cluster: text, namespace: query.namespace ?? '', name: query.namePrefix ?? '' }, cluster)) continue;
      if (query.namespace === undefined) start.toStartOfCluster();
      for (const [slab, offset] of this.#walk(start)) {
        if (slab.words[(offset >> 2) + 3] !== cluster || (prefix && !pathStartsWith(slab, offset, prefix))) break;
        if (this.#fits(query, slab, offset)) yield [slab, offset];
      }
    }
  }

  /** In order from a key on. The store may change meanwhile: what is not yet reached is shown as it then is. */
  *#walk(start: KeyProbe): IterableIterator<[Slab, number]> {
    let from = start;
    let passed = false;
    for (;;) {
      const { changes } = this.order;
      let resume: KeyProbe | undefined;
      for (const slot of this.order.from(this.comparator(from))) {
        if (!this.isSound(slot)) continue;
        const slab = this.table.slab(slot);
        const offset = this.table.offset(slot);
        // Sought anew after a change: the last one shown may still be there.
        if (passed && from.equals(slab, offset)) continue;
        yield [slab, offset];
        if (this.order.changes === changes) continue;
        resume = new KeyProbe(this.seed).fromRecord(slab, offset).keep();
        break;
      }
      if (!resume) return;
      from = resume;
      passed = true;
    }
  }

  /** For the order: the place of a probe among the slots. */
  comparator(probe: KeyProbe): (slot: number) => number {
    return (slot) => {
      const place = this.table.place(slot);
      return probe.compare(this.slabs.slab(place), offsetOf(place), this.clusters);
    };
  }
}
