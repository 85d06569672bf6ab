import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { SharedMap } from './index.ts';
import { ask } from '../testing/node-thread-histories.ts';
import { isWholeText, type WholeText } from '../testing/node-thread-work.ts';
import { judgeOf, randomFrom } from '../testing/thread-client.ts';

const KILLS = Number(process.env['KUBECAST_KILLS'] ?? 100);
const workers = new Set<Worker>();

function start(): Worker {
  const worker = new Worker(new URL('../testing/node-thread-worker.ts', import.meta.url), { execArgv: ['--conditions=@kubecast/source'] });
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
  return worker;
}

afterEach(async () => void (await Promise.all([...workers].map((worker) => worker.terminate()))));

test('4 threads that each add 1 by compareAndSet 250,000 times make exactly 1,000,000', { timeout: 300_000 }, async () => {
  const map = new SharedMap<number>({ name: 'counts' });
  const handle = map.share();
  const tried = await Promise.all([1, 2, 3, 4].map(() => ask<number>(start(), { do: 'increment', handle, key: 'sum', times: 250_000 })));
  expect(map.get('sum')).toBe(1_000_000);
  expect(map.sequence).toBe(1_000_000);
  expect(map.size).toBe(1);
  // They did meet.
  expect(tried.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(1_000_000);
});

test(
  `a writer that is killed at ${KILLS} random instants tears nothing and stops nobody, and the room stays bounded`,
  { timeout: 3_600_000 },
  async () => {
    const random = randomFrom(7);
    const keys = 40;
    const map = new SharedMap<WholeText>({ name: 'killed', changes: 256, maxBytes: 1 << 22 });
    const handle = map.share();
    const judge = judgeOf(SharedMap.attach<number>(handle));
    const surviving = new SharedArrayBuffer(8);
    const survivor = ask<readonly string[]>(start(), { do: 'churn', handle, sync: surviving, seed: 99, keys });
    const survived = new Int32Array(surviving);
    const waitFor = async (words: Int32Array, count: number): Promise<void> => {
      for (let there = Atomics.load(words, 1); there < count; there = Atomics.load(words, 1))
        await Atomics.waitAsync(words, 1, there, 1).value;
    };
    await waitFor(survived, 2_000);
    let early = 0;
    const torn: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const sync = new SharedArrayBuffer(8);
      const victim = start();
      // It never answers.
      victim.postMessage({ do: 'churn', handle, sync, seed: kill, keys });
      await waitFor(new Int32Array(sync), Math.floor(random() * 300));
      await victim.terminate();
      for (let number = 0; number < keys; number += 1) {
        const value = map.get(`key-${number}`);
        if (value && !isWholeText(`key-${number}`, value)) torn.push(JSON.stringify(value));
      }
      map.set('own', { key: 'own', number: 0, text: '' });
      const before = Atomics.load(survived, 1);
      await waitFor(survived, before + 1);
      if (kill === 20) early = map.bytes;
    }
    Atomics.store(survived, 0, 1);
    expect(await survivor).toEqual([]);
    expect(torn).toEqual([]);
    // Each of the killed takes at most the block that it wrote and the one that it was about to free along, of some 600 bytes each.
    expect(map.bytes - early).toBeLessThan((1 << 17) + KILLS * 2 * 1_024);
    // The log is behind the first of what the judge has seen: it begins where the map is now.
    expect(() => judge()).toThrow('take a snapshot');
    const entries = new Map(map.entries());
    expect(map.size).toBe(entries.size);
    expect(new Map(map.snapshot().entries())).toEqual(entries);
    for (const key of [...entries.keys()]) expect(map.delete(key)).toBe(true);
    expect(map.size).toBe(0);
  },
);
