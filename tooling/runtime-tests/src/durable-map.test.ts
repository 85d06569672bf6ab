import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { StatefulMap, type StateRecord } from '@kubecast/concurrent-map';
import { DurableDamagedError, DurableHeldError, DurableMap, durableStates } from '@kubecast/concurrent-map/level';

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const made = await mkdtemp(join(tmpdir(), 'kubecast-durable-'));
  try {
    await run(join(made, 'map'));
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

test('durable-map: what was flushed is there after a restart, in order, and sequences go on', () =>
  withFolder(async (folder) => {
    const map = await DurableMap.open<{ readonly n: number }>(folder);
    for (let n = 0; n < 5000; n += 1) map.set(`k${(n * 7919) % 5000}`, { n });
    map.delete('k17');
    await map.flushed();
    assert.equal(map.durable, 5001);
    await assert.rejects(DurableMap.open(folder), DurableHeldError);
    await map.close();
    const again = await DurableMap.open<{ readonly n: number }>(folder);
    assert.equal(again.size, 4999);
    const keys = [...again.keys('k1')];
    assert.deepEqual(keys, [...keys].sort());
    assert.equal(keys.length, 1110);
    assert.equal(again.set('é\u{1f600}\0', { n: 1 }), 5002);
    await again.close();
    const last = await DurableMap.open<{ readonly n: number }>(folder);
    assert.deepEqual(last.entry('é\u{1f600}\0')?.value, { n: 1 });
    assert.equal(last.entry('é\u{1f600}\0')?.version, 5002);
    await last.close();
  }));

test('durable-map: a log that was cut is refused, and the folder is left as it was', () =>
  withFolder(async (folder) => {
    const map = await DurableMap.open<number>(folder);
    for (let n = 0; n < 100; n += 1) map.set(`k${n}`, n);
    await map.close();
    const data = join(folder, 'data');
    const before = (await readdir(data)).filter((name) => !name.startsWith('LO')).sort();
    for (const name of before) if (name.endsWith('.log')) await truncate(join(data, name), 100);
    await assert.rejects(DurableMap.open(folder), DurableDamagedError);
    assert.deepEqual((await readdir(data)).filter((name) => !name.startsWith('LO')).sort(), before);
  }));

test('durable-map: states come back with their UIDs and versions', () =>
  withFolder(async (folder) => {
    const map = await DurableMap.open<StateRecord>(folder);
    const states = await StatefulMap.open<{ readonly phase: string }>({ log: durableStates(map) });
    await states.set('n/gone', 'u0', { phase: 'Ready' }, undefined);
    const version = await states.set('n/a', 'u1', { phase: 'Pending' }, undefined);
    await states.end('n/gone', 'u0');
    await map.close();
    const again = await DurableMap.open<StateRecord>(folder);
    const found = await StatefulMap.open<{ readonly phase: string }>({ log: durableStates(again) });
    assert.deepEqual(found.get('n/a', 'u1'), { state: { phase: 'Pending' }, version });
    assert.equal(found.size, 1);
    await again.close();
  }));
