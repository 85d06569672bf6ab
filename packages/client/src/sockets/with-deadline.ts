import type { Clock } from '@kubecast/clock';
import { TimeoutError } from '../errors.ts';

/** A signal that is aborted as another one is, or after `ms` with a TimeoutError (0: never). `done` ends the waiting. */
export function withDeadline(
  clock: Clock,
  ms: number,
  other: AbortSignal,
  what: string,
): { readonly signal: AbortSignal; readonly done: () => void } {
  const both = new AbortController();
  const timer = new AbortController();
  const onAbort = (): void => {
    both.abort(other.reason);
  };
  if (other.aborted) onAbort();
  other.addEventListener('abort', onAbort, { once: true });
  if (ms > 0)
    clock.sleep(ms, timer.signal).then(
      () => {
        both.abort(new TimeoutError('request', ms, `${what}: not open within ${ms} ms`));
      },
      () => {},
    );
  return {
    signal: both.signal,
    done: () => {
      timer.abort();
      other.removeEventListener('abort', onAbort);
    },
  };
}
