import type { Delta } from '../contract/delta.ts';
import type { HandlerHandle, HandlerOptions, Informer } from '../contract/informer.ts';

/** A handler turned inside out: each delta waits until the loop asks for the next. */
export async function* iterateDeltas<T>(
  informer: Pick<Informer<T>, 'handle'>,
  stopped: AbortSignal,
  options: Omit<HandlerOptions<T>, 'workers'> & { readonly signal?: AbortSignal },
): AsyncIterableIterator<Delta<T>> {
  const { signal, ...rest } = options;
  const ends = signal === undefined ? stopped : AbortSignal.any([stopped, signal]);
  let settle: (() => void) | undefined;
  let arrived: Delta<T> | undefined;
  let wake: () => void = () => undefined;
  const onEnd = (): void => wake();
  ends.addEventListener('abort', onEnd, { once: true });
  const handle: HandlerHandle = informer.handle(
    (delta) =>
      new Promise<void>((resolve) => {
        arrived = delta;
        settle = resolve;
        wake();
      }),
    { ...rest, workers: 1 },
  );
  try {
    while (!ends.aborted) {
      if (arrived === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const delta: Delta<T> = arrived;
      arrived = undefined;
      yield delta;
      settle?.();
      settle = undefined;
    }
  } finally {
    ends.removeEventListener('abort', onEnd);
    handle.remove();
    settle?.();
  }
}
