import type { LoadFailureCode } from './wanted.ts';

/** What a loader did and holds, as plain values. All of them only grow, except the last six. */
export interface LoaderCounters {
  /** Commands that asked for values. */
  readonly commands: number;
  readonly keysRead: number;
  readonly bytesRead: number;
  /** Values that were loaded and are the announced ones. */
  readonly loaded: number;
  /** Of these, values without an envelope. */
  readonly unverified: number;
  /** Looks at values without an envelope after they were loaded. */
  readonly rechecked: number;
  readonly missing: number;
  readonly otherVersions: number;
  readonly foreign: number;
  readonly malformed: number;
  readonly denied: number;
  readonly unreadable: number;
  /** Commands that failed as a whole. */
  readonly failedCommands: number;
  readonly timeouts: number;
  /** Batches that were cut smaller because they failed. */
  readonly splits: number;
  readonly primaryReads: number;
  /** Values that were not held because they are larger than `maxValueBytes`. */
  readonly tooLarge: number;
  /** Payloads that were read again after they had been evicted. */
  readonly reloads: number;
  /** Payloads that left memory for room, or found none. */
  readonly evictions: number;
  readonly listenerErrors: number;
  /** Writes that Redis told of, as a reason to look again. */
  readonly hints: number;
  readonly connects: number;
  /** Clients that were thrown away after a timeout. */
  readonly renewals: number;
  /** Ids that are wanted. */
  readonly wanted: number;
  /** Ids whose announced value is held. */
  readonly satisfied: number;
  /** Ids that wait to be read or are being read. */
  readonly pending: number;
  /** Ids whose last try failed. */
  readonly failing: number;
  /** What the payloads in memory cost, reckoned; never more than `payloadBytes`. */
  readonly heldBytes: number;
  /** Payloads that were loaded and are not in memory. */
  readonly evicted: number;
}

/** What is asked of the parts when it is read. */
type Derived = 'hints' | 'connects' | 'renewals' | 'wanted' | 'satisfied' | 'pending' | 'failing' | 'heldBytes' | 'evicted' | 'evictions';

/** The counters that the loader's parts raise. */
export type LoaderCounts = {
  -readonly [K in Exclude<keyof LoaderCounters, Derived>]: number;
};

/** The counter of each failure that an answer can be. */
export const countedFailures: Readonly<
  Record<LoadFailureCode, 'missing' | 'otherVersions' | 'foreign' | 'malformed' | 'denied' | 'unreadable' | 'tooLarge' | undefined>
> = {
  Missing: 'missing',
  OtherVersion: 'otherVersions',
  Foreign: 'foreign',
  Malformed: 'malformed',
  TooLarge: 'tooLarge',
  Denied: 'denied',
  Unreadable: 'unreadable',
  BadKey: 'malformed',
  Away: undefined,
};

export function makeCounts(): LoaderCounts {
  return {
    commands: 0,
    keysRead: 0,
    bytesRead: 0,
    loaded: 0,
    unverified: 0,
    rechecked: 0,
    missing: 0,
    otherVersions: 0,
    foreign: 0,
    malformed: 0,
    denied: 0,
    unreadable: 0,
    failedCommands: 0,
    timeouts: 0,
    splits: 0,
    primaryReads: 0,
    tooLarge: 0,
    reloads: 0,
    listenerErrors: 0,
  };
}
