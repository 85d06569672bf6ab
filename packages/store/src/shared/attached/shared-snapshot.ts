import { textWords, type Lease } from '@kubecast/shared-memory';
import type { DeepReadonly, Entry } from '../../contract/entry.ts';
import { checkQuery } from '../../contract/check-query.ts';
import { checkKey, compareKeys } from '../../keys/key-order.ts';
import type { Key, KeyInput } from '../../contract/key.ts';
import { KeyProbe } from '../../keys/key-probe.ts';
import { NAME, NAMESPACE, partText } from '../../records/packed-record.ts';
import { PackedEntry } from '../../entries/packed-entry.ts';
import { matchesLabels } from '../../selectors/match-labels.ts';
import type { Query } from '../../contract/query.ts';
import { StoreError } from '../../store-error.ts';
import type { View } from '../../contract/view.ts';
import type { CopiedRecord, SharedReader } from './shared-reader.ts';
import { LIST_ENTRIES, LOG_POST, LOG_UNPOST, ORDER, POSTING_COUNT, POSTING_LIST } from '../layout.ts';
import { PastLog } from './past-log.ts';

interface Chunk {
  readonly block: number;
  readonly count: number;
}

/** The store as it stood when the snapshot was taken: the lease keeps what it can reach, the log tells what changed since. */
export class SharedSnapshot<T> implements View<T>, Disposable {
  readonly #view: SharedReader<T>;
  readonly #lease: Lease;
  readonly #past: PastLog;
  readonly sequence: bigint;
  readonly #known: number;
  #size = -1;

  constructor(view: SharedReader<T>) {
    this.#view = view;
    const { memory, leases } = view;
    // First the lease, then the look: what is let go of after it was seen waits for the lease.
    this.#lease = leases.take();
    this.#past = new PastLog(memory);
    this.sequence = view.sequence;
    memory.refreshNames();
    this.#known = memory.indexes.texts().length;
  }

  get size(): number {
    this.#lease.check();
    if (this.#size < 0) {
      let size = 0;
      for (const slot of this.#slots()) if (this.#placeAt(slot) >= 0) size += 1;
      // What was counted after the lease was over may be something else.
      this.#lease.check();
      this.#size = size;
    }
    return this.#size;
  }

  get(key: KeyInput): DeepReadonly<T> | undefined {
    checkKey(key, 'get');
    return this.entry(key)?.value;
  }

  entry(key: KeyInput): Entry<T> | undefined {
    this.#lease.check();
    checkKey(key, 'entry');
    const { memory, probe } = this.#view;
    if (!probe.fromKey(key, memory.clusterNumber(key.cluster ?? ''))) return undefined;
    let found: CopiedRecord | undefined;
    memory.find(probe.hash, (slot) => {
      const copied = this.#record(slot);
      if (copied && probe.equals(copied.slab, copied.offset)) found = copied;
      return found !== undefined;
    });
    if (!found) {
      // It may have left since: then it is among what the log tells of.
      this.#past.sync();
      for (const slot of this.#past.gone) {
        const copied = this.#record(slot);
        if (copied && probe.equals(copied.slab, copied.offset)) found = copied;
      }
    }
    return found && new PackedEntry<T>(this.#view, found.slab, found.offset);
  }

  select(query: Query = {}): IterableIterator<Entry<T>> {
    checkQuery(query);
    return this.#select(query);
  }

  *#select(query: Query): IterableIterator<Entry<T>> {
    this.#lease.check();
    const { labels } = query;
    for (const copied of query.index ? this.#indexed(query, query.index) : this.#ordered(query)) {
      const entry = new PackedEntry<T>(this.#view, copied.slab, copied.offset);
      if (labels && !matchesLabels(labels, entry.labels)) continue;
      yield entry;
      this.#lease.check();
    }
  }

  /** Itself: a snapshot does not change. Dispose it once. */
  snapshot(): View<T> & Disposable {
    this.#lease.check();
    return this;
  }

  [Symbol.dispose](): void {
    this.#lease.release();
  }

  /** The place that a slot named then. */
  #placeAt(slot: number): number {
    const now = this.#view.memory.place(slot);
    // Read after the place: a change that it shows stands in the log already.
    this.#past.sync();
    return this.#past.before.get(slot) ?? now;
  }

  #record(slot: number): CopiedRecord | undefined {
    const place = this.#placeAt(slot);
    if (place < 0) return undefined;
    const copied = this.#view.keep(place);
    this.#lease.check();
    if (copied) return copied;
    // Compaction may have moved it since the place was read; what it left is kept, so only damage gives no record twice.
    const again = this.#view.keep(this.#placeAt(slot));
    this.#lease.check();
    if (!again) this.#view.countDamaged();
    return again;
  }

