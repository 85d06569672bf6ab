import type { DeepReadonly, Entry } from '../contract/entry.ts';
import { deepFreeze } from './hot-tier.ts';
import type { Key } from '../contract/key.ts';
import { createdOf, isDeleting, jsonOf, labelsOf, NAME, NAMESPACE, partText, UID, VERSION } from '../records/packed-record.ts';
import type { Slab } from '../records/slabs.ts';

/** What an entry needs of its store. */
export interface EntrySource<T> {
  clusterText(cluster: number): string;
  /** The value of a record: the hot one if the record still stands there, else decoded. */
  read(slab: Slab, offset: number): T;
  decode(slab: Slab, offset: number): T;
}

/**
 * One version of an object, over its packed record. It holds the slab, whose bytes are never written over, so it stays what it was, and
 * stays readable, for as long as it is held; a held entry keeps its slab (up to 1 MiB) from being let go.
 */
export class PackedEntry<T> implements Entry<T> {
  readonly #source: EntrySource<T>;
  readonly #slab: Slab;
  readonly #offset: number;
  readonly #alone: boolean;
  #key: Key | undefined;
  #labels: Readonly<Record<string, string>> | undefined;
  #value: T | undefined;

  /** `alone`: only the extractors of one write read it. Its value is made for them, and neither looked for in the hot tier nor counted. */
  constructor(source: EntrySource<T>, slab: Slab, offset: number, alone = false) {
    this.#source = source;
    this.#slab = slab;
    this.#offset = offset;
    this.#alone = alone;
  }

  get key(): Key {
    this.#key ??= {
      cluster: this.#source.clusterText(this.#slab.words[(this.#offset >> 2) + 3] as number),
      namespace: partText(this.#slab, this.#offset, NAMESPACE),
      name: partText(this.#slab, this.#offset, NAME),
    };
    return this.#key;
  }

  get uid(): string {
    return partText(this.#slab, this.#offset, UID);
  }

  get version(): string {
    return partText(this.#slab, this.#offset, VERSION);
  }

  get labels(): Readonly<Record<string, string>> {
    this.#labels ??= labelsOf(this.#slab, this.#offset);
    return this.#labels;
  }

  get created(): number {
    return createdOf(this.#slab, this.#offset);
  }

  get deleting(): boolean {
    return isDeleting(this.#slab, this.#offset);
  }

  get bytes(): number {
    return this.#slab.words[this.#offset >> 2] as number;
  }

  get value(): DeepReadonly<T> {
    // Several readers are given one entry: none may change what the others read. A hot value is frozen already, which costs nothing then.
    this.#value ??= deepFreeze(this.#alone ? this.mutable() : this.#source.read(this.#slab, this.#offset));
    return this.#value as DeepReadonly<T>;
  }

  /** The bytes that are kept of the object, without apiVersion and kind. Not to be changed. */
  json(): Uint8Array {
    return jsonOf(this.#slab, this.#offset);
  }

  mutable(): T {
    return this.#source.decode(this.#slab, this.#offset);
  }
}
