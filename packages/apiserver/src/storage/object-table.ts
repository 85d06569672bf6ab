import { EventWindow, type StoreEvent } from './event-window.ts';
import { KeyList } from './key-list.ts';
import type { StoredObject } from './stored-object.ts';

/** All objects of one resource (group and plural), whatever version they are served in, and their newest changes. */
export class ObjectTable {
  readonly id: string;
  readonly #capacity: number;
  #objects = new Map<string, StoredObject>();
  #keys = new KeyList();
  readonly #listeners = new Set<() => void>();
  /** Increases with every change of the objects, with or without an event, to invalidate what is derived from them. */
  changes = 0;
  /** The changes that watches resume from. */
  events: EventWindow;
  /** The changes that exact lists and pages undo; kept when a change of the CRD empties the watch window. */
  history: EventWindow;

  constructor(id: string, capacity: number, floor: number) {
    this.id = id;
    this.#capacity = capacity;
    this.events = new EventWindow(capacity, floor);
    this.history = new EventWindow(capacity, floor);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Applies a change that is in the journal. Listeners are called in the same turn. */
  apply(event: StoreEvent): void {
    this.load(event.type === 'DELETED' ? undefined : event.object, event.object.key);
    this.events.push(event);
    this.history.push(event);
    for (const listener of this.#listeners) listener();
  }

  /** Sets an object without an event: reading a journal. */
  load(object: StoredObject | undefined, key: string): void {
    this.changes++;
    if (object === undefined) {
      this.#objects.delete(key);
      this.#keys.delete(key);
    } else {
      if (!this.#objects.has(key)) this.#keys.add(key);
      this.#objects.set(key, object);
    }
  }

  /** The objects whose key starts with `prefix`, from key `from` on, in the order of keys; as they are now, in an array of their own. */
  current(prefix: string, from: string = prefix): StoredObject[] {
    return this.#keys.range(prefix, from).map((key) => this.#objects.get(key) as StoredObject);
  }

  /** The same as of `revision`; undefined when the changes since then are no longer known. */
  asOf(revision: number, prefix: string, from: string = prefix): StoredObject[] | undefined {
    if (revision < this.history.floor) return undefined;
    const then = new Map<string, StoredObject | undefined>();
    for (let at = this.history.after(revision); at < this.history.end; at++) {
      const event = this.history.at(at) as StoreEvent;
      // The first change after the revision has the previous content.
      if (!then.has(event.object.key)) then.set(event.object.key, event.previous);
    }
    if (then.size === 0) return this.current(prefix, from);
    const start = from > prefix ? from : prefix;
    const objects = this.current(prefix, from).filter((object) => !then.has(object.key));
    for (const object of then.values()) {
      if (object !== undefined && object.key.startsWith(prefix) && object.key >= start) objects.push(object);
    }
    return objects.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Nothing up to `revision` can be resumed from or gone back to. */
  expire(revision: number): void {
    this.events = new EventWindow(this.#capacity, revision);
    this.history = new EventWindow(this.#capacity, revision);
  }

  /** These objects and no others, without an event. */
  reset(objects: readonly StoredObject[]): void {
    this.changes++;
    this.#objects = new Map(objects.map((object) => [object.key, object]));
    this.#keys = new KeyList();
    for (const object of objects) this.#keys.add(object.key);
  }

  /** Registers a callback for each change; returns a function that removes it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
