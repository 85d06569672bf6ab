import type { Change } from './change.ts';
import { decodeRecord, equalBytes, makeDecoder } from './decode-record.ts';
import type { DeepReadonly, Entry } from './entry.ts';
import type { Key } from './key.ts';
import { compareKeys, encodeKey } from './key-order.ts';
import { ObjectEntry } from './object-entry.ts';
import { matchesLabels } from './parse-label-selector.ts';
import type { Query } from './query.ts';
import type { RawRecord, ScopeId } from './record.ts';
import { StoreError } from './store-error.ts';
import type { View } from './view.ts';
import type { IndexExtractor, Replacement, Writer } from './writer.ts';

export interface ObjectStoreOptions<T> {
  /** Added back by decoding: list items of built-in kinds lack them, watch objects do not. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly indexes?: Readonly<Record<string, IndexExtractor<T>>>;
  /** Paths that are not kept. Default: metadata.managedFields. */
  readonly drop?: readonly (readonly string[])[];
  /** Changes each object before it is kept. The slow path: every object is parsed and written again. */
  readonly transform?: (object: Record<string, unknown>) => Record<string, unknown>;
  /** The order of versions; undefined: not comparable, and then every version that differs is newer. Default: every version is newer. */
  readonly compareVersions?: (a: string, b: string) => -1 | 0 | 1 | undefined;
}

interface Slot<T> {
  readonly entry: ObjectEntry<T>;
  readonly scope: ScopeId;
  readonly indexed: ReadonlyMap<string, readonly string[]>;
}

const DEFAULT_DROP: readonly (readonly string[])[] = [['metadata', 'managedFields']];
const DEFAULT_SCOPE = '' as ScopeId;

class StoreView<T> implements View<T> {
  readonly slots: Map<string, Slot<T>>;
  readonly indexes: Map<string, Map<string, Set<string>>>;
  sequence = 0n;
  #sorted: readonly string[] | undefined;

  constructor(slots = new Map<string, Slot<T>>(), indexes = new Map<string, Map<string, Set<string>>>()) {
    this.slots = slots;
    this.indexes = indexes;
  }

  get size(): number {
    return this.slots.size;
  }

  get(key: Key): DeepReadonly<T> | undefined {
    return this.slots.get(encodeKey(key))?.entry.value;
  }

  entry(key: Key): Entry<T> | undefined {
    return this.slots.get(encodeKey(key))?.entry;
  }

  /** The set of keys changed: the order must be made anew at the next select. */
  keysChanged(): void {
    this.#sorted = undefined;
  }

  *select(query: Query = {}): IterableIterator<Entry<T>> {
    for (const id of this.#candidates(query)) {
      const slot = this.slots.get(id);
      if (!slot) continue;
      const { key, labels } = slot.entry;
      if (query.cluster !== undefined && key.cluster !== query.cluster) continue;
      if (query.namespace !== undefined && key.namespace !== query.namespace) continue;
      if (query.namePrefix !== undefined && !key.name.startsWith(query.namePrefix)) continue;
      if (query.labels && !matchesLabels(query.labels, labels)) continue;
      yield slot.entry;
    }
  }

  snapshot(): View<T> & Disposable {
    const copy = new StoreView<T>(new Map(this.slots), new Map([...this.indexes].map(([name, postings]) => [name, new Map([...postings].map(([value, ids]) => [value, new Set(ids)]))])));
    copy.sequence = this.sequence;
    return Object.assign(copy, { [Symbol.dispose]: () => copy.slots.clear() });
  }

  #candidates(query: Query): readonly string[] {
    if (query.index) {
      const postings = this.indexes.get(query.index.name);
      if (!postings) throw new StoreError('INDEX_UNKNOWN', `there is no index named ${JSON.stringify(query.index.name)}; there are: ${[...this.indexes.keys()].join(', ') || 'none'}`);
      return this.#inOrder([...(postings.get(query.index.value) ?? [])]);
    }
    this.#sorted ??= this.#inOrder([...this.slots.keys()]);
    return this.#sorted;
  }

  #inOrder(ids: string[]): readonly string[] {
    const keyOf = (id: string): Key => this.slots.get(id)?.entry.key ?? { cluster: '', namespace: '', name: '' };
    return ids.sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
  }
}

class ObjectStore<T> implements Writer<T> {
  readonly view: StoreView<T> = new StoreView<T>();
  readonly #extractors = new Map<string, IndexExtractor<T>>();
  readonly #drop: readonly (readonly string[])[];
  readonly #decode: (bytes: Uint8Array) => T;
  readonly #compare: (a: string, b: string) => -1 | 0 | 1 | undefined;
  readonly #transform: ObjectStoreOptions<T>['transform'];

  constructor(options: ObjectStoreOptions<T>) {
    this.#drop = options.drop ?? DEFAULT_DROP;
    this.#decode = makeDecoder<T>(options.apiVersion, options.kind);
    this.#compare = options.compareVersions ?? (() => undefined);
    this.#transform = options.transform;
    for (const [name, extract] of Object.entries(options.indexes ?? {})) this.addIndex(name, extract);
  }

  put(record: RawRecord): readonly Change<T>[] {
    return this.#store(this.#read(record), record.scope ?? DEFAULT_SCOPE, false);
  }

