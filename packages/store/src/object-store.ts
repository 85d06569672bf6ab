import type { Change } from './contract/change.ts';
import type { KeyInput } from './contract/key.ts';
import type { RawRecord, ScopeId } from './contract/record.ts';
import type { StoreCounters } from './contract/store-counters.ts';
import type { View } from './contract/view.ts';
import type { IndexExtractor, Replacement, Writer } from './contract/writer.ts';
import type { HotOptions } from './entries/hot-options.ts';
import { PackedEntry } from './entries/packed-entry.ts';
import { Postings } from './indexes/postings.ts';
import { Numbers } from './keys/key-probe.ts';
import type { Collection } from './lists/collection.ts';
import { partText, UID } from './records/packed-record.ts';
import type { ImageRecord, LoadedImage, StoreImage } from './records/store-image.ts';
import type { StoreHandle } from './shared/layout.ts';
import { LEASE_MS } from './shared/layout.ts';
import { type SharedOptions, SharedWriter } from './shared/shared-writer.ts';
import { StoreError } from './store-error.ts';
import { StoreView } from './views/store-view.ts';
import { Compactor } from './writing/compactor.ts';
import { checkedValues, checkOptions } from './writing/check-options.ts';
import { checkRecord, checkRemoval, checkScope } from './writing/check-writes.ts';
import { kindOf } from './contract/check-input.ts';
import { ContentWriter } from './writing/content-writer.ts';
import type { Decision } from './writing/content-writer.ts';
import { ListWriter } from './writing/list-writer.ts';
import { loadImage } from './writing/load-image.ts';
import { RecordWriter } from './writing/record-writer.ts';
import { WriteGuard } from './writing/write-guard.ts';
import { systemClock } from '@kubecast/clock';

export interface ObjectStoreOptions<T> extends HotOptions {
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

class PackedStore<T> implements ObjectStore<T> {
  readonly #view: StoreView<T>;
  readonly #shared: SharedWriter | undefined;
  readonly #scopes = new Numbers();
  readonly #collections = new Map<number, Collection>();
  readonly #content: ContentWriter<T>;
  readonly #records: RecordWriter<T>;
  readonly #compactor: Compactor<T>;
  readonly #lists: ListWriter<T>;
  readonly #guard = new WriteGuard();

  constructor(options: ObjectStoreOptions<T>, image?: LoadedImage) {
    checkOptions(options);
    const seed = image?.seed ?? (Math.random() * 0x1_0000_0000) | 0;
    const { shared } = options;
    if (shared) {
      const given = shared === true ? {} : shared;
      this.#shared = new SharedWriter(given, seed, systemClock, given.leaseMs ?? LEASE_MS);
    }
    const view = new StoreView<T>(options.apiVersion, options.kind, options, seed, this.#shared);
    const compare = options.compareVersions ?? (() => undefined);
    const content = new ContentWriter(view, this.#shared, compare, this.#collections);
    const compactor = new Compactor(view, this.#collections, () => content.settle());
    this.#view = view;
    this.#content = content;
    this.#compactor = compactor;
    this.#records = new RecordWriter(view, options.drop ?? DEFAULT_DROP, options.transform, () => compactor.makeRoom());
    this.#lists = new ListWriter<T>({
      view,
      content,
      compare,
      records: this.#records,
      scopes: this.#scopes,
      collections: this.#collections,
      guard: this.#guard,
      mayFill: !this.#shared,
      done: () => compactor.step(),
    });
    if (image) loadImage(image, view, content, this.#scopes, this.#shared);
    content.settle();
    for (const [name, extract] of Object.entries(options.indexes ?? {})) this.addIndex(name, extract);
  }

  get scopes(): readonly ScopeId[] {
    return [...this.#scopes.texts()] as ScopeId[];
  }

  check(records: number): boolean {
    if (!(typeof records === 'number' && records >= 0))
      throw new StoreError('OPTIONS_INVALID', `check takes a number of records, 0 or more, and was given ${kindOf(records)}`);
    return this.#guard.run(() => {
      const more = this.#view.checkSome(records);
      this.#content.purge();
      this.#content.settle();
      return more;
    });
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
      movedRecords: this.#compactor.moves,
      ...hot.counters,
      damaged: this.#view.damaged,
    };
  }

  put(record: RawRecord): readonly Change<T>[] {
    checkRecord(record, 'put');
    this.#guard.enter();
    try {
      this.#content.purge();
      this.#lists.endFill();
      const place = this.#records.write(record, 0);
      const decision = this.#decide(place);
      const changes = this.#content.apply(decision, this.#scopes.of(record.scope ?? DEFAULT_SCOPE), false);
      this.#compactor.step();
      this.#content.settle();
      return changes;
    } finally {
      this.#guard.leave();
    }
  }

