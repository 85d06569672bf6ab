import { internalText, tooLargeVersion } from '../status/status-error.ts';
import type { Answer, Context } from './context.ts';
import { liveOrNotFound } from './update.ts';

/** GET of one object. */
export async function getVerb(context: Context): Promise<Answer> {
  const version = context.query.get('resourceVersion') ?? '';
  if (version !== '' && !/^\d+$/.test(version))
    throw internalText(
      `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
    );
  if (Number(version) > context.core.storage.revision) await waitForVersion(context, Number(version));
  return { code: 200, stored: liveOrNotFound(context) };
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
