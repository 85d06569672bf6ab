import { StoreError } from '../store-error.ts';
import { kindOf } from '../contract/check-input.ts';
import type { KeyInput } from '../contract/key.ts';

const encoder = new TextEncoder();
const ASCII = /^[\x00-\x7F]*$/;

/**
 * Compares two texts by their bytes in UTF-8. UTF-16 order, which `<` uses, differs from it above U+FFFF. Lone surrogates, which have no
 * bytes of their own, are told apart by UTF-16 order, so that 0 always means equal.
 */
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
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return a < b ? -1 : 1;
}

/** The order in which the API server lists: bytes of the cluster, then of `namespace/name` with the slash included, so `a-0/x` is before `a/x`. */
export function compareKeys(a: KeyInput, b: KeyInput): number {
  return (
    compareBytes(a.cluster ?? '', b.cluster ?? '') ||
    compareBytes(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`) ||
    compareBytes(a.namespace, b.namespace)
  );
}

const END = '\0\0';
const NUL = /\0/g;

/** A NUL inside a part is written so that it stays above the end of the part: order and injectivity survive it. */
function part(text: string): string {
  return text.includes('\0') ? text.replace(NUL, '\0\u0001') : text;
}

/**
 * `method`: the one that was called, for the error.
 * @throws StoreError KEY_INVALID where a program in JavaScript gives no key, or leaves a part of it out.
 */
export function checkKey(key: unknown, method: string): asserts key is KeyInput {
  if (typeof key !== 'object' || key === null)
    throw new StoreError('KEY_INVALID', `${method} takes a key { namespace, name }, and was given ${kindOf(key)}`);
  const { cluster, namespace, name } = key as { readonly [part in keyof KeyInput]: unknown };
  if (typeof namespace !== 'string' || typeof name !== 'string')
    throw new StoreError('KEY_INVALID', `${method}: a key has a name and a namespace, which are texts ('' for an object of the cluster)`);
  if (cluster !== undefined && typeof cluster !== 'string')
    throw new StoreError('KEY_INVALID', `${method}: the cluster of a key is a text or left out, and is ${kindOf(cluster)}`);
}

/**
 * One text for a key. Injective, and in the order of compareKeys when compared by bytes: no two keys share it, whatever they are made of.
 */
export function encodeKey(key: KeyInput): string {
  checkKey(key, 'encodeKey');
  const { cluster = '', namespace, name } = key;
  const path = `${part(cluster)}${END}${part(namespace)}/${part(name)}`;
  // Only where a part itself holds a slash can two keys have the same path; the namespace then tells them apart.
  return namespace.includes('/') || name.includes('/') ? `${path}${END}${part(namespace)}` : path;
}
