import { internalText, tooLargeVersion } from '../../status/status-error.ts';
import type { Answer, Context } from '../context.ts';
import { liveOrNotFound } from '../writes/update.ts';

/** GET of one object. */
export async function getVerb(context: Context): Promise<Answer> {
  const version = askedVersion(context);
  if (version > context.core.storage.revision) await waitForVersion(context, version);
  return { code: 200, stored: liveOrNotFound(context) };
}

/**
 * The version that a GET or a watch asks for; 0 for none.
 * @throws StatusError 500, as the API server does
 */
export function askedVersion(context: Context): number {
  const version = context.query.get('resourceVersion') ?? '';
  const problem = version === '' ? undefined : uint64Problem(version);
  if (problem === undefined) return Number(version);
  throw internalText(`resourceVersion: Invalid value: ${JSON.stringify(version)}: ${problem}`);
}

/** What Go's ParseUint says of a text that is no number of 64 bits. */
export function uint64Problem(text: string): string | undefined {
  const why = !/^\d+$/.test(text)
    ? 'invalid syntax'
    : text.replace(/^0+/, '').length > 20 || BigInt(text) >= 1n << 64n
      ? 'value out of range'
      : undefined;
  return why === undefined ? undefined : `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`;
}

/**
 * Waits until the store has reached a version of the future.
 * @throws StatusError 504 when it does not in time
 */
export async function waitForVersion(context: Context, version: number): Promise<void> {
  const { storage, clock, futureWaitMs } = context.core;
  const deadline = clock.now() + futureWaitMs;
  while (storage.revision < version) {
    const left = deadline - clock.now();
    if (left <= 0) throw tooLargeVersion(version, storage.revision);
    await clock.sleep(Math.min(left, 50), context.signal);
  }
}
