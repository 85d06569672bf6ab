import { digest } from '@kubecast/shared-memory';
import type { Scan, Span } from './scan-record.ts';
import type { Slab, Slabs } from './slabs.ts';
import { placeOf } from './slabs.ts';
import { RecordError } from '../store-error.ts';

/*
 * A record: sixteen words, then the kept JSON, then copies of header parts that are written with escapes in the JSON.
 *   0 size in bytes   1 table (0: the store's)   2 slot   3 cluster's number   4, 5 creation time (a double)   6 length of the JSON
 *   7 checksum   8, 9 labels: start, with the deletion mark as its highest bit, and length   10..13 start of uid, version, namespace, name   14 lengths of uid, version   15 of namespace, name
 * Starts count from the end of the sixteen words. The checksum is of all but the first three words, which change while a record stands, and itself.
 */
const HEAD = 64;
const DELETING = 0x8000_0000 | 0;
const MAX_PART = 0xffff;
const encoder = new TextEncoder();
// A name may begin with U+FEFF, which is no byte order mark there.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const UID = 0;
export const VERSION = 1;
export const NAMESPACE = 2;
export const NAME = 3;

/** The bytes of text; short ASCII, which is what headers are, without the decoder's fixed cost. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 128) return decoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

function unescaped(source: Uint8Array, part: Span, path: string): Uint8Array {
  const text = JSON.parse(decoder.decode(source.subarray(part.start - 1, part.end + 1))) as string;
  if (!text.isWellFormed()) throw new RecordError(`${path} holds half of a surrogate pair`);
  return encoder.encode(text);
}

/** How many bytes are cut before a place in the source. */
function cutBefore(cuts: readonly number[], at: number): number {
  let cut = 0;
  for (let i = 0; i < cuts.length && (cuts[i] ?? 0) < at; i += 2) cut += (cuts[i + 1] ?? 0) - (cuts[i] ?? 0);
  return cut;
}

/** Where a record is written. Its first word is its length. */
export interface RecordRoom {
  allocate(length: number): { readonly slab: Slab; readonly offset: number };
}

/** Writes what a scan found to keep, and gives its place. @throws RecordError if it has no name or no UID; nothing is kept then. */
export function writeRecord(room: RecordRoom, source: Uint8Array, scan: Scan, cluster: number, table: number): number {
  const parts = [scan.uid, scan.version, scan.namespace, scan.name];
  const paths = ['metadata.uid', 'metadata.resourceVersion', 'metadata.namespace', 'metadata.name'];
  if (scan.name.end <= scan.name.start) throw new RecordError('the object has no metadata.name');
  if (scan.uid.end <= scan.uid.start)
    throw new RecordError(
      `the object has no metadata.uid (metadata.name is ${JSON.stringify(textOf(source, scan.name.start, scan.name.end).slice(0, 253))})`,
    );
  let extra = 0;
  let copies: (Uint8Array | undefined)[] | undefined;
  for (let i = 0; i < 4; i += 1) {
    const each = parts[i] as Span;
    if (each.start >= 0 && each.escaped) {
      copies ??= [];
      copies[i] = unescaped(source, each, paths[i] ?? '');
      extra += copies[i]?.length ?? 0;
    }
    if (each.end - each.start > MAX_PART)
      throw new RecordError(`${paths[i]} has ${each.end - each.start} bytes; at most ${MAX_PART} are kept`);
  }
  let created = 0;
  if (scan.created.start >= 0) {
    const time = Date.parse(textOf(source, scan.created.start, scan.created.end));
    if (!Number.isNaN(time)) created = time;
  }
  const { slab, offset } = room.allocate(HEAD + scan.kept + extra);
  const { bytes, words } = slab;
  const w = offset >> 2;
  const base = offset + HEAD;
  let to = base;
  let from = 0;
  for (let i = 0; i < scan.cuts.length; i += 2) {
    const end = scan.cuts[i] ?? 0;
    bytes.set(source.subarray(from, end), to);
    to += end - from;
    from = scan.cuts[i + 1] ?? 0;
  }
  bytes.set(source.subarray(from), to);
  // The room may be that of a record that was taken back.
  words.fill(0, w + 1, w + HEAD / 4);
  words[w + 1] = table;
  words[w + 2] = -1;
  words[w + 3] = cluster;
  slab.floats[(offset >> 3) + 2] = created;
  words[w + 6] = scan.kept;
  if (scan.deleted.start >= 0) words[w + 8] = DELETING;
  if (scan.labels.start >= 0) {
    const start = scan.labels.start - cutBefore(scan.cuts, scan.labels.start);
    words[w + 8] = (words[w + 8] as number) | start;
    words[w + 9] = scan.labels.end - cutBefore(scan.cuts, scan.labels.end) - start;
  }
  let tail = scan.kept;
  for (let i = 0; i < 4; i += 1) {
    const each = parts[i] as Span;
    const copy = copies?.[i];
    let length = 0;
    if (copy) {
      bytes.set(copy, base + tail);
      words[w + 10 + i] = tail;
      length = copy.length;
      tail += length;
    } else if (each.start >= 0) {
      words[w + 10 + i] = each.start - cutBefore(scan.cuts, each.start);
      length = each.end - each.start;
    }
    words[w + 14 + (i >> 1)] = (words[w + 14 + (i >> 1)] as number) | (length << ((i & 1) * 16));
  }
  words[w + 7] = checksumOf(words, w);
  return placeOf(slab, offset);
}

