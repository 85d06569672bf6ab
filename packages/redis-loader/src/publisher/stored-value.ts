import { type Owner } from '../values/envelope.ts';
import { versionKeys, type VersionKeys } from '../values/version-keys.ts';
import { sha1Hex } from '../values/sha256.ts';
import { inspectBytes, type Inspection } from './inspection.ts';
import { formatRetained, parseRetained, retain, type RetainedList, type RetainedVersion, type RetentionRules } from './retained.ts';
import type { KeySwap } from './scripts.ts';

/** Where the value of one owner stands: the plain key, and the keys of its versions where such are kept. */
export interface ValuePlace {
  readonly key: string;
  readonly keys: VersionKeys | undefined;
  /** The key of the version that is meant. */
  readonly versionKey: string | undefined;
}

export function placeOf(key: string, version: string, prefix: string, rules: RetentionRules | undefined): ValuePlace {
  const keys = rules === undefined ? undefined : versionKeys(key, prefix);
  const versionKey = keys?.of(version);
  return versionKey === undefined ? { key, keys: undefined, versionKey } : { key, keys, versionKey };
}

/** The keys that are read before a write, in the order that `storedValue` takes their bytes in. */
export function keysOf({ key, keys, versionKey }: ValuePlace): readonly string[] {
  return keys === undefined || versionKey === undefined ? [key] : [key, keys.index, versionKey];
}

/** All that stands in a place. */
export interface StoredValue {
  readonly plain: Inspection;
  readonly retained: Inspection;
  readonly list: RetainedList | undefined;
  readonly listFingerprint: string;
}

export function storedValue(place: ValuePlace, bytes: readonly (Buffer | null)[]): StoredValue {
  const [plain = null, list = null, version = null] = bytes;
  return {
    plain: inspectBytes(place.key, plain),
    retained: inspectBytes(place.versionKey ?? '', version),
    list: parseRetained(list),
    listFingerprint: list === null ? '' : sha1Hex(list),
  };
}

export interface Written extends Owner {
  readonly version: string;
  readonly number: number;
  readonly digest: string;
  /** The envelope; undefined: the one that stands under the plain key is only to be kept by its version too. */
  readonly text: string | undefined;
}

/** What one write changes: the plain key, the key of the version, the list, and the versions that go. Pure. */
export function swapsOf(
  place: ValuePlace,
  stored: StoredValue,
  written: Written,
  kept: readonly string[],
  rules: RetentionRules | undefined,
  now: number,
): readonly KeySwap[] {
  const { key, keys, versionKey } = place;
  const { text } = written;
  const plain: KeySwap = { key, expected: stored.plain.fingerprint, change: text === undefined ? 'keep' : { set: text } };
  if (keys === undefined || versionKey === undefined || rules === undefined) return [plain];
  const entry = ({ version, number, digest }: Omit<RetainedVersion, 'publishedAt'>): RetainedVersion => ({
    version,
    number,
    digest,
    publishedAt: now,
  });
  const added = [entry(written)];
  // A value from before versions were kept is kept from now on: the pods that start until the new one is announced need it.
  const old = stored.plain.envelope;
  const oldKey = old === undefined || text === undefined ? undefined : keys.of(old.version);
  const isNew =
    old !== undefined && old.version !== written.version && !(stored.list?.versions ?? []).some((each) => each.version === old.version);
  if (isNew && oldKey !== undefined) added.unshift(entry(old));
  const { list, removed } = retain(stored.list, written, added, new Set(kept), rules, now);
  const swaps: KeySwap[] = [
    plain,
    { key: keys.index, expected: stored.listFingerprint, change: { set: formatRetained(list) } },
    { key: versionKey, expected: stored.retained.fingerprint, change: text === undefined ? 'first' : 'as-first-set' },
  ];
  if (isNew && oldKey !== undefined && !removed.includes(old.version)) swaps.push({ key: oldKey, change: 'first' });
  for (const version of removed) {
    const gone = keys.of(version);
    if (gone !== undefined) swaps.push({ key: gone, change: 'delete' });
  }
  return swaps;
}

/** What removes a value: the plain key and, where they are the same owner's, all its versions. */
export function removalOf(place: ValuePlace, stored: StoredValue): readonly KeySwap[] {
  const { key, keys } = place;
  const swaps: KeySwap[] = [{ key, expected: stored.plain.fingerprint, change: 'delete' }];
  if (keys === undefined || stored.list === undefined) return swaps;
  swaps.push({ key: keys.index, expected: stored.listFingerprint, change: 'delete' });
  for (const { version } of stored.list.versions) {
    const versionKey = keys.of(version);
    if (versionKey !== undefined) swaps.push({ key: versionKey, change: 'delete' });
  }
  return swaps;
}
