import { SnapshotDisposedError } from '../errors.ts';
import { hashOf, type SplitTable } from './split-table.ts';
import type { Cell, Versioned } from './versioned.ts';

/** A map as it was at one sequence. Reads throw SnapshotDisposedError after dispose(). */
export interface MapSnapshot<V> extends Disposable {
  /** The sequence of the last change that the snapshot shows: subscribe({ after: sequence }) goes on from it without a gap. */
  readonly sequence: number;
  readonly size: number;
  get(key: string): V | undefined;
  entry(key: string): Versioned<V> | undefined;
  has(key: string): boolean;
  /** Each entry once, in no order. The walk may be spread over any time: it shows what the snapshot shows. */
  entries(): IterableIterator<[string, V]>;
  dispose(): void;
}

/** What stood under the keys that changed since the snapshot was taken, by the part of the table at that time. */
type Kept<V> = Map<number, Map<string, Versioned<V>>>;

/** The newest snapshot of a table keeps what a write replaces; older ones read through the newer ones to the table. Taking one copies nothing. */
export class TableSnapshot<V> implements MapSnapshot<V> {
  readonly sequence: number;
  readonly size: number;
  readonly #name: string;
  readonly #table: SplitTable<Cell<V>>;
  readonly #mask: number;
  #kept: Kept<V> = new Map();
  #keptKeys = 0;
  readonly #onDispose: (snapshot: TableSnapshot<V>) => void;
  /** The next newer snapshot of the same table. */
  newer: TableSnapshot<V> | undefined;
  older: TableSnapshot<V> | undefined;
  #disposed = false;

  constructor(
    name: string,
    table: SplitTable<Cell<V>>,
    sequence: number,
    older: TableSnapshot<V> | undefined,
    onDispose: (snapshot: TableSnapshot<V>) => void,
  ) {
    this.#name = name;
    this.#table = table;
    this.sequence = sequence;
    this.size = table.size;
    this.#mask = table.wholeParts - 1;
    this.older = older;
    this.#onDispose = onDispose;
  }

  /**
   * Called before the table changes under `key`, on the newest snapshot only. What came after the snapshot is not kept, and neither that a key was absent: its
   * version tells a reader. So a snapshot never keeps more entries than it shows.
   */
  keep(key: string, cell: Versioned<V> | undefined): void {
    if (cell === undefined || cell.version > this.sequence) return;
    const part = hashOf(key) & this.#mask;
    let kept = this.#kept.get(part);
    if (!kept) this.#kept.set(part, (kept = new Map()));
    if (kept.has(key)) return;
    kept.set(key, { value: cell.value, version: cell.version });
    this.#keptKeys += 1;
  }

  get(key: string): V | undefined {
    return this.entry(key)?.value;
  }

  has(key: string): boolean {
    return this.entry(key) !== undefined;
  }

  entry(key: string): Versioned<V> | undefined {
    this.#check();
    const hash = hashOf(key);
    // What was kept first is what the snapshot shows, unless it came after it.
    for (const at of this.#chain()) {
      const kept = at.#kept.get(hash & at.#mask)?.get(key);
      if (kept !== undefined) return kept.version <= this.sequence ? kept : undefined;
    }
    const cell = this.#table.get(key);
    return cell && cell.version <= this.sequence ? { value: cell.value, version: cell.version } : undefined;
  }

  *entries(): IterableIterator<[string, V]> {
    this.#check();
    for (let part = 0; part <= this.#mask; part += 1) {
      for (const entry of this.#partOf(part)) {
        this.#check();
        yield entry;
      }
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // What this snapshot kept is what the next older one reads through it.
    if (this.older) this.older.#takeOver(this);
    this.#kept = new Map();
    this.#onDispose(this);
  }

  /** Keeps what the next newer snapshot kept, where this one kept nothing. The smaller of both moves: of many that end none is copied again and again. */
  #takeOver(newer: TableSnapshot<V>): void {
    if (newer.#mask === this.#mask && newer.#keptKeys > this.#keptKeys) {
      const own = this.#kept;
      this.#kept = newer.#kept;
      this.#keptKeys = newer.#keptKeys;
      for (const [part, entries] of own) {
        const kept = this.#kept.get(part);
        if (!kept) this.#kept.set(part, entries);
        for (const [key, entry] of entries) {
          if (kept?.has(key) !== true) this.#keptKeys += 1;
          kept?.set(key, entry);
        }
      }
    } else for (const kept of newer.#kept.values()) for (const [key, entry] of kept) this.keep(key, entry);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What the snapshot shows of one part of the table, copied in one step, so that writes amid the walk change nothing. */
  #partOf(part: number): [string, V][] {
    const shown: [string, V][] = [];
    this.#table.forPart(part, this.#mask + 1, (key, cell) => {
      if (cell.version <= this.sequence) shown.push([key, cell.value]);
    });
    const seen = new Set<string>();
    for (const at of this.#chain()) {
      // A newer snapshot's parts are the same or finer ones.
      for (let number = part; number <= at.#mask; number += this.#mask + 1) {
        for (const [key, entry] of at.#kept.get(number) ?? []) {
          if (seen.has(key)) continue;
          seen.add(key);
          if (entry.version <= this.sequence) shown.push([key, entry.value]);
        }
      }
    }
    return shown;
  }

  /** This snapshot and all newer ones, oldest first: what was kept first is what the snapshot shows. */
  #chain(): readonly TableSnapshot<V>[] {
    const chain: TableSnapshot<V>[] = [this];
    for (let newer = this.newer; newer; newer = newer.newer) chain.push(newer);
    return chain;
  }

  #check(): void {
    if (this.#disposed) throw new SnapshotDisposedError(this.#name);
  }
}
