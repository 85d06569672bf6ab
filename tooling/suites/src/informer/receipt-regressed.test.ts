import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RealCluster } from '@kubecast/apiserver/envtest';
import { describe, expect, onTestFinished, test } from 'vitest';
import { assetsIfBuilt } from '../server-under-test.ts';
import { held, realServers, until, World } from './world.ts';

const assets = assetsIfBuilt();

describe.skipIf(assets === undefined)('etcd restored under a living API server', { timeout: 180_000 }, () => {
  test('nothing that is read shows it; the first write receipt below the last seen version does, and after a restart the truth is shown', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubecast-suite-'));
    const servers = realServers(assets as string, process.env['KUBECAST_KUBERNETES'] !== '1.24');
    onTestFinished(async () => {
      await servers.end();
      rmSync(folder, { recursive: true, force: true });
    });
    await using world = await World.start(servers);
    const cluster = world.cluster as RealCluster;
    await world.notes.create(world.note('kept', 'first'));
    const informer = world.informer();
    await informer.whenSynced();
    // The copy is taken with etcd stopped; the API server goes on.
    await cluster.backup(join(folder, 'copy'));
    await until(informer, () => informer.scopes()[0]?.state === 'Watching');
    for (let i = 0; i < 20; i += 1) {
      const { receipt } = await world.notes.patch('kept', { spec: { text: `undone ${i}` } }, { namespace: 'one', kind: 'merge' });
      await informer.waitFor(receipt, { deadlineMs: 30_000 });
    }
    const seen = Number(informer.scopes()[0]?.resourceVersion);
    await cluster.restoreEtcd(join(folder, 'copy'));
    // The API server answers reads from its memory: the view still is what it shows.
    expect(held(informer).join()).toContain('undone 19');
    const key = { cluster: '', namespace: 'one', name: 'new' };
    const mark = informer.writeBarrier(key);
    const { receipt } = await world.notes.create(world.note('new', 'after the restore'));
    expect(Number(receipt.version)).toBeLessThan(seen);
    expect(informer.observeReceipt(receipt, mark)).toBe(true);
    expect(informer.scopes()[0]).toMatchObject({ state: 'Regressed', epoch: 1 });
    // Until the API server is restarted nobody can be shown the truth; the old view stays.
    expect(held(informer).join()).toContain('undone 19');
    await cluster.kill();
    const restarted = performance.now();
    await cluster.restart();
    await informer.waitFor(receipt, { deadlineMs: 90_000, after: mark });
    expect(performance.now() - restarted).toBeLessThan(90_000);
    expect(held(informer)).toEqual(await world.truth());
    expect(held(informer).join()).toContain('after the restore');
    expect(informer.scopes()[0]).toMatchObject({ epoch: 2 });
  });
});