  remove(key: Key, uid: string, final?: RawRecord): readonly Change<T>[] {
    const id = encodeKey(key);
    const slot = this.view.slots.get(id);
    if (!slot || slot.entry.uid !== uid) return [];
    const entry = final ? this.#read(final) : slot.entry;
    this.#take(id, slot);
    return [{ type: 'deleted', entry, ...(final ? { previous: slot.entry } : {}), finalStateKnown: final !== undefined }];
  }

  replace(scope: ScopeId): Replacement<T> {
    const collected = new Map<string, ObjectEntry<T>>();
    let open = true;
    const mustBeOpen = (): void => {
      if (!open) throw new StoreError('REPLACEMENT_CLOSED', 'this replacement was committed or aborted; start another');
    };
    return {
      put: (record) => {
        mustBeOpen();
        const entry = this.#read(record);
        const id = encodeKey(entry.key);
        const before = collected.get(id);
        if (before?.uid === entry.uid && this.#compare(before.version, entry.version) === 1) return;
        const stands = this.view.slots.get(id)?.entry;
        // An equal record is used again, so that a relist of the same content costs no second copy.
        collected.set(id, stands && stands.uid === entry.uid && stands.version === entry.version && equalBytes(stands.bytes, entry.bytes) ? stands : entry);
      },
      remove: (key, uid) => {
        mustBeOpen();
        const id = encodeKey(key);
        if (collected.get(id)?.uid === uid) collected.delete(id);
      },
      commit: () => {
        mustBeOpen();
        open = false;
        const changes: Change<T>[] = [];
        for (const [id, slot] of [...this.view.slots]) {
          if (slot.scope !== scope || collected.has(id)) continue;
          this.#take(id, slot);
          changes.push({ type: 'deleted', entry: slot.entry, finalStateKnown: false });
        }
        for (const entry of collected.values()) changes.push(...this.#store(entry, scope, true));
        collected.clear();
        return changes;
      },
      abort: () => {
        open = false;
        collected.clear();
      },
    };
  }

  move(from: ScopeId, to: ScopeId, namespace: string): void {
    for (const [id, slot] of this.view.slots) {
      if (slot.scope === from && slot.entry.key.namespace === namespace) this.view.slots.set(id, { ...slot, scope: to });
    }
  }

  addIndex(name: string, extract: IndexExtractor<T>): void {
    if (this.#extractors.has(name)) throw new StoreError('INDEX_EXISTS', `there is an index named ${JSON.stringify(name)} already`);
    this.#extractors.set(name, extract);
    this.view.indexes.set(name, new Map());
    for (const [id, slot] of this.view.slots) {
      const values = [...new Set(extract(slot.entry))];
      this.view.slots.set(id, { ...slot, indexed: new Map([...slot.indexed, [name, values]]) });
      this.#post(name, values, id);
    }
  }

  #read(record: RawRecord): ObjectEntry<T> {
    const { namespace, name, header, bytes } = decodeRecord(record.object, this.#drop, this.#transform);
    return new ObjectEntry<T>({ cluster: record.cluster ?? '', namespace, name }, header, bytes, this.#decode);
  }

  #store(entry: ObjectEntry<T>, scope: ScopeId, relist: boolean): readonly Change<T>[] {
    const id = encodeKey(entry.key);
    const slot = this.view.slots.get(id);
    if (!slot) {
      this.#place(id, entry, scope);
      return [{ type: 'added', entry }];
    }
    const stands = slot.entry;
    if (stands === entry) {
      if (slot.scope !== scope) this.view.slots.set(id, { ...slot, scope });
      return [];
    }
    if (stands.uid !== entry.uid) {
      if (!relist && this.#compare(stands.version, entry.version) === 1) return [];
      this.#take(id, slot);
      this.#place(id, entry, scope);
      return [{ type: 'deleted', entry: stands, finalStateKnown: false }, { type: 'added', entry }];
    }
    const order = this.#compare(stands.version, entry.version);
    // A relist is the server's own word: equal versions may then show other content (a changed CRD), and that is an update.
    if (!relist && (order === 1 || (stands.version === entry.version && equalBytes(stands.bytes, entry.bytes)))) return [];
    if (relist && order === 1) return [];
    this.#take(id, slot);
    this.#place(id, entry, scope);
    return [{ type: 'updated', entry, previous: stands }];
  }

  #place(id: string, entry: ObjectEntry<T>, scope: ScopeId): void {
    const indexed = new Map<string, readonly string[]>();
    for (const [name, extract] of this.#extractors) {
      const values = [...new Set(extract(entry))];
      indexed.set(name, values);
      this.#post(name, values, id);
    }
    this.view.slots.set(id, { entry, scope, indexed });
    this.view.keysChanged();
    this.view.sequence += 1n;
  }

  #take(id: string, slot: Slot<T>): void {
    this.view.slots.delete(id);
    for (const [name, values] of slot.indexed) {
      const postings = this.view.indexes.get(name);
      for (const value of values) {
        const ids = postings?.get(value);
        ids?.delete(id);
        if (ids?.size === 0) postings?.delete(value);
      }
    }
    this.view.keysChanged();
    this.view.sequence += 1n;
  }

  #post(name: string, values: readonly string[], id: string): void {
    const postings = this.view.indexes.get(name);
    for (const value of values) {
      const ids = postings?.get(value);
      if (ids) ids.add(id);
      else postings?.set(value, new Set([id]));
    }
  }
}

/** Makes an empty store and gives its one writer; readers get `writer.view`. */
export function createObjectStore<T>(options: ObjectStoreOptions<T>): Writer<T> {
  return new ObjectStore<T>(options);
}