  #fits(query: Query, { slab, offset }: CopiedRecord): boolean {
    if (query.cluster !== undefined && this.#view.clusterText(slab.words[(offset >> 2) + 3] as number) !== query.cluster) return false;
    if (query.namespace !== undefined && partText(slab, offset, NAMESPACE) !== query.namespace) return false;
    return query.namePrefix === undefined || partText(slab, offset, NAME).startsWith(query.namePrefix);
  }

  /** What the index held under the value, in order. */
  *#indexed(query: Query, wanted: { readonly name: string; readonly value: string }): IterableIterator<CopiedRecord> {
    const { memory } = this.#view;
    const index = memory.indexes.find(wanted.name);
    if (index < 0 || index >= this.#known)
      throw new StoreError(
        'INDEX_UNKNOWN',
        `there is no index named ${JSON.stringify(wanted.name)}; there are: ${memory.indexes.texts().slice(0, this.#known).join(', ') || 'none'}`,
      );
    const records: CopiedRecord[] = [];
    for (const slot of this.#posted(index, wanted.value)) {
      const copied = this.#record(slot);
      if (copied && this.#fits(query, copied)) records.push(copied);
    }
    const probe = new KeyProbe(memory.seed);
    records.sort((a, b) => probe.orderOf(a.slab, a.offset).compare(b.slab, b.offset, memory.clusters));
    yield* records;
  }

  /** The slots of a value then. A list is read anew if it changed while it was read; a single change under way does no harm. */
  #posted(index: number, value: string): ReadonlySet<number> {
    const { memory } = this.#view;
    const text = textWords(value);
    const slots = new Set<number>();
    for (;;) {
      slots.clear();
      this.#past.sync();
      const from = this.#past.seen;
      const posting = memory.posting(index, value);
      if (posting !== 0) {
        const count = memory.word(posting + POSTING_COUNT);
        const list = memory.word(posting + POSTING_LIST);
        const room = memory.word(list);
        for (let i = 0; i < count && i < room; i += 1) slots.add(memory.word(list + 1 + i));
      }
      this.#past.sync();
      this.#lease.check();
      if (!this.#past.posts(from, (at) => memory.isPostingOf(at, index, text))) break;
    }
    // The first change of a slot since then tells what it was then.
    const settled = new Set<number>();
    for (const [what, slot, posting] of this.#past.postings) {
      if (settled.has(slot) || !memory.isPostingOf(posting, index, text)) continue;
      settled.add(slot);
      if (what === LOG_POST) slots.delete(slot);
      else if (what === LOG_UNPOST) slots.add(slot);
    }
    return slots;
  }

  /** The chunks of the order and their lengths, as they are now: a chunk does not change but at its end. */
  #chunks(): readonly Chunk[] {
    const { memory } = this.#view;
    const directory = Atomics.load(memory.control, ORDER);
    const chunks: Chunk[] = [];
    if (directory === 0) return chunks;
    const count = memory.word(directory);
    for (let i = 0; i < count; i += 1) {
      const block = memory.word(directory + LIST_ENTRIES + i);
      chunks.push({ block, count: memory.word(block) });
    }
    return chunks;
  }

  /** Every slot that was in use then, some that were not, in no order. */
  *#slots(): IterableIterator<number> {
    const { memory } = this.#view;
    const chunks = this.#chunks();
    this.#past.sync();
    const gone = [...this.#past.gone];
    const left = new Set(gone);
    for (const { block, count } of chunks) {
      for (let i = 0; i < count; i += 1) {
        const slot = memory.word(block + LIST_ENTRIES + i);
        if (!left.has(slot)) yield slot;
      }
    }
    yield* gone;
  }