  /** What becomes of a record, with the room for it taken; or the record is taken back. */
  #decide(place: number): Decision {
    try {
      const decision = this.#content.decide(place, false);
      this.#content.prepare([decision], []);
      return decision;
    } catch (error) {
      this.#view.slabs.undo(place);
      throw error;
    }
  }

  remove(key: KeyInput, uid: string, final?: RawRecord): readonly Change<T>[] {
    checkRemoval(key, uid, 'remove');
    if (final !== undefined) checkRecord(final, 'remove');
    this.#guard.enter();
    try {
      const slot = this.#view.slotOf(key);
      this.#content.purge();
      if (slot < 0 || partText(this.#view.table.slab(slot), this.#view.table.offset(slot), UID) !== uid) return [];
      const aside = final && this.#records.writeAside(final);
      this.#content.prepare([], [slot]);
      const stands = this.#content.take(slot);
      this.#compactor.step();
      this.#content.settle();
      if (!aside) return [{ type: 'deleted', entry: stands, finalStateKnown: false }];
      return [
        { type: 'deleted', entry: new PackedEntry<T>(this.#view, aside.slab, aside.offset), previous: stands, finalStateKnown: true },
      ];
    } finally {
      this.#guard.leave();
    }
  }

  replace(scope: ScopeId): Replacement<T> {
    checkScope(scope, 'replace');
    return this.#guard.run(() => {
      this.#content.purge();
      return this.#lists.start(scope);
    });
  }

  move(from: ScopeId, to: ScopeId, namespace: string): void {
    checkScope(from, 'move');
    checkScope(to, 'move');
    if (typeof namespace !== 'string')
      throw new StoreError('SCOPE_INVALID', `move takes the namespace, a text, and was given ${kindOf(namespace)}`);
    this.#guard.run(() => {
      const source = this.#scopes.find(from);
      if (source < 0) return;
      const slots = [...this.#view.slotsOf(namespace)].filter((slot) => this.#content.scopes[slot] === source);
      const target = this.#scopes.of(to);
      for (const slot of slots) this.#content.scopes[slot] = target;
    });
  }

  addIndex(name: string, extract: IndexExtractor<T>): void {
    if (typeof name !== 'string')
      throw new StoreError('OPTIONS_INVALID', `addIndex takes the name of the index, a text, and was given ${kindOf(name)}`);
    this.#guard.run(() => {
      const { indexes, table } = this.#view;
      if (indexes.has(name)) throw new StoreError('INDEX_EXISTS', `there is an index named ${JSON.stringify(name)} already`);
      if (typeof extract !== 'function')
        throw new StoreError('OPTIONS_INVALID', `the extractor of the index ${JSON.stringify(name)} is no function`);
      const held: (readonly [slot: number, values: readonly string[]])[] = [];
      for (let slot = 0; slot < table.end; slot += 1) {
        if (table.place(slot) < 0 || !this.#view.isSound(slot)) continue;
        const { slab, offset } = { slab: table.slab(slot), offset: table.offset(slot) };
        held.push([slot, checkedValues(extract(new PackedEntry<T>(this.#view, slab, offset, true)), name)]);
      }
      this.#lists.endFill();
      const postings = new Postings<T>(extract, this.#shared?.postings());
      this.#fillIndex(postings, name, held);
      indexes.set(name, postings);
      this.#content.settle();
    });
  }

  /** Takes room for all of an index, then fills it. If there is none, nothing of it stays. */
  #fillIndex(postings: Postings<T>, name: string, held: readonly (readonly [slot: number, values: readonly string[]])[]): void {
    const prepared: string[] = [];
    let link = 0;
    try {
      if (this.#shared) {
        this.#shared.reserve();
        for (const [, values] of held) {
          for (const value of values) {
            postings.prepare(value);
            prepared.push(value);
          }
        }
        link = this.#shared.prepareIndex(name);
      }
    } catch (error) {
      for (const value of prepared) postings.unprepare(value);
      this.#content.settle();
      throw error;
    }
    for (const [slot, values] of held) {
      postings.add(slot, values);
      if (this.#shared?.crowded) this.#content.settle();
    }
    this.#shared?.indexed(link);
  }

  /** What is there now, for a file. */
  image(): StoreImage {
    const { table, order, apiVersion, kind, seed, clusters } = this.#view;
    const records: ImageRecord[] = [];
    for (const slot of order.from())
      if (this.#view.isSound(slot))
        records.push({
          slab: table.slab(slot),
          offset: table.offset(slot),
          hash: table.hash(slot),
          scope: this.#content.scopes[slot] as number,
        });
    return { apiVersion, kind, seed, scopes: this.scopes, clusters: [...clusters.texts()], records };
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
