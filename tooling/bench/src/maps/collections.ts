import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';

export interface Collections {
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/** Garbage collections of this thread from now until `end()`, as the runtime tells them. */
export function observeCollections(): { end(): Promise<Collections> } {
  let count = 0;
  let totalMs = 0;
  let longestMs = 0;
  const take = (list: readonly { readonly duration: number }[]): void => {
    for (const { duration } of list) {
      count += 1;
      totalMs += duration;
      longestMs = Math.max(longestMs, duration);
    }
  };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return {
    async end() {
      // They are told in a turn of the event loop after the collection.
      await turn();
      await turn();
      take(observer.takeRecords());
      observer.disconnect();
      return { count, totalMs, longestMs };
    },
  };
}
