import { MapOptionsError } from '../errors.ts';
import { onAbort } from './abort-callbacks.ts';
import type { ChangeSource } from './change-source.ts';
import type { MapChange } from './versioned.ts';

export interface SubscribeOptions {
  /** The first change told is the one after this sequence. Default: the map's sequence when subscribe() is called. */
  readonly after?: number;
  /** Ends the loop with the signal's reason. */
  readonly signal?: AbortSignal;
}

const BATCH = 256;

/** The changes of a log as an async iterator. return() ends a next() that waits, too. */
export function changesOf<V>(
  map: string,
  log: ChangeSource<V>,
  { after = log.sequence, signal }: SubscribeOptions,
): AsyncIterableIterator<MapChange<V>> & AsyncDisposable {
  if (!Number.isSafeInteger(after) || after < 0 || after > log.sequence)
    throw new MapOptionsError(
      `subscribe() of the map "${map}" begins after a sequence between 0 and ${log.sequence}, the last there was, not after ${String(after)}`,
    );
  let at = after;
  let batch: readonly MapChange<V>[] = [];
  let index = 0;
  let ended = false;
  /** Several next() may wait at once. */
  const waiting = new Set<() => void>();
  const end = (): void => {
    ended = true;
    batch = [];
    for (const wake of waiting) wake();
  };
  const stay = signal && !signal.aborted ? onAbort(signal, end) : undefined;
  const finish = (): Promise<IteratorReturnResult<undefined>> => {
    end();
    stay?.();
    return Promise.resolve({ done: true, value: undefined });
  };
  const next = async (): Promise<IteratorResult<MapChange<V>, undefined>> => {
    for (;;) {
      signal?.throwIfAborted();
      if (ended) return { done: true, value: undefined };
      const change = batch[index];
      if (change) {
        index += 1;
        at = change.sequence;
        return { done: false, value: change };
      }
      try {
        batch = log.after(at, BATCH);
      } catch (error) {
        // A loop that is ended by an error calls return() no more.
        stay?.();
        throw error;
      }
      index = 0;
      if (batch.length > 0) continue;
      await new Promise<void>((resolve) => {
        const undo = log.onNext(() => wake());
        const wake = (): void => {
          waiting.delete(wake);
          undo();
          resolve();
        };
        waiting.add(wake);
      });
    }
  };
  return {
    next,
    return: finish,
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => void (await finish()),
  };
}
