import type { Clock } from '@kubecast/clock';
import { DeadlineError } from '../errors.ts';

/** A controller that is also aborted by a signal; `unlink` takes the listener off, so that long-lived signals collect none. */
export function linkedController(signal: AbortSignal | undefined): { readonly controller: AbortController; readonly unlink: () => void } {
  const controller = new AbortController();
  if (signal === undefined) return { controller, unlink: () => {} };
  const onAbort = (): void => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return { controller, unlink: () => signal.removeEventListener('abort', onAbort) };
}

/**
 * Runs a task with a deadline. Its signal is aborted when the deadline passes or the given signal is; the promise then rejects with the
 * reason at once, whether or not the task heeds its signal.
 */
export async function withDeadline<T>(
  clock: Clock,
  options: { readonly what: string; readonly ms: number; readonly signal?: AbortSignal },
  task: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> {
  const { controller, unlink } = linkedController(options.signal);
  const timer = new AbortController();
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => {}); // The task may have won.
  const onAbort = (): void => over.reject(controller.signal.reason);
  controller.signal.addEventListener('abort', onAbort, { once: true });
  if (controller.signal.aborted) onAbort();
  if (options.ms !== Infinity)
    clock.sleep(options.ms, timer.signal).then(
      () => controller.abort(new DeadlineError(options.what, options.ms)),
      () => {},
    );
  try {
    controller.signal.throwIfAborted();
    const running = Promise.resolve(task(controller.signal));
    running.catch(() => {}); // It may fail after nobody waits for it any more.
    return await Promise.race([running, over.promise]);
  } finally {
    timer.abort();
    unlink();
    controller.signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Runs a task with a deadline, and awaits it when the given signal is aborted: what was begun ends before its owner goes on. When the deadline passes, the
 * task's signal is aborted with the error of `late`, which the promise rejects with at once.
 */
export async function awaitedWithin<T>(
  clock: Clock,
  options: { readonly ms: number; readonly signal: AbortSignal; readonly late: () => Error },
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { ms, signal, late } = options;
  const { controller, unlink } = linkedController(signal);
  const timer = new AbortController();
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => {}); // The task may have won.
  if (ms !== Infinity)
    clock.sleep(ms, timer.signal).then(
      () => {
        const error = late();
        controller.abort(error);
        over.reject(error);
      },
      () => {},
    );
  const running = task(controller.signal);
  running.catch(() => {}); // It may fail after nobody waits for it any more.
  try {
    return await Promise.race([running, over.promise]);
  } finally {
    timer.abort();
    unlink();
  }
}
