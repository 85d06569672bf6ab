import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { DurableDamagedError, DurableWriteError } from './durable-errors.ts';
import type { DiskState } from './entry-text.ts';
import { WriteQueue } from './write-queue.ts';

/** A disk in memory that fails when it is told to: before it took a batch (`refuse`), or after (`lie`). */
class FaultyDisk {
  state: DiskState = { sequence: 0, count: 0, sum: 0 };
  fault: 'none' | 'refuse' | 'lie' = 'none';
  readonly batches: string[] = [];
  reopened = 0;

  write(writes: readonly { readonly key: string }[], state: DiskState): Promise<void> {
    this.batches.push(writes.map(({ key }) => key).join(' '));
    if (this.fault === 'refuse') return Promise.reject(new Error('no room'));
    this.state = state;
    return this.fault === 'lie' ? Promise.reject(new Error('lost the answer')) : Promise.resolve();
  }

  reopen(): Promise<DiskState> {
    this.reopened += 1;
    return Promise.resolve(this.state);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function rig(): { disk: FaultyDisk; queue: WriteQueue; clock: ReturnType<typeof createVirtualClock>; add: (key: string) => number } {
  const disk = new FaultyDisk();
  const clock = createVirtualClock();
  const queue = new WriteQueue(disk, disk.state, { name: 'states', folder: '/map', maxPendingBytes: 1000, retryMs: 1000, clock });
  return {
    disk,
    queue,
    clock,
    add: (key) => {
      const { sequence, count, sum } = queue.state;
      queue.add(key, 'text', queue.check(key, 'text'), { sequence: sequence + 1, count: count + 1, sum });
      return sequence + 1;
    },
  };
}

test('after a failure writes wait in memory, and the disk is tried again by a write after retryMs, or by flushed() at once', async () => {
  const { disk, queue, clock, add } = rig();
  disk.fault = 'refuse';
  await expect(queue.flushed(add('a'), undefined)).rejects.toThrow(DurableWriteError);
  add('b');
  await clock.advance(900);
  add('c');
  await clock.advance(0);
  expect([disk.batches, queue.durable]).toEqual([['a'], 0]);
  disk.fault = 'none';
  await clock.advance(100);
  const last = add('d');
  await clock.advance(0);
  // The batch that failed comes again as it was, then what has come since.
  expect([disk.batches, queue.durable, queue.pendingWrites, queue.failure]).toEqual([['a', 'a', 'b c d'], last, 0, undefined]);
  disk.fault = 'refuse';
  const refused = queue.flushed(add('e'), undefined);
  await expect(refused).rejects.toMatchObject({ from: 5, to: 5 });
  disk.fault = 'none';
  await queue.flushed(5, undefined);
  expect([queue.durable, disk.reopened]).toEqual([5, 2]);
});

test('a batch that reached the disk although its write failed is not written twice', async () => {
  const { disk, queue, add } = rig();
  disk.fault = 'lie';
  await expect(queue.flushed(add('a'), undefined)).rejects.toThrow('lost the answer');
  disk.fault = 'none';
  await queue.flushed(1, undefined);
  expect([disk.batches, queue.durable, queue.pendingBytes]).toEqual([['a'], 1, 0]);
});

test('a disk that came back with something else is never written again, and says so from then on', async () => {
  const { disk, queue, add } = rig();
  await queue.flushed(add('a'), undefined);
  disk.fault = 'refuse';
  const second = add('b');
  await expect(queue.flushed(second, undefined)).rejects.toThrow('no room');
  disk.fault = 'none';
  disk.state = { sequence: 0, count: 0, sum: 0 };
  for (let times = 0; times < 3; times += 1) {
    const error = await queue.flushed(second, undefined).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DurableWriteError);
    expect((error as DurableWriteError).cause).toBeInstanceOf(DurableDamagedError);
  }
  await queue.flushed(1, undefined);
  expect([disk.batches, queue.durable]).toEqual([['a', 'b'], 1]);
  await expect(queue.close()).rejects.toThrow('ends with the write 0, not 1');
});

test('writes of one turn are one batch, and those that come while it is written are the next', async () => {
  const { disk, queue, add } = rig();
  add('a');
  add('b');
  const first = queue.flushed(2, undefined);
  await Promise.resolve();
  await Promise.resolve();
  add('c');
  await Promise.all([first, queue.flushed(add('d'), undefined)]);
  expect(disk.batches).toEqual(['a b', 'c d']);
});
