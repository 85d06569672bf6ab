import type { KeyInput } from '../contract/key.ts';
import { compareBytes } from './key-order.ts';
import { NAME, NAMESPACE, partLength, partStart } from '../records/packed-record.ts';
import type { Slab } from '../records/slabs.ts';

const encoder = new TextEncoder();
const SLASH = 0x2f;
const NONE = new Uint8Array();

/** Small numbers for the few texts that many records share. */
export class Numbers {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const found = this.#numbers.get(text);
    if (found !== undefined) return found;
    this.#texts.push(text);
    this.#numbers.set(text, this.#texts.length - 1);
    return this.#texts.length - 1;
  }

  /** -1 if the text was never numbered. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }

  text(number: number): string {
    return this.#texts[number] ?? '';
  }

  texts(): readonly string[] {
    return this.#texts;
  }
}

/** A key as bytes, ready to be looked up: taken from a Key or from a record. One probe is used again and again. */
export class KeyProbe {
  readonly #seed: number;
  #scratch: Uint8Array = NONE;
  cluster = -1;
  bytes: Uint8Array = NONE;
  namespaceStart = 0;
  namespaceLength = 0;
  nameStart = 0;
  nameLength = 0;
  hash = 0;
  #first = false;

  /** The seed keeps whoever chooses the names from choosing the hashes. */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** False if no record can have this key. */
  fromKey(key: KeyInput, cluster: number): boolean {
    const { namespace, name } = key;
    if (cluster < 0 || !namespace.isWellFormed() || !name.isWellFormed()) return false;
    const room = (namespace.length + name.length) * 3;
    if (room > this.#scratch.length) this.#scratch = new Uint8Array(room * 2);
    this.bytes = this.#scratch;
    this.cluster = cluster;
    this.namespaceStart = 0;
    this.namespaceLength = this.#write(namespace, 0);
    this.nameStart = this.namespaceLength;
    this.nameLength = this.#write(name, this.nameStart);
    this.#hash();
    return true;
  }

  /** Below every key of its cluster. */
  toStartOfCluster(): void {
    this.#first = true;
  }

  fromRecord(slab: Slab, offset: number): this {
    this.orderOf(slab, offset);
    this.#hash();
    return this;
  }

  /** Of a record's key only what compares it with others: without the hash, it finds nothing. */
  orderOf(slab: Slab, offset: number): this {
    this.bytes = slab.bytes;
    this.cluster = slab.words[(offset >> 2) + 3] as number;
    this.namespaceStart = partStart(slab, offset, NAMESPACE);
    this.namespaceLength = partLength(slab, offset, NAMESPACE);
    this.nameStart = partStart(slab, offset, NAME);
    this.nameLength = partLength(slab, offset, NAME);
    return this;
  }

  /** Makes the probe independent of the record that it was taken from. */
  keep(): this {
    const kept = new Uint8Array(this.namespaceLength + this.nameLength);
    kept.set(this.bytes.subarray(this.namespaceStart, this.namespaceStart + this.namespaceLength));
    kept.set(this.bytes.subarray(this.nameStart, this.nameStart + this.nameLength), this.namespaceLength);
    this.bytes = kept;
    this.namespaceStart = 0;
    this.nameStart = this.namespaceLength;
    return this;
  }

  equals(slab: Slab, offset: number): boolean {
    if (slab.words[(offset >> 2) + 3] !== this.cluster) return false;
    if (partLength(slab, offset, NAME) !== this.nameLength || partLength(slab, offset, NAMESPACE) !== this.namespaceLength) return false;
    const { bytes } = this;
    const name = partStart(slab, offset, NAME);
    for (let i = 0; i < this.nameLength; i += 1) if (slab.bytes[name + i] !== bytes[this.nameStart + i]) return false;
    const namespace = partStart(slab, offset, NAMESPACE);
    for (let i = 0; i < this.namespaceLength; i += 1) if (slab.bytes[namespace + i] !== bytes[this.namespaceStart + i]) return false;
    return true;
  }

  /** Where this key stands to a record's: cluster, then `namespace/name`, then namespace, as compareKeys. */
  compare(slab: Slab, offset: number, clusters: Numbers): number {
    const cluster = slab.words[(offset >> 2) + 3] as number;
    if (cluster !== this.cluster) return compareBytes(clusters.text(this.cluster), clusters.text(cluster));
    if (this.#first) return -1;
    const { bytes, namespaceStart, namespaceLength, nameStart, nameLength } = this;
    const otherNamespace = partStart(slab, offset, NAMESPACE);
    const otherNamespaceLength = partLength(slab, offset, NAMESPACE);
    const otherName = partStart(slab, offset, NAME);
    const length = namespaceLength + 1 + nameLength;
    const otherLength = otherNamespaceLength + 1 + partLength(slab, offset, NAME);
    const shorter = Math.min(length, otherLength);
    for (let i = 0; i < shorter; i += 1) {
      const a =
        i < namespaceLength ? bytes[namespaceStart + i] : i === namespaceLength ? SLASH : bytes[nameStart + i - namespaceLength - 1];
      const b =
        i < otherNamespaceLength
          ? slab.bytes[otherNamespace + i]
          : i === otherNamespaceLength
            ? SLASH
            : slab.bytes[otherName + i - otherNamespaceLength - 1];
      if (a !== b) return (a as number) - (b as number);
    }
    return length - otherLength || namespaceLength - otherNamespaceLength;
  }

  #write(text: string, at: number): number {
    const scratch = this.#scratch;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return encoder.encodeInto(text, scratch.subarray(at)).written;
      scratch[at + i] = code;
    }
    return text.length;
  }

  #hash(): void {
    const { bytes } = this;
    let hash = this.#seed ^ Math.imul(this.cluster + 1, 0x9e3779b1) ^ Math.imul(this.namespaceLength, 0x85ebca6b);
    for (let i = this.nameStart; i < this.nameStart + this.nameLength; i += 1) {
      hash = Math.imul(hash ^ (bytes[i] as number), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    for (let i = this.namespaceStart; i < this.namespaceStart + this.namespaceLength; i += 1) {
      hash = Math.imul(hash ^ (bytes[i] as number), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
    this.hash = hash ^ (hash >>> 15);
  }
}
