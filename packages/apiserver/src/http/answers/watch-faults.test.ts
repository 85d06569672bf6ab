import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { WatchFaults } from './watch-faults.ts';

test('when the client goes amid several waits of a lagging watch, no rejection is left to nobody', async () => {
  const left: unknown[] = [];
  const onLeft = (reason: unknown): void => void left.push(reason);
  process.on('unhandledRejection', onLeft);
  try {
    const clock = createVirtualClock();
    const gone = new AbortController();
    const faults = new WatchFaults([{ type: 'lag', ms: 1000 }], clock, gone.signal);
    const ended = Array.from({ length: 3 }, async () => {
      try {
        await faults.lag();
        return 'sent';
      } catch {
        return 'dropped';
      }
    });
    await clock.settle();
    gone.abort(new Error('the client has gone'));
    expect(await Promise.all(ended)).toEqual(['dropped', 'dropped', 'dropped']);
    await clock.settle();
    expect(left).toEqual([]);
  } finally {
    process.off('unhandledRejection', onLeft);
  }
});

test('what is sent later waits behind what is waiting already', async () => {
  const clock = createVirtualClock();
  const faults = new WatchFaults([{ type: 'lag', ms: 1000 }], clock, new AbortController().signal);
  const sent: number[] = [];
  void faults.lag()?.then(() => sent.push(1));
  await clock.advance(400);
  void faults.lag()?.then(() => sent.push(2));
  await clock.advance(600);
  expect(sent).toEqual([1]);
  await clock.advance(400);
  expect(sent).toEqual([1, 2]);
});
