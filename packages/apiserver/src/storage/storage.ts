import type { KubeObject } from '../served-resource.ts';
import type { StoreEvent } from './event-window.ts';
import { ObjectTable } from './object-table.ts';
import { makeStored, type StoredObject } from './stored-object.ts';

/** The log that changes are written to before they are answered. */
export interface ChangeLog {
  put(table: string, object: StoredObject): void;
  remove(table: string, object: StoredObject): void;
  /** The objects changed in another way than by put and remove: write all of them again. */
  rewrite?(): void;
}

export interface StorageOptions {
  /** Changes of one resource that a watch can resume over. */
  readonly windowEvents: number;
}

/**
 * The objects of all resources under one revision counter, as etcd keeps them. Every write is one synchronous step:
 * revision, change log, table, watchers. A write is not visible before it is in the log.
 */
export class Storage {
  readonly #tables = new Map<string, ObjectTable>();
  readonly #windowEvents: number;
  #log: ChangeLog | undefined;
  #revision = 1;
  /** Watches of new tables cannot resume from before this. */
  #floor = 0;

  constructor(options: StorageOptions) {
    this.#windowEvents = options.windowEvents;
  }

  /** The newest revision of all. */
  get revision(): number {
    return this.#revision;
  }

  /** Sets the log for changes from now on; undefined for none. */
  logTo(log: ChangeLog | undefined): void {
    this.#log = log;
  }

  /** Sets the objects that were read from a journal; revisions continue after `revision`. */
  load(id: string, object: StoredObject): void {
    this.table(id).load(object, object.key);
    if (object.revision > this.#revision) this.#revision = object.revision;
  }

  /** What a restart of the server does: nothing from before can be resumed from, not even the newest revision. */
  restarted(atLeast = 0): void {
    this.#revision = Math.max(this.#revision, atLeast) + 1;
    this.#expireAll();
  }

  /**
   * Everything becomes what it was at `revision`, the counter too.
   * @throws RangeError when the changes since then are no longer all known
   */
  goBack(revision: number): void {
    if (!Number.isSafeInteger(revision) || revision >= this.#revision || revision < 1)
      throw new RangeError(`the server stands at ${this.#revision} and cannot go back to ${revision}`);
    const then = [...this.#tables.values()].map((table) => ({ table, objects: table.asOf(revision, '') }));
    const lost = then.find((one) => one.objects === undefined);
    if (lost !== undefined) throw new RangeError(`the changes of ${lost.table.id} since revision ${revision} are no longer known`);
    for (const { table, objects } of then) table.reset(objects as StoredObject[]);
    this.#revision = revision;
    this.#expireAll();
    this.#log?.rewrite?.();
  }

  /** Watches cannot resume from before the newest revision, nor lists go back beyond it. */
  expireHistory(): void {
    for (const table of this.#tables.values()) {
      table.events.forget(this.#revision);
      table.history.forget(this.#revision);
    }
  }

  #expireAll(): void {
    this.#floor = this.#revision;
    for (const table of this.#tables.values()) table.expire(this.#revision);
  }

  table(id: string): ObjectTable {
    let table = this.#tables.get(id);
    if (table === undefined) {
      table = new ObjectTable(id, this.#windowEvents, this.#floor);
      this.#tables.set(id, table);
    }
    return table;
  }

  tables(): Iterable<ObjectTable> {
    return this.#tables.values();
  }

  /** Stores the object, new or changed, under the next revision. Takes `object` over. */
  put(id: string, object: KubeObject, version: string): StoredObject {
    const table = this.table(id);
    const stored = makeStored(object, version, this.#revision + 1);
    this.#log?.put(id, stored);
    this.#revision++;
    const previous = table.get(stored.key);
    table.apply({
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      revision: stored.revision,
      object: stored,
      previous,
    } satisfies StoreEvent);
    return stored;
  }

  /** Removes the object; watchers see `last` (what stood there) under the revision of the deletion. */
  remove(id: string, last: KubeObject, version: string): StoredObject {
    const table = this.table(id);
    const stored = makeStored(last, version, this.#revision + 1);
    this.#log?.remove(id, stored);
    this.#revision++;
    table.apply({ type: 'DELETED', revision: stored.revision, object: stored, previous: table.get(stored.key) });
    return stored;
  }
}
