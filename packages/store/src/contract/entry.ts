import type { Key } from './key.ts';

/** A value that nobody may write to, all the way down. */
export type DeepReadonly<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/**
 * One object of a store, as it was when the entry was handed out.
 *
 * The header (key, uid, version, labels, creation time, deletion mark) is read from the record without parsing the object.
 * `value` is decoded at a read; an entry stays readable for as long as it is held, and keeps the slab that its bytes lie in (up to 1 MiB).
 */
export interface Entry<T> {
  readonly key: Key;
  readonly uid: string;
  /** metadata.resourceVersion, as the server wrote it. */
  readonly version: string;
  /** Null prototype, frozen. */
  readonly labels: Readonly<Record<string, string>>;
  /** metadata.creationTimestamp in milliseconds since the epoch; 0 if absent. */
  readonly created: number;
  /** Whether metadata.deletionTimestamp is set. */
  readonly deleting: boolean;
  /** What its record takes in the store. */
  readonly bytes: number;
  readonly value: DeepReadonly<T>;
  /** A fresh deep copy that the caller may change. */
  mutable(): T;
}
