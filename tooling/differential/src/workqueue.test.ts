import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVirtualClock } from '@kubecast/clock/testing';
import { createWorkQueue, fastSlow, itemExponential, maxOf, tokenBucket, type RateLimiter } from '@kubecast/runtime';
import { expect, test } from 'vitest';

interface Step {
  readonly do: 'add' | 'addAfter' | 'addRateLimited' | 'forget' | 'get' | 'done' | 'time' | 'shutDown' | 'shutDownWithDrain';
  readonly key?: string;
  readonly ms?: number;
  readonly got?: string;
  readonly len: number;
  readonly failures: number;
  readonly drained: number;
}

interface Answers {
  readonly clientGo: string;
  readonly schedules: readonly { readonly limiter: string; readonly steps: readonly Step[] }[];
  readonly buckets: readonly { readonly limiter: string; readonly atMs: readonly number[]; readonly ms: readonly number[] }[];
}

const answers = JSON.parse(readFileSync(join(import.meta.dirname, '../recorded/workqueue.json'), 'utf8')) as Answers;

const limiters: Readonly<Record<string, () => RateLimiter>> = {
  exponential: () => itemExponential(),
  fastSlow: () => fastSlow({ fastMs: 5, slowMs: 2_000, fastTries: 3 }),
  maxOf: () => maxOf(itemExponential({ baseMs: 1, maxMs: 50 }), fastSlow({ fastMs: 10, slowMs: 30, fastTries: 2 })),
};

test(`whatever is done to it, the work queue answers each step as client-go's does`, async () => {
  const seen = new Set<string>();
  for (const [number, { limiter, steps }] of answers.schedules.entries()) {
    const clock = createVirtualClock();
    const rateLimiter = limiters[limiter]?.() as RateLimiter;
    const queue = createWorkQueue<string>({ name: 'test', idOf: (key) => key, clock, rateLimiter });
    let drained = 0;
    for (const [index, step] of steps.entries()) {
      const { key = '', ms = 0 } = step;
      const at = `schedule ${number}, step ${index}: ${step.do} ${key}`;
      seen.add(step.do);
      switch (step.do) {
        case 'add':
          queue.add(key);
          break;
        case 'addAfter':
          queue.addAfter(key, ms);
          break;
        case 'addRateLimited':
          queue.addRateLimited(key);
          break;
        case 'forget':
          queue.forget(key);
          break;
        case 'get':
          expect((await queue.get())?.key ?? '', at).toBe(step.got);
          break;
        case 'done':
          queue.done(key);
          break;
        case 'time':
          await clock.advance(ms);
          break;
        case 'shutDown':
          queue.shutDown();
          break;
        case 'shutDownWithDrain':
          void queue.shutDownWithDrain().then(() => (drained += 1));
          break;
      }
      await Promise.resolve();
      if (step.drained !== drained) await clock.settle();
      expect({ len: queue.depth, failures: queue.failures(key), drained }, at).toEqual({
        len: step.len,
        failures: step.failures,
        drained: step.drained,
      });
    }
  }
  expect(seen.size).toBe(9);
});

test.each(answers.buckets)("the bucket's delays are those of golang.org/x/time/rate: $limiter", ({ limiter, atMs, ms }) => {
  const [, perSecond, burst] = limiter.split(' ').map(Number);
  let now = 0;
  const bucket = tokenBucket({ perSecond: perSecond as number, burst: burst as number, clock: { now: () => now } });
  for (const [index, at] of atMs.entries()) {
    now = at;
    expect(Math.abs(bucket.next('k') - (ms[index] ?? NaN)), `${limiter}, call ${index}`).toBeLessThan(0.001);
  }
});
