import { compareKeys } from '@kubecast/store';
import type { Entry, Key, Query, View } from '@kubecast/store';
import type { DeltaOrigin } from '../contract/delta.ts';

/** What the walk passed over. */
export const PASSED: unique symbol = Symbol('passed');

/**
 * Walks the view for one handler, in key order, as fast as the handler takes: it never queues what it has not handed out. What changes
 * before the walk has come to it is handed out by the change instead, and passed over here, so the handler sees each object once.
 */
export class Replay<T> {
  readonly origin: DeltaOrigin;
  /** Whether the handler has not been given these objects before. */
  readonly fresh: boolean;
  /** Whether it must come to its end, as what was dropped for it comes by no other way; else it may end where its picture expires. */
  readonly #whole: boolean;
  readonly #view: View<T>;
  readonly #query: Query;
  readonly #overtaken = new Set<string>();
  /** What other walks, which began to wait later, hand out instead. */
  readonly #left: Query[] = [];
  /** Has every change that the view shows told to the handlers. */
  readonly #finishWalks: () => void;
  #snapshot: (View<T> & Disposable) | undefined;
  #iterator: Iterator<Entry<T>> | undefined;
  #at: Key | undefined;
  #done = false;

  constructor(view: View<T>, query: Query, origin: DeltaOrigin, fresh: boolean, finishWalks: () => void, whole: boolean = fresh) {
    this.#whole = whole;
    this.#finishWalks = finishWalks;
    this.#view = view;
    this.#query = query;
    this.origin = origin;
    this.fresh = fresh;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Whether the walk would still come to this key. */
  ahead(key: Key, id: string): boolean {
    if (this.#done || !isIn(this.#query, key) || this.#isLeft(key)) return false;
    if (this.#overtaken.has(id)) return false;
    return this.#at === undefined || compareKeys(key, this.#at) > 0;
  }

  /** The key was handed out by a change; the walk passes it over. */
  overtake(id: string): void {
    this.#overtaken.add(id);
  }

  /**
   * A scope that was empty is filled, and its objects get a walk of their own. This one may not have begun, and would find them as well: it has
   * handed out or been overtaken in all that stood there before.
   */
  leave(query: Query): void {
    if (!this.#done) this.#left.push(query);
  }

  /** One step: the entry that it came to, PASSED where that is not to be handed out, undefined at the end. */
  next(encode: (key: Key) => string): Entry<T> | typeof PASSED | undefined {
    if (this.#done) return undefined;
    let result: IteratorResult<Entry<T>>;
    try {
      result = (this.#iterator ??= this.#begin()).next();
    } catch (error) {
      // The picture expired under a slow handler. A later one does as well: what changed meanwhile was handed out by its change.
      if (this.#snapshot === undefined) throw error;
      if (!this.#whole) {
        // A periodic resync may end early; the next one comes.
        this.close();
        return undefined;
      }
      this.#release();
      return PASSED;
    }
    if (result.done === true) {
      this.close();
      return undefined;
    }
    const { key } = result.value;
    if (this.#at !== undefined && compareKeys(key, this.#at) <= 0) return PASSED;
    this.#at = key;
    if (this.#isLeft(key)) return PASSED;
    if (this.#overtaken.delete(encode(key))) return PASSED;
    return result.value;
  }

  #isLeft(key: Key): boolean {
    return this.#left.length > 0 && this.#left.some((query) => isIn(query, key));
  }

  close(): void {
    this.#done = true;
    this.#release();
    this.#overtaken.clear();
  }

  /**
   * The picture is taken at the first step, so that a walk that waits for others costs the writer nothing. What the view shows by then and the
   * handlers were not told of yet is told first: it must not come after the walk.
   */
  #begin(): Iterator<Entry<T>> {
    this.#finishWalks();
    return this.#open();
  }

  #open(): Iterator<Entry<T>> {
    this.#snapshot = this.#view.snapshot();
    this.#iterator = this.#snapshot.select(this.#query);
    return this.#iterator;
  }

  #release(): void {
    this.#iterator?.return?.();
    this.#iterator = undefined;
    this.#snapshot?.[Symbol.dispose]();
    this.#snapshot = undefined;
  }
}

/** Of queries by cluster and namespace alone. */
function isIn({ cluster, namespace }: Query, key: Key): boolean {
  return (cluster === undefined || key.cluster === cluster) && (namespace === undefined || key.namespace === namespace);
}
