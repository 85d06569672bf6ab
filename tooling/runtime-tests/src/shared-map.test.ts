import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SharedMap } from '@kubecast/concurrent-map/threads';
import { ask, isWholeText, runThreadHistories, type WholeText } from '@kubecast/concurrent-map/testing';

const module = new URL('./shared-map/worker.ts', import.meta.url);

test('shared-map: histories of four threads, held up and killed between atomic steps, are linearizable', { timeout: 150_000 }, async () => {
  const histories = 1_000;
  const { overlapping, killed, faults } = await runThreadHistories({ worker: module, histories });
  assert.deepEqual(faults, []);
  assert.ok(overlapping > histories / 2, `${overlapping} of ${histories} histories have writes to one key that overlap`);
  assert.ok(killed > histories / 10, `${killed} calls were killed`);
});

test('shared-map: increments of four threads by compareAndSet add up', { timeout: 150_000 }, async () => {
  const handle = new SharedMap<number>().share();
  const workers = [1, 2, 3, 4].map(() => new Worker(module));
  try {
    await Promise.all(workers.map((worker) => ask(worker, { do: 'increment', handle, key: 'sum', times: 20_000 })));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  assert.equal(SharedMap.attach<number>(handle).get('sum'), 80_000);
});

test('shared-map: changes of another thread are told one after another to who waits for them', { timeout: 150_000 }, async () => {
  const map = new SharedMap<number>();
  const changes = map.subscribe();
  const worker = new Worker(module);
  try {
    const done = ask(worker, { do: 'increment', handle: map.share(), key: 'sum', times: 1_000 });
    for (let sequence = 1; sequence <= 1_000; sequence += 1)
      assert.deepEqual((await changes.next()).value, {
        type: 'set',
        key: 'sum',
        value: sequence,
        ...(sequence > 1 ? { previous: sequence - 1 } : {}),
        sequence,
      });
    await done;
  } finally {
    await changes.return?.();
    await worker.terminate();
  }
});

test('shared-map: writers that are killed tear nothing', { timeout: 150_000 }, async () => {
  const map = new SharedMap<WholeText>({ maxBytes: 1 << 22 });
  const handle = map.share();
  for (let kill = 0; kill < 10; kill += 1) {
    const sync = new SharedArrayBuffer(8);
    const words = new Int32Array(sync);
    const victim = new Worker(module);
    victim.postMessage({ do: 'churn', handle, sync, seed: kill, keys: 20 });
    for (let made = 0; made < 20 * kill + 1; made = Atomics.load(words, 1)) await Atomics.waitAsync(words, 1, made, 5).value;
    await victim.terminate();
    map.set('own', { key: 'own', number: 0, text: '' });
    // Of a snapshot, since Deno says that a thread has ended while it still runs.
    const snapshot = map.snapshot();
    const entries = [...snapshot.entries()];
    for (const [key, value] of entries) assert.ok(isWholeText(key, value));
    assert.equal(entries.length, snapshot.size);
  }
});
