import type { Change } from './contract/change.ts';
import { Collection } from './lists/collection.ts';
import { FirstFill } from './lists/first-fill.ts';
import type { KeyInput } from './contract/key.ts';
import { KeyProbe, Numbers } from './keys/key-probe.ts';
import { hasParts, jsonEquals, jsonOf, moveRecord, partEquals, partText, UID, VERSION, writeRecord } from './records/packed-record.ts';
import { PackedEntry } from './entries/packed-entry.ts';
import { Postings } from './indexes/postings.ts';
import type { RawRecord, ScopeId } from './contract/record.ts';
import { RecordScanner } from './records/scan-record.ts';
import type { Slab } from './records/slabs.ts';
import { offsetOf, placeOf, slabNumberOf } from './records/slabs.ts';
import type { ImageRecord, LoadedImage, StoreImage } from './records/store-image.ts';
import type { StoreCounters } from './contract/store-counters.ts';
import { StoreError } from './store-error.ts';
import type { StoreHandle } from './shared/layout.ts';
import { LEASE_MS } from './shared/layout.ts';
import { type SharedOptions, SharedWriter } from './shared/shared-writer.ts';
import { StoreView } from './views/store-view.ts';
import { systemClock } from '@kubecast/clock';
import type { View } from './contract/view.ts';
import type { IndexExtractor, Replacement, Writer } from './contract/writer.ts';

export interface ObjectStoreOptions<T> {
  /** Added back by decoding: list items of built-in kinds lack them, watch objects do not. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly indexes?: Readonly<Record<string, IndexExtractor<T>>>;
  /**
   * Paths that are not kept. Default: metadata.managedFields. Paths go through objects only. What is dropped is gone for headers and indexes
   * too. The parts of metadata that identify an object cannot be dropped (DROP_INVALID).
   */
  readonly drop?: readonly (readonly string[])[];
  /** Changes each object before it is kept. The slow path: every object is parsed and written again. */
  readonly transform?: (object: Record<string, unknown>) => Record<string, unknown>;
  /** The order of versions; undefined: not comparable, and then every version that differs is newer. Default: every version is newer. */
  readonly compareVersions?: (a: string, b: string) => -1 | 0 | 1 | undefined;
  /** Bytes of heap that parsed objects may take, reckoned as four times their JSON. 0: none is kept. Default 32 MiB. */
  readonly hotBytes?: number;
  /** Keeps the store in shared memory, so that other threads may read it: see `share` and `attach`. */
  readonly shared?: SharedOptions | true;
}

/** A store's writer, with what it counts. */
export interface ObjectStore<T> extends Writer<T> {
  readonly counters: StoreCounters;
  /** The scopes that objects were ever put into, those of a loaded file too; some may hold none any more. */
  readonly scopes: readonly ScopeId[];
  /**
   * Compares the checksums of so many more of the records that came from a file, so that damage is found before somebody asks for it; false
   * when all are compared. Without it each is compared when it is first read. `counters.damaged` says how many did not fit.
   */
  check(records: number): boolean;
  /**
   * What another thread needs to read this store, to be sent in a message: there, `attach(handle)` gives a view. Nothing else is ever sent.
   * @throws StoreError STORE_PRIVATE if the store was not made with `shared`.
   */
  share(): StoreHandle;
}

const DEFAULT_DROP: readonly (readonly string[])[] = [['metadata', 'managedFields']];
const DEFAULT_SCOPE = '' as ScopeId;
const HOT_BYTES = 32 * 1024 * 1024;
/** Records that one write moves at most, so that compaction never stops anybody. */
const MOVES = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Values = readonly (readonly string[])[];

/** A copy, since an extractor may give the same array again. */
function distinct(values: readonly string[]): readonly string[] {
  return values.length === 1 ? [values[0] as string] : [...new Set(values)];
}

