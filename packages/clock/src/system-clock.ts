import type { Clock } from './clock.ts';
import { macrotask } from './macrotask.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      // A timer holds 31 bits of milliseconds; a longer sleep is cut into several.
      const MAX = 2_147_483_647;
      let left = ms;
      const arm = (): ReturnType<typeof setTimeout> =>
        setTimeout(
          () => {
            left -= MAX;
            if (left > 0) timer = arm();
            else {
              signal?.removeEventListener('abort', onAbort);
              resolve();
            }
          },
          Math.max(0, Math.min(left, MAX)),
        );
      let timer = arm();
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
  yield: macrotask,
  random: () => Math.random(),
};
