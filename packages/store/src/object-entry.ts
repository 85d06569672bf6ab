import type { DeepReadonly, Entry } from './entry.ts';
import type { Key } from './key.ts';

export interface Header {
  readonly uid: string;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: number;
  readonly deleting: boolean;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

/** An entry over the kept bytes of one version of an object: it stays what it was when the store moves on. */
export class ObjectEntry<T> implements Entry<T> {
  readonly key: Key;
  readonly uid: string;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: number;
  readonly deleting: boolean;
  /** The kept JSON, without what the projection drops. */
  readonly bytes: Uint8Array;
  readonly #decode: (bytes: Uint8Array) => T;
  #value: T | undefined;

  constructor(key: Key, header: Header, bytes: Uint8Array, decode: (bytes: Uint8Array) => T) {
    this.key = key;
    this.uid = header.uid;
    this.version = header.version;
    this.labels = header.labels;
    this.created = header.created;
    this.deleting = header.deleting;
    this.bytes = bytes;
    this.#decode = decode;
  }

  get value(): DeepReadonly<T> {
    this.#value ??= deepFreeze(this.#decode(this.bytes));
    return this.#value as DeepReadonly<T>;
  }

  mutable(): T {
    return this.#decode(this.bytes);
  }
}