class PackedStore<T> implements ObjectStore<T> {
  readonly #view: StoreView<T>;
  readonly #shared: SharedWriter | undefined;
  readonly #scanner: RecordScanner;
  readonly #compare: (a: string, b: string) => -1 | 0 | 1 | undefined;
  readonly #transform: ObjectStoreOptions<T>['transform'];
  readonly #scopeNumbers = new Numbers();
  #scopes: Int32Array = new Int32Array(64);
  readonly #probe: KeyProbe;
  readonly #collections = new Map<number, Collection>();
  #collectionId = 0;
  /** The list that is under way, where the store is empty and nothing else is. */
  #fill: FirstFill<T> | undefined;
  #writes = 0;
  #victim: Slab | undefined;
  #sweptTo = 0;
  #moved = 0;

  constructor(options: ObjectStoreOptions<T>, image?: LoadedImage) {
    const seed = image?.seed ?? (Math.random() * 0x1_0000_0000) | 0;
    const { shared } = options;
    if (shared) {
      const given = shared === true ? {} : shared;
      this.#shared = new SharedWriter(given, seed, systemClock, given.leaseMs ?? LEASE_MS);
    }
    this.#view = new StoreView<T>(options.apiVersion, options.kind, options.hotBytes ?? HOT_BYTES, seed, this.#shared);
    this.#probe = new KeyProbe(seed);
    this.#scanner = new RecordScanner(options.drop ?? DEFAULT_DROP);
    this.#compare = options.compareVersions ?? (() => undefined);
    this.#transform = options.transform;
    if (image) this.#load(image);
    for (const [name, extract] of Object.entries(options.indexes ?? {})) this.addIndex(name, extract);
    this.#settle();
  }

