import { isSameOwner, type Owner } from '../values/envelope.ts';
import { InputError } from '../errors.ts';
import { checkNumber } from '../check-input.ts';

/** A version that stands under a key of its own beside the plain key. */
export interface RetainedVersion {
  readonly version: string;
  readonly number: number;
  readonly digest: string;
  /** When it was published last: milliseconds since the Unix epoch by the publisher's clock. */
  readonly publishedAt: number;
}

/** The list of the versions of one key, by number. */
export interface RetainedList {
  readonly owner: Owner;
  readonly versions: readonly RetainedVersion[];
}

/**
 * Which versions are kept besides the one that stands under the plain key. One that was replaced less than a minute ago stays in any case: another
 * publisher may be about to announce it.
 */
export interface VersionRetention {
  /** Versions that are kept at most, the newest one included. Default 5, at least 1. */
  readonly count?: number;
  /** A version that was replaced longer ago than this goes at the next publish. Default 30 days. */
  readonly ageMs?: number;
}

/** A publisher needs no longer from writing its values to announcing them. */
const GRACE_MS = 60_000;

export interface RetentionRules {
  readonly count: number;
  readonly ageMs: number;
}

/** @throws InputError */
export function retentionRules(given: VersionRetention | false | undefined): RetentionRules | undefined {
  if (given === false) return undefined;
  if (given !== undefined && (typeof given !== 'object' || given === null))
    throw new InputError('versions must be false, or an object with count and ageMs');
  checkNumber('versions.count', given?.count, 1, true);
  checkNumber('versions.ageMs', given?.ageMs, 0, false);
  return { count: given?.count ?? 5, ageMs: given?.ageMs ?? 30 * 86_400_000 };
}

export function formatRetained({ owner, versions }: RetainedList): string {
  const { namespace, app, model } = owner;
  return JSON.stringify({ namespace, app, model, versions });
}

/** Undefined: there is no list, or what stands there is none. */
export function parseRetained(bytes: Uint8Array | null): RetainedList | undefined {
  if (bytes === null) return undefined;
  try {
    const { namespace, app, model, versions } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Owner & { versions: unknown };
    if (typeof namespace !== 'string' || typeof app !== 'string' || typeof model !== 'string' || !Array.isArray(versions)) return undefined;
    return { owner: { namespace, app, model }, versions: versions.filter(isRetained) };
  } catch {
    return undefined;
  }
}

const isRetained = (value: unknown): value is RetainedVersion => {
  if (typeof value !== 'object' || value === null) return false;
  const { version, number, digest, publishedAt } = value as Record<string, unknown>;
  return typeof version === 'string' && typeof digest === 'string' && Number.isSafeInteger(number) && typeof publishedAt === 'number';
};

/** What the list becomes when versions are added, and which of the old ones go. */
export interface RetentionStep {
  readonly list: RetainedList;
  readonly removed: readonly string[];
}

/**
 * Adds versions to a list and takes out what need not be kept any more: what is beyond `count`, and what was replaced longer than `ageMs` ago.
 * The newest version, those in `kept` and those replaced within the last minute always stay. Pure.
 */
export function retain(
  before: RetainedList | undefined,
  owner: Owner,
  added: readonly RetainedVersion[],
  kept: ReadonlySet<string>,
  rules: RetentionRules,
  now: number,
): RetentionStep {
  const byVersion = new Map<string, RetainedVersion>();
  for (const each of before !== undefined && isSameOwner(before.owner, owner) ? before.versions : []) byVersion.set(each.version, each);
  for (const each of added) byVersion.set(each.version, each);
  const all = [...byVersion.values()].sort((a, b) => a.number - b.number);
  const removed: string[] = [];
  const versions = all.filter(({ version }, index) => {
    const next = all[index + 1];
    if (next === undefined || kept.has(version)) return true;
    const replacedForMs = now - next.publishedAt;
    const stays = replacedForMs < GRACE_MS || (all.length - index <= rules.count && replacedForMs <= rules.ageMs);
    if (!stays) removed.push(version);
    return stays;
  });
  return { list: { owner, versions }, removed };
}
