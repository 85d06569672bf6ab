import type { Clock } from '../clock.ts';
import { macrotask } from '../macrotask.ts';

export interface VirtualClock extends Clock {
  /** Moves the time, firing each sleep in its order and letting everything settle in between. */
  advance(ms: number): Promise<void>;
  /** Lets everything that needs no time settle. */
  settle(): Promise<void>;
  /** Sleeps that are waiting. */
  readonly pending: number;
}

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A deterministic generator (mulberry32): the same seed, the same numbers. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A clock that stands still until it is advanced. `yield()` resolves in a real later turn of the event loop. */
export function createVirtualClock(options: { readonly seed?: number; readonly wall?: number } = {}): VirtualClock {
  let time = 0;
  let order = 0;
  const start = options.wall ?? 1_700_000_000_000;
  const sleepers = new Set<Sleeper>();
  const random = generator(options.seed ?? 1);
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 5; i += 1) await macrotask();
  };
  return {
    now: () => time,
    wall: () => start + Math.floor(time),
    random,
    yield: macrotask,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        order += 1;
        const sleeper: Sleeper = {
          at: time + Math.max(0, ms),
          order,
          fire: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    settle,
    async advance(ms) {
      const end = time + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].filter((sleeper) => sleeper.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
        if (!next) break;
        sleepers.delete(next);
        time = Math.max(time, next.at);
        next.fire();
        await settle();
      }
      time = end;
      await settle();
    },
    get pending() {
      return sleepers.size;
    },
  };
}