  get scopes(): readonly ScopeId[] {
    return [...this.#scopeNumbers.texts()] as ScopeId[];
  }

  check(records: number): boolean {
    const more = this.#view.checkSome(records);
    this.#purge();
    this.#settle();
    return more;
  }

  share(): StoreHandle {
    if (!this.#shared)
      throw new StoreError('STORE_PRIVATE', 'this store is not in shared memory; make it with `shared: true` to read it in other threads');
    return this.#shared.handle(this.#view.apiVersion, this.#view.kind);
  }

  get view(): View<T> {
    return this.#view;
  }

  get counters(): StoreCounters {
    const { hot, slabs, table } = this.#view;
    return {
      objects: table.size,
      recordBytes: slabs.live,
      reservedBytes: slabs.reserved,
      movedRecords: this.#moved,
      cacheRequests: hot.requests,
      cacheHits: hot.hits,
      hotBytes: hot.bytes,
      promotions: hot.promotions,
      evictions: hot.evictions,
      damaged: this.#view.damaged,
    };
  }

  put(record: RawRecord): readonly Change<T>[] {
    this.#purge();
    this.#endFill();
    const place = this.#write(record, 0);
    const changes = this.#apply(place, this.#scopeNumbers.of(record.scope ?? DEFAULT_SCOPE), false);
    this.#tidy(MOVES);
    this.#settle();
    return changes;
  }

  remove(key: KeyInput, uid: string, final?: RawRecord): readonly Change<T>[] {
    const slot = this.#view.slotOf(key);
    this.#purge();
    if (slot < 0 || partText(this.#view.table.slab(slot), this.#view.table.offset(slot), UID) !== uid) return [];
    const stands = this.#view.entryOf(slot);
    let entry = stands;
    if (final) {
      const place = this.#write(final, 0);
      entry = this.#entryAt(place);
      this.#view.slabs.release(place);
    }
    this.#take(slot);
    this.#tidy(MOVES);
    this.#settle();
    return [{ type: 'deleted', entry, ...(final ? { previous: stands } : {}), finalStateKnown: final !== undefined }];
  }

  replace(scope: ScopeId): Replacement<T> {
    const view = this.#view;
    this.#purge();
    this.#endFill();
    this.#collectionId += 1;
    const id = this.#collectionId;
    // Readers in other threads are told of every change as it is made, and there is no other table to show them.
    if (view.table.size === 0 && this.#collections.size === 0 && !this.#shared) this.#fill = new FirstFill(id, view, this.#compare);
    else this.#collect(id);
    const close = (): void => {
      if (this.#fill?.id === id) {
        this.#fill.abort();
        this.#fill = undefined;
      }
      const collection = this.#collections.get(id);
      this.#collections.delete(id);
      collection?.clear();
      this.#settle();
    };
    /** Where the records go: undefined while the store is filled. */
    const open = (): Collection | undefined => {
      const collection = this.#collections.get(id);
      if (!collection && this.#fill?.id !== id)
        throw new StoreError('REPLACEMENT_CLOSED', 'this replacement was committed or aborted; start another');
      return collection;
    };
    return {
      put: (record) => {
        const collection = open() ?? this.#fillWith(record);
        if (!collection) return;
        const place = this.#write(record, id);
        const slot = collection.put(place, this.#probe);
        if (slot >= 0 && this.#view.indexes.size > 0) this.#prepareEarly(collection, slot, place);
      },
      remove: (key, uid) => {
        const target = open() ?? this.#fill;
        if (this.#probe.fromKey(key, view.clusters.find(key.cluster ?? ''))) target?.remove(this.#probe, uid);
      },
      commit: () => {
        const collection = open();
        try {
          return collection ? this.#commit(collection, this.#scopeNumbers.of(scope)) : this.#publish(this.#scopeNumbers.of(scope));
        } finally {
          close();
        }
      },
      abort: close,
    };
  }

  move(from: ScopeId, to: ScopeId, namespace: string): void {
    const source = this.#scopeNumbers.of(from);
    const target = this.#scopeNumbers.of(to);
    for (const slot of this.#view.slotsOf(namespace)) if (this.#scopes[slot] === source) this.#scopes[slot] = target;
  }

  addIndex(name: string, extract: IndexExtractor<T>): void {
    const { indexes, table } = this.#view;
    if (indexes.has(name)) throw new StoreError('INDEX_EXISTS', `there is an index named ${JSON.stringify(name)} already`);
    this.#endFill();
    const postings = new Postings<T>(extract, this.#shared?.postings());
    for (let slot = 0; slot < table.end; slot += 1) {
      if (table.place(slot) < 0 || !this.#view.isSound(slot)) continue;
      postings.add(slot, distinct(extract(this.#entryFor(table.place(slot)))));
      if (this.#shared?.crowded) this.#settle();
    }
    indexes.set(name, postings);
    this.#shared?.indexed(name);
    this.#settle();
  }

  #collect(id: number): Collection {
    const { table, slabs } = this.#view;
    const collection = new Collection(id, table, slabs, this.#compare, (slot) => this.#view.isSound(slot));
    this.#collections.set(id, collection);
    return collection;
  }

  /** Something else is written: the list that fills the store becomes one like any other. */
  #endFill(): Collection | undefined {
    const fill = this.#fill;
    if (!fill) return undefined;
    this.#fill = undefined;
    const collection = this.#collect(fill.id);
    fill.moveTo(collection);
    return collection;
  }

  /** Undefined: the record was taken. Else an extractor threw, and the collection that goes on must keep it until the commit fails with it. */
  #fillWith(record: RawRecord): Collection | undefined {
    const place = this.#write(record, 0);
    let values: Values;
    try {
      values = this.#extract(place);
    } catch {
      return this.#endFill();
    }
    this.#fill?.put(place, this.#probe, values);
    return undefined;
  }

  /** Shows the list that filled the empty store. */
  #publish(scope: number): Iterable<Change<T>> {
    const fill = this.#fill as FirstFill<T>;
    this.#fill = undefined;
    const changes = fill.publish();
    this.#scopes = new Int32Array(Math.max(64, this.#view.table.end)).fill(scope);
    return changes;
  }

  /** What is there now, for a file. */
  image(): StoreImage {
    const { table, order, apiVersion, kind, seed, clusters } = this.#view;
    const records: ImageRecord[] = [];
    for (const slot of order.from())
      if (this.#view.isSound(slot))
        records.push({ slab: table.slab(slot), offset: table.offset(slot), hash: table.hash(slot), scope: this.#scopes[slot] as number });
    return { apiVersion, kind, seed, scopes: this.scopes, clusters: [...clusters.texts()], records };
  }

  /** Fills the empty store. */
  #load(image: LoadedImage): void {
    const { table, order, slabs, clusters } = this.#view;
    for (const scope of image.scopes) this.#scopeNumbers.of(scope);
    for (const cluster of image.clusters) clusters.of(cluster);
    for (const segment of image.segments) slabs.load(segment);
    this.#shared?.clusters(clusters.texts());
    const { rows } = image;
    const count = rows.length / 3;
    this.#scopes = new Int32Array(Math.max(64, count));
    for (let i = 0; i < count; i += 1) {
      const place = rows[i * 3] as number;
      const next = i + 1 < count ? (rows[i * 3 + 3] as number) : -1;
      const size = next >= 0 && slabNumberOf(next) === slabNumberOf(place) ? offsetOf(next) - offsetOf(place) : undefined;
      // Keys make the order and the table, so they are compared now; the rest of a record when it is first read.
      if (!this.#restoreHead(place, size, rows[i * 3 + 1] as number)) {
        this.#view.damaged += 1;
        slabs.release(place);
        continue;
      }
      const slot = table.insert(rows[i * 3 + 1] as number, place);
      this.#scopes[slot] = rows[i * 3 + 2] as number;
      order.append(slot);
      if (this.#shared?.crowded) this.#settle();
    }
    this.#view.doubtAll();
    this.#view.sequence = BigInt(count);
  }

  /** Puts a loaded record's length right, and says whether its key is the one that the row is for. */
  #restoreHead(place: number, size: number | undefined, hash: number): boolean {
    const slab = this.#view.slabs.slab(place);
    const offset = offsetOf(place);
    slab.words[offset >> 2] = size ?? slab.bytes.length - offset;
    return hasParts(slab, offset, this.#view.clusters.texts().length) && this.#probe.fromRecord(slab, offset).hash === hash;
  }

  /** Writes what is kept of a record; nobody sees it yet. */
  #write(record: RawRecord, table: number): number {
    const { slabs, clusters } = this.#view;
    const cluster = clusters.of(record.cluster ?? '');
    const place = writeRecord(slabs, record.object, this.#scanner.scan(record.object), cluster, table);
    if (!this.#transform) return place;
    const object = JSON.parse(decoder.decode(jsonOf(slabs.slab(place), offsetOf(place)))) as Record<string, unknown>;
    slabs.undo(place);
    const bytes = encoder.encode(JSON.stringify(this.#transform(object)));
    return writeRecord(slabs, bytes, this.#scanner.scan(bytes), cluster, table);
  }

  #entryAt(place: number): PackedEntry<T> {
    return new PackedEntry<T>(this.#view, this.#view.slabs.slab(place), offsetOf(place));
  }

  /** What the extractors are given of a record: their own reading of it, which tells nothing of what is read often. */
  #entryFor(place: number): PackedEntry<T> {
    return new PackedEntry<T>(this.#view, this.#view.slabs.slab(place), offsetOf(place), true);
  }

  /** Runs the extractors over a record that nobody sees yet. If one throws, the record is taken back. */
  #extract(place: number): Values {
    const values: (readonly string[])[] = [];
    if (this.#view.indexes.size === 0) return values;
    try {
      const entry = this.#entryFor(place);
      for (const { extract } of this.#view.indexes.values()) values.push(distinct(extract(entry)));
    } catch (error) {
      this.#view.slabs.undo(place);
      throw error;
    }
    return values;
  }

  /** Puts a written record in its place, or takes it back if what stands there stays. */
  #apply(place: number, scope: number, relist: boolean, prepared?: Values): readonly Change<T>[] {
    const { table, slabs, order, clusters } = this.#view;
    this.#shared?.clusters(clusters.texts());
    if (this.#shared?.crowded) this.#settle();
    const slab = slabs.slab(place);
    const offset = offsetOf(place);
    let slot = table.find(this.#probe.fromRecord(slab, offset));
    if (slot >= 0 && !this.#view.isSound(slot)) {
      this.#purge();
      slot = -1;
    }
    const probe = this.#probe.fromRecord(slab, offset);
    if (slot < 0) {
      const values = prepared ?? this.#extract(place);
      this.#remember(place, -1);
      const added = table.insert(probe.hash, place);
      order.insert(added, this.#view.comparator(probe));
      this.#post(added, scope, values);
      return [{ type: 'added', entry: this.#entryAt(place) }];
    }
    const stands = table.slab(slot);
    const at = table.offset(slot);
    const comparison = this.#compare(partText(stands, at, VERSION), partText(slab, offset, VERSION));
    const sameObject = partEquals(stands, at, slab, offset, UID);
    const equal = sameObject && partEquals(stands, at, slab, offset, VERSION) && jsonEquals(stands, at, slab, offset);
    // A relist is the server's own word on which object stands under the name, but not on an older version of the same one.
    if (equal || (comparison === 1 && (sameObject || !relist))) {
      slabs.undo(place);
      if (equal && relist) this.#scopes[slot] = scope;
      return [];
    }
    const values = prepared ?? this.#extract(place);
    const previous = this.#view.entryOf(slot);
    this.#remember(place, slot);
    this.#retire(slot);
    table.set(slot, place);
    this.#post(slot, scope, values);
    const entry = this.#entryAt(place);
    return sameObject
      ? [{ type: 'updated', entry, previous }]
      : [
          { type: 'deleted', entry: previous, finalStateKnown: false },
          { type: 'added', entry },
        ];
  }

  #take(slot: number): PackedEntry<T> {
    const { table, order } = this.#view;
    if (this.#shared?.crowded) this.#settle();
    this.#shared?.leaving(slot);
    const entry = this.#view.entryOf(slot);
    this.#remember(table.place(slot), slot);
    this.#unpost(slot);
    order.remove(slot, this.#view.comparator(this.#probe.fromRecord(table.slab(slot), table.offset(slot))));
    this.#retire(slot);
    table.delete(slot);
    this.#view.sequence += 1n;
    return entry;
  }

  /** Takes out what was found damaged. Nobody is told: it read as absent before. */
  #purge(): void {
    const { damagedSlots, table, order } = this.#view;
    for (let slot = damagedSlots.pop(); slot !== undefined; slot = damagedSlots.pop()) {
      this.#shared?.leaving(slot);
      order.remove(slot, this.#view.comparator(this.#probe.fromRecord(table.slab(slot), table.offset(slot))));
      this.#view.slabs.release(table.place(slot));
      table.delete(slot);
      this.#view.trust(slot);
    }
  }

  #commit(collection: Collection, scope: number): Iterable<Change<T>> {
    const { table } = this.#view;
    this.#purge();
    const { own } = collection;
    // Before anything is seen, since an extractor may throw.
    const prepared: Values[] = [];
    if (this.#view.indexes.size > 0)
      for (let slot = 0; slot < own.end; slot += 1)
        prepared.push(own.place(slot) < 0 ? [] : this.#preparedOr(collection.prepared(slot), own.place(slot)));
    const changes: Change<T>[] = [];
    for (let slot = 0; slot < table.end; slot += 1) {
      if (table.place(slot) < 0 || !this.#view.isSound(slot)) continue;
      if (collection.isMarked(slot)) this.#scopes[slot] = scope;
      else if (this.#scopes[slot] === scope && own.find(this.#probe.fromRecord(table.slab(slot), table.offset(slot))) < 0)
        changes.push({ type: 'deleted', entry: this.#take(slot), finalStateKnown: false });
    }
    for (let slot = 0; slot < own.end; slot += 1) {
      const place = own.place(slot);
      if (place < 0) continue;
      own.delete(slot);
      for (const change of this.#apply(place, scope, true, prepared[slot])) changes.push(change);
    }
    this.#tidy(MOVES);
    return changes;
  }

  /** The operation is complete, for readers in other threads. */
  #settle(): void {
    this.#shared?.settle(this.#view.table.size);
  }

  /** What an extractor gives now it need not give at the commit, all at once. What it throws now it will throw again then. */
  #prepareEarly(collection: Collection, slot: number, place: number): void {
    try {
      collection.prepare(slot, this.#prepare(place));
    } catch {
      // The commit fails with it; until then nothing was changed.
    }
  }

  /** Of all indexes that there are by now. */
  #preparedOr(values: Values | undefined, place: number): Values {
    return values?.length === this.#view.indexes.size ? values : this.#prepare(place);
  }

  #prepare(place: number): Values {
    const entry = this.#entryFor(place);
    return [...this.#view.indexes.values()].map(({ extract }) => distinct(extract(entry)));
  }

  #post(slot: number, scope: number, values: Values): void {
    if (slot >= this.#scopes.length) {
      const larger = new Int32Array(this.#scopes.length + (this.#scopes.length >> 1));
      larger.set(this.#scopes);
      this.#scopes = larger;
    }
    this.#scopes[slot] = scope;
    this.#view.trust(slot);
    let i = 0;
    for (const postings of this.#view.indexes.values()) {
      postings.set(slot, values[i] ?? []);
      i += 1;
    }
    this.#view.hot.drop(slot);
    this.#view.sequence += 1n;
  }

  #unpost(slot: number): void {
    for (const postings of this.#view.indexes.values()) postings.remove(slot);
    this.#view.hot.drop(slot);
  }

  /** Lets go of a slot's record, unless a relist needs it. */
  #retire(slot: number): void {
    const place = this.#view.table.place(slot);
    let adopted = false;
    for (const collection of this.#collections.values()) adopted = collection.adopt(slot, place, this.#probe, adopted) || adopted;
    if (!adopted) this.#view.slabs.release(place);
  }

  /** Keeps for the open snapshots what stands in a slot, or that nothing does. */
  #remember(place: number, slot: number): void {
    if (this.#view.snapshots.size === 0) return;
    const indexed = new Map<string, readonly string[]>();
    if (slot >= 0) for (const [name, postings] of this.#view.indexes) indexed.set(name, postings.valuesOf(slot));
    const entry = slot >= 0 ? this.#view.entryOf(slot) : undefined;
    for (const snapshot of this.#view.snapshots) snapshot.remember(this.#entryAt(place).key, entry, indexed);
  }

  /** Compaction, a few records at a time: moves what lives in the most wasteful slab, until it can be let go. */
  #tidy(moves: number): void {
    const { slabs, table } = this.#view;
    this.#writes += 1;
    if (!this.#victim) {
      if ((this.#writes & 63) !== 0) return;
      this.#victim = slabs.wasteful();
      this.#sweptTo = 0;
    }
    const victim = this.#victim;
    if (!victim) return;
    for (let left = moves; left > 0 && slabs.holds(victim);) {
      if (this.#sweptTo >= victim.used) {
        victim.swept = true;
        break;
      }
      const w = this.#sweptTo >> 2;
      const from = placeOf(victim, this.#sweptTo);
      const slot = victim.words[w + 2] as number;
      this.#sweptTo += victim.words[w] as number;
      if (victim.words[w + 1] !== 0 || slot < 0 || table.place(slot) !== from) continue;
      const to = moveRecord(slabs, victim, offsetOf(from));
      table.move(slot, to);
      for (const collection of this.#collections.values()) collection.moved(slot, from, to);
      slabs.release(from);
      this.#moved += 1;
      left -= 1;
    }
    if (victim.swept || !slabs.holds(victim)) this.#victim = undefined;
  }
}

/** Makes a store and gives its one writer; readers get `writer.view`. It is empty, but for an image that loadStore gives. */
export function createObjectStore<T>(options: ObjectStoreOptions<T>, image?: LoadedImage): ObjectStore<T> {
  return new PackedStore<T>(options, image);
}

/** The content of a store at this moment, for a file. */
export function imageOf<T>(store: Writer<T>): StoreImage {
  if (!(store instanceof PackedStore)) throw new StoreError('STORE_FOREIGN', 'only a store made by createObjectStore can be saved');
  return store.image();
}