function checksumOf(words: Int32Array, w: number): number {
  const head = Math.imul((words[w + 3] as number) ^ Math.imul(words[w + 4] as number, 31), 0x9e3779b1) ^ (words[w + 5] as number);
  return digest(words, w + 8, w + ((words[w] as number) >> 2)) ^ Math.imul(head ^ (head >>> 15), 0x85ebca77) ^ (words[w + 6] as number);
}

/** Whether a record is what was written. Its place must be one where a record begins. */
export function isIntact(words: Int32Array, w: number): boolean {
  const size = words[w] as number;
  return size >= HEAD && (size & 7) === 0 && (w << 2) + size <= words.length << 2 && words[w + 7] === checksumOf(words, w);
}

/** Where a part of the header begins in its slab. */
export function partStart(slab: Slab, offset: number, part: number): number {
  return offset + HEAD + (slab.words[(offset >> 2) + 10 + part] as number);
}

export function partLength(slab: Slab, offset: number, part: number): number {
  return ((slab.words[(offset >> 2) + 14 + (part >> 1)] as number) >>> ((part & 1) * 16)) & 0xffff;
}

export function partText(slab: Slab, offset: number, part: number): string {
  const start = partStart(slab, offset, part);
  return textOf(slab.bytes, start, start + partLength(slab, offset, part));
}

export function partEquals(a: Slab, aOffset: number, b: Slab, bOffset: number, part: number): boolean {
  const length = partLength(a, aOffset, part);
  if (length !== partLength(b, bOffset, part)) return false;
  return bytesEqual(a.bytes, partStart(a, aOffset, part), b.bytes, partStart(b, bOffset, part), length);
}

export function bytesEqual(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** Whether two records hold the same JSON. */
export function jsonEquals(a: Slab, aOffset: number, b: Slab, bOffset: number): boolean {
  const length = a.words[(aOffset >> 2) + 6] as number;
  return length === b.words[(bOffset >> 2) + 6] && bytesEqual(a.bytes, aOffset + HEAD, b.bytes, bOffset + HEAD, length);
}

export function jsonOf(slab: Slab, offset: number): Uint8Array {
  return slab.bytes.subarray(offset + HEAD, offset + HEAD + (slab.words[(offset >> 2) + 6] as number));
}

export function createdOf(slab: Slab, offset: number): number {
  return slab.floats[(offset >> 3) + 2] as number;
}

export function isDeleting(slab: Slab, offset: number): boolean {
  return (slab.words[(offset >> 2) + 8] as number) < 0;
}

/** Null prototype, frozen; a value that is no string is shown as the text of it. */
export function labelsOf(slab: Slab, offset: number): Readonly<Record<string, string>> {
  const labels = Object.create(null) as Record<string, string>;
  const length = slab.words[(offset >> 2) + 9] as number;
  if (length > 0) {
    const start = offset + HEAD + ((slab.words[(offset >> 2) + 8] as number) & ~DELETING);
    const parsed = JSON.parse(textOf(slab.bytes, start, start + length)) as Record<string, unknown>;
    for (const key of Object.keys(parsed)) {
      const value = parsed[key];
      labels[key] = typeof value === 'string' ? value : JSON.stringify(value);
    }
  }
  return Object.freeze(labels);
}

/** Whether a record's `namespace/name` starts with these bytes. */
export function pathStartsWith(slab: Slab, offset: number, prefix: Uint8Array): boolean {
  const namespace = partStart(slab, offset, NAMESPACE);
  const namespaceLength = partLength(slab, offset, NAMESPACE);
  const name = partStart(slab, offset, NAME);
  if (namespaceLength + 1 + partLength(slab, offset, NAME) < prefix.length) return false;
  for (let i = 0; i < prefix.length; i += 1) {
    const byte =
      i < namespaceLength ? slab.bytes[namespace + i] : i === namespaceLength ? 0x2f : slab.bytes[name + i - namespaceLength - 1];
    if (byte !== prefix[i]) return false;
  }
  return true;
}

/** Copies a record as it is to another place, for compaction. @throws StoreError if there is no room; nothing was changed. */
export function moveRecord(slabs: Slabs, slab: Slab, offset: number): number {
  const size = slab.words[offset >> 2] as number;
  const to = slabs.allocate(size, true);
  to.slab.bytes.set(slab.bytes.subarray(offset, offset + size), to.offset);
  return placeOf(to.slab, to.offset);
}

/** Whether the namespace and the name lie within the record, and its cluster is one of so many. */
export function hasParts(slab: Slab, offset: number, clusters: number): boolean {
  const size = slab.words[offset >> 2] as number;
  const cluster = slab.words[(offset >> 2) + 3] as number;
  if (size < HEAD || cluster < 0 || cluster >= clusters) return false;
  for (const part of [NAMESPACE, NAME]) {
    const start = slab.words[(offset >> 2) + 10 + part] as number;
    if (start < 0 || HEAD + start + partLength(slab, offset, part) > size) return false;
  }
  return true;
}
