import { readFailure } from '../connection/redis-failure.ts';
import type { LoadFailureCode } from './wanted.ts';

/** What to do about a command for values that failed. */
export interface FailureVerdict {
  /**
   * 'pause': Redis as a whole is away, ask nothing for a while. 'each': the keys wait on their own, by `code`. 'split': one of several keys
   * spoils it for the others, ask for fewer at once.
   */
  readonly action: 'pause' | 'each' | 'split';
  readonly code: Exclude<LoadFailureCode, 'OtherVersion' | 'Foreign' | 'Malformed' | 'BadKey'>;
  readonly message: string;
  /** The connection was lost or the answer never came: a value in it may be the reason. */
  readonly cut: boolean;
  readonly timedOut: boolean;
}

/** Judges by what was asked: several keys or one, of one server or of a cluster, whose other shards may be well. Pure. */
export function judgeFailure(error: unknown, keys: readonly string[], isCluster: boolean): FailureVerdict {
  const { kind, message } = readFailure(error);
  const timedOut = kind === 'timeout';
  // One key that an ACL refuses fails a whole MGET; a refused login is something else.
  const isDenied = message.startsWith('NOPERM');
  const isAway = kind === 'away' || timedOut || (kind === 'refused' && !isDenied);
  const cut = isAway && (timedOut || /^(?:Connection is closed|write E|read E)/.test(message));
  if (isAway) return { action: isCluster ? 'each' : 'pause', code: 'Away', message, cut, timedOut };
  const key = JSON.stringify(keys[0]);
  if (isDenied)
    return { action: keys.length > 1 ? 'split' : 'each', code: 'Denied', message: `${message}; the key is ${key}`, cut, timedOut };
  if (keys.length > 1) return { action: 'split', code: 'Unreadable', message, cut, timedOut };
  if (kind === 'wrong-type') return { action: 'each', code: 'Missing', message: `the key ${key} holds no string`, cut, timedOut };
  return { action: 'each', code: 'Unreadable', message: unreadable(keys[0] ?? '', message), cut, timedOut };
}

/** The words about a value that cannot be read. */
export function unreadable(key: string, message: string): string {
  return `the value under the key ${JSON.stringify(key)} cannot be read: ${message}`;
}
