import type { Clock } from '@kubecast/clock';
import { DeadlineError, StopTimeoutError } from '../errors.ts';
import { withDeadline } from '../timing/deadline.ts';

/** What a step gets after the deadline has passed: sockets must be closed all the same. */
const LAST_MS = 100;

/**
 * Runs steps one after the other, all of them within one deadline. A step that fails or does not end costs the others nothing but its time.
 * `onError` is told what a step throws.
 *
 * @throws StopTimeoutError that names the steps that did not end
 */
export async function stopInOrder(
  clock: Clock,
  deadlineMs: number,
  steps: readonly { readonly what: string; readonly run: (leftMs: number) => Promise<unknown> | void }[],
  onError: (what: string, error: unknown) => void,
): Promise<void> {
  const until = clock.now() + deadlineMs;
  const late: string[] = [];
  for (const { what, run } of steps) {
    const ms = Math.max(LAST_MS, until - clock.now());
    try {
      await withDeadline(clock, { what, ms }, async () => {
        await run(ms);
      });
    } catch (error) {
      if (error instanceof DeadlineError) late.push(what);
      else onError(what, error);
    }
  }
  if (late.length > 0) throw new StopTimeoutError(`not stopped within ${deadlineMs} ms: ${late.join('; ')}`);
}
