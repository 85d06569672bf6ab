import type { Key } from './key.ts';

const encoder = new TextEncoder();
const ASCII = /^[\x01-\x7F]*$/;

/** Compares two texts by their bytes in UTF-8. UTF-16 order, which `<` uses, differs from it above U+FFFF. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (ASCII.test(a) && ASCII.test(b)) return a < b ? -1 : 1;
  const left = encoder.encode(a);
  const right = encoder.encode(b);
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return left.length < right.length ? -1 : left.length > right.length ? 1 : 0;
}

/** The order in which the API server lists: bytes of the cluster, then of `namespace/name` with the slash included, so `a-0/x` is before `a/x`. */
export function compareKeys(a: Key, b: Key): number {
  return compareBytes(a.cluster, b.cluster) || compareBytes(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`) || compareBytes(a.namespace, b.namespace);
}

/** One text for a key, for maps. Injective: each part carries its length. */
export function encodeKey(key: Key): string {
  return `${key.cluster.length}:${key.cluster}${key.namespace.length}:${key.namespace}${key.name}`;
}
