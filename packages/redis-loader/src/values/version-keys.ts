import { encodeName } from './key-template.ts';

/**
 * The keys beside a plain key that hold its versions: `KEY@VERSION{KEY}` for each, `KEY@@{KEY}` for the list of them. The version is
 * percent-encoded, so different versions never share a key. The part in braces is a hash tag: in a cluster all of them lie in the slot of the plain
 * key, where one script can write them together. A key that has a hash tag of its own needs no other: `{iiot}_x@1`.
 *
 * Undefined where no such keys can be made: a plain key with braces that are no hash tag.
 *
 * @param prefix what the client puts before every key (`keyPrefix` of ioredis).
 */
export function versionKeys(key: string, prefix = ''): VersionKeys | undefined {
  const full = prefix + key;
  const tag = hashTag(full);
  if (tag === undefined) return undefined;
  return {
    index: `${key}@@${tag}`,
    of: (version) => (version.isWellFormed() ? `${key}@${encodeName(version)}${tag}` : undefined),
  };
}

export interface VersionKeys {
  /** Where the list of the versions stands. */
  readonly index: string;
  /** Where one version stands. Undefined for a version that holds half of a surrogate pair. */
  of(version: string): string | undefined;
}

/** The plain key that a version key or a list of versions belongs to; the key itself if it is neither. */
export function plainKeyOf(key: string): string {
  const end = key.endsWith('}') ? key.lastIndexOf('{', key.length) : key.length;
  const at = key.lastIndexOf('@', end < 0 ? key.length : end);
  if (at < 0) return key;
  const plain = key[at - 1] === '@' ? key.slice(0, at - 1) : key.slice(0, at);
  return plain;
}

/** What is put behind a key so that it lies in the slot of `full`; undefined if nothing does. */
function hashTag(full: string): string | undefined {
  const open = full.indexOf('{');
  if (open < 0) return full === '' || full.includes('}') ? undefined : `{${full}}`;
  const close = full.indexOf('}', open + 1);
  return close > open + 1 ? '' : undefined;
}
