import { expect, test } from 'vitest';
import type { InformerOptions, ReflectorReport } from '@kubecast/informer';
import { restoreInformer } from '@kubecast/informer';
import { memoryFiles } from '@kubecast/informer/testing';
import { held, noteType, until } from './world.ts';
import type { Note, World } from './world.ts';

type Files = ReturnType<typeof memoryFiles>;

/** An informer of the world's notes that keeps its file; not started. */
async function restored(world: World, files: Files, options: Partial<InformerOptions<Note>> = {}) {
  const reports: ReflectorReport['kind'][] = [];
  const deletes: string[] = [];
  const informer = await restoreInformer<Note>(
    {
      type: noteType,
      client: world.client,
      onReport: (report) => reports.push(report.kind),
      limits: { backoffBaseMs: 20, backoffMaxMs: 200 },
      ...options,
    },
    { files, path: '/state/notes' },
  );
  world.informers.push(informer);
  informer.handle((delta) => void (delta.type === 'deleted' && deletes.push(`${delta.entry.key.name} ${String(delta.cause)}`)));
  return { informer, reports, deletes };
}

/** What an informer that keeps a file does over restarts, on any API server. */
export function restartTests(filled: (count: number) => Promise<World>): void {
  test('a restart with a saved file serves readers at once and resumes the watch without a list; what happened meanwhile is delivered', async () => {
    await using world = await filled(20);
    const files = memoryFiles();
    const first = await restored(world, files);
    expect(first.reports).toEqual(['snapshot-unused']);
    first.informer.start();
    await first.informer.whenSynced();
    await first.informer.stop();
    await world.notes.delete('note-3', { namespace: 'one' });
    await world.notes.create(world.note('later', 'made while nobody looked'));
    const { informer, reports, deletes } = await restored(world, files);
    expect([informer.hasSynced, held(informer).length, informer.scopes()[0]?.state]).toEqual([true, 20, 'Stale']);
    informer.start();
    await until(informer, () => deletes.length > 0 && informer.view.get({ namespace: 'one', name: 'later' }) !== undefined);
    expect(held(informer)).toEqual(await world.truth());
    expect(deletes).toEqual(['note-3 deleted']);
    expect(reports).toEqual([]);
    expect(informer.scopes()[0]).toMatchObject({
      state: 'Watching',
      epoch: 1,
      counters: { lists: 0, watches: 1, failures: 0, foreign: 0 },
    });
  });

  test('a file of another cluster at the same address leaves the view with the cause unknown, and a list follows', async () => {
    await using world = await filled(3);
    const files = memoryFiles();
    const { server: url, ca = '' } = world.client.connection;
    const other = await restored(world, files, { server: { url, ca, uid: () => Promise.resolve('the UID of another cluster') } });
    other.informer.start();
    await other.informer.whenSynced();
    await other.informer.stop();
    await world.notes.delete('note-0', { namespace: 'one' });
    const { informer, reports, deletes } = await restored(world, files);
    expect(held(informer).length).toBe(3);
    informer.start();
    await until(informer, () => informer.scopes()[0]?.state === 'Watching' && deletes.length === 3);
    expect(deletes.toSorted()).toEqual(['note-0 unknown', 'note-1 unknown', 'note-2 unknown']);
    expect(reports).toContain('snapshot-foreign');
    expect(informer.scopes()[0]).toMatchObject({ epoch: 1, counters: { foreign: 3, regressions: 0 } });
    expect(held(informer)).toEqual(await world.truth());
  });

  test('a file of a cluster elsewhere is not shown, and the report names both addresses', async () => {
    await using world = await filled(2);
    const files = memoryFiles();
    const elsewhere = { url: 'https://elsewhere.example:6443', uid: () => Promise.resolve('the UID of another cluster') };
    const other = await restored(world, files, { server: elsewhere });
    other.informer.start();
    await other.informer.whenSynced();
    await other.informer.stop();
    const { informer, reports, deletes } = await restored(world, files);
    expect([held(informer).length, informer.hasSynced, reports]).toEqual([0, false, ['snapshot-unused']]);
    informer.start();
    await informer.whenSynced();
    expect(held(informer)).toEqual(await world.truth());
    expect(deletes).toEqual([]);
  });
}