  /** Records in the order of their keys. */
  *#ordered(query: Query): IterableIterator<CopiedRecord> {
    const { memory } = this.#view;
    const chunks = this.#chunks();
    // Slots that left between the snapshot and now may be missing in the chunks, or stand there for another key; they go in between.
    this.#past.sync();
    const left = new Set(this.#past.gone);
    const extras: { readonly key: Key; readonly copied: CopiedRecord }[] = [];
    for (const slot of left) {
      const copied = this.#record(slot);
      if (copied && this.#fits(query, copied)) extras.push({ key: this.#keyOf(copied), copied });
    }
    extras.sort((a, b) => compareKeys(a.key, b.key));
    let next = 0;
    const ranged = query.cluster !== undefined && query.namespace !== undefined;
    const start: Key = { cluster: query.cluster ?? '', namespace: query.namespace ?? '', name: query.namePrefix ?? '' };
    let begun = false;
    for (let number = ranged ? this.#seek(chunks, left, start) : 0; number < chunks.length; number += 1) {
      const { block, count } = chunks[number] as Chunk;
      for (let i = 0; i < count; i += 1) {
        const slot = memory.word(block + LIST_ENTRIES + i);
        if (left.has(slot)) continue;
        const copied = this.#record(slot);
        if (!copied) continue;
        if (!this.#fits(query, copied)) {
          if (ranged && begun && compareKeys(this.#keyOf(copied), start) > 0 && !this.#within(query, copied)) {
            number = chunks.length;
            break;
          }
          continue;
        }
        begun = true;
        if (next < extras.length) {
          const key = this.#keyOf(copied);
          for (; next < extras.length && compareKeys((extras[next] as { key: Key }).key, key) < 0; next += 1)
            yield (extras[next] as { copied: CopiedRecord }).copied;
        }
        yield copied;
      }
    }
    for (; next < extras.length; next += 1) yield (extras[next] as { copied: CopiedRecord }).copied;
  }

  /** Whether a record that does not fit may still be followed by one that does. */
  #within(query: Query, { slab, offset }: CopiedRecord): boolean {
    const path = `${partText(slab, offset, NAMESPACE)}/${partText(slab, offset, NAME)}`;
    return (
      this.#view.clusterText(slab.words[(offset >> 2) + 3] as number) === query.cluster &&
      path.startsWith(`${query.namespace ?? ''}/${query.namePrefix ?? ''}`)
    );
  }

  /** The last chunk that begins at or before a key; chunks whose first slots are not those of then are passed over. */
  #seek(chunks: readonly Chunk[], left: ReadonlySet<number>, start: Key): number {
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const key = this.#firstKey(chunks[middle] as Chunk, left);
      if (key && compareKeys(key, start) > 0) high = middle;
      else if (key) low = middle + 1;
      else {
        // Nothing to go by in this chunk: begin before it at the latest.
        let before = middle - 1;
        while (before >= low && !this.#firstKey(chunks[before] as Chunk, left)) before -= 1;
        if (before < low) return Math.max(0, low - 1);
        if (compareKeys(this.#firstKey(chunks[before] as Chunk, left) as Key, start) > 0) high = before;
        else {
          let after = middle + 1;
          while (after < high && !this.#firstKey(chunks[after] as Chunk, left)) after += 1;
          if (after >= high || compareKeys(this.#firstKey(chunks[after] as Chunk, left) as Key, start) > 0) return before;
          low = after + 1;
        }
      }
    }
    return Math.max(0, low - 1);
  }

  #firstKey({ block, count }: Chunk, left: ReadonlySet<number>): Key | undefined {
    const { memory } = this.#view;
    for (let i = 0; i < count; i += 1) {
      const slot = memory.word(block + LIST_ENTRIES + i);
      if (left.has(slot)) continue;
      const place = this.#placeAt(slot);
      const copied = place < 0 ? undefined : this.#view.glance(place);
      if (copied) return this.#keyOf(copied);
    }
    return undefined;
  }

  #keyOf({ slab, offset }: CopiedRecord): Key {
    return {
      cluster: this.#view.clusterText(slab.words[(offset >> 2) + 3] as number),
      namespace: partText(slab, offset, NAMESPACE),
      name: partText(slab, offset, NAME),
    };
  }
}
