import { expect, test } from 'vitest';
import type { StoreFileSystem } from '@kubecast/store';
import { restoreInformer } from '../index.ts';
import type { Informer } from '../index.ts';
import { createModelRig, lineOf, memoryFiles, thingType } from '../testing/index.ts';
import type { ModelRig, Thing } from '../testing/index.ts';

const place = (files: StoreFileSystem): { files: StoreFileSystem; path: string } => ({ files, path: '/state/things' });

const restore = (rig: ModelRig, files: StoreFileSystem, options: object = {}): Promise<Informer<Thing>> =>
  restoreInformer<Thing>(
    {
      type: thingType,
      clock: rig.clock,
      source: (namespace) => rig.api.source(namespace),
      onReport: (report) => rig.reports.push(report),
      ...options,
    },
    place(files),
  );

const held = (informer: Informer<Thing>): string[] =>
  [...informer.view.select()].map(
    (entry) => `${entry.key.namespace}/${entry.key.name} ${entry.uid}@${entry.version} ${entry.value.spec.payload}`,
  );

async function savedOnce(files: StoreFileSystem, options: object = {}): Promise<ModelRig> {
  const rig = createModelRig();
  for (let i = 0; i < 3; i += 1) rig.server.put('default', `thing-${i}`, i);
  const first = await restore(rig, files, options);
  expect(rig.reports.map((report) => report.kind)).toEqual(['snapshot-unused']);
  first.start();
  await first.whenSynced();
  await first.stop();
  return rig;
}

test('after a restart readers are served at once, marked stale with their age, and the watch resumes without a list', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  await rig.clock.advance(60_000);
  const informer = await restore(rig, files);
  expect(held(informer)).toEqual(rig.truth());
  expect(informer.hasSynced).toBe(true);
  expect(informer.scopes()[0]).toMatchObject({ state: 'Stale', synced: true, ageMs: 60_000, resourceVersion: '98' });
  const lines: string[] = [];
  informer.handle((delta) => void lines.push(lineOf(delta)));
  rig.server.put('default', 'thing-1', 11);
  rig.server.delete('default', 'thing-2');
  rig.api.requests.length = 0;
  informer.start();
  await rig.clock.settle();
  expect(rig.api.requests.map((request) => request.kind)).toEqual(['probe', 'watch']);
  expect(held(informer)).toEqual(rig.truth());
  expect(informer.scopes()[0]).toMatchObject({ state: 'Watching', ageMs: 0 });
  expect(lines.slice(3)).toEqual(['updated default/thing-1 uid-2@99 11 (watch)', 'deleted default/thing-2 uid-3@100 2 (watch, deleted)']);
  await informer.stop();
});

test('a saved version that is too old is listed over; on a server whose UID is that of the file, what was deleted meanwhile is delivered as such', async () => {
  const files = memoryFiles();
  const server = { url: 'https://a:6443', uid: () => Promise.resolve('uid-of-a') };
  const rig = await savedOnce(files, { server });
  rig.server.delete('default', 'thing-0');
  rig.server.put('default', 'thing-3', 3);
  rig.server.compact();
  const informer = await restore(rig, files, { server });
  const lines: string[] = [];
  informer.handle((delta) => void lines.push(lineOf(delta)));
  informer.start();
  await rig.clock.advance(5000);
  expect(held(informer)).toEqual(rig.truth());
  expect(lines.slice(3).sort()).toEqual([
    'added default/thing-3 uid-4@100 3 (relist)',
    'deleted default/thing-0 uid-1@96 0 (relist, deleted)',
  ]);
  await informer.stop();
});

test('a saved version that the server never reaches is a server that went back', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  rig.server.restore(96);
  const informer = await restore(rig, files);
  informer.start();
  await rig.clock.advance(90_000);
  expect(held(informer)).toEqual(rig.truth());
  expect(informer.scopes()[0]).toMatchObject({ epoch: 2, state: 'Watching' });
  await informer.stop();
});

test('what a stream still brings as it is stopped moves the saved version no further than the saved objects', async () => {
  const rig = createModelRig({ keeps: true, limits: { sliceMs: 0 }, api: { batch: 10 } });
  rig.informer.start();
  await rig.clock.settle();
  for (let i = 0; i < 6; i += 1) rig.server.put('default', `thing-${i}`, i);
  // Some way into the batch, frame by frame.
  await rig.clock.yield();
  await rig.restart(['']);
  const stood = rig.informer.view.size;
  expect(stood).toBeLessThan(6);
  rig.informer.start();
  await rig.clock.advance(5000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a view that lacks an object is not saved as complete, also while the list that is to bring it is under way', async () => {
  const rig = createModelRig({ keeps: true, api: { noStreams: true } });
  for (let i = 0; i < 3; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.api.plan('list', { corruptAt: 0 });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.view.size).toBe(2);
  rig.api.plan('list', { hang: true });
  await rig.clock.advance(75_000);
  expect(rig.state()).toBe('Listing');
  await rig.restart(['']);
  expect(rig.informer.view.size).toBe(0);
  rig.api.calm();
  rig.informer.start();
  await rig.clock.advance(5000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a file that was saved of all namespaces serves those that are asked for now, and nothing of the others', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  rig.server.put('other', 'thing-9', 9);
  const all = await restore(rig, files);
  all.start();
  await rig.clock.settle();
  await all.stop();
  const informer = await restore(rig, files, { namespaces: ['other', 'third'] });
  expect(held(informer)).toEqual(['other/thing-9 uid-4@99 9']);
  rig.api.requests.length = 0;
  informer.start();
  await rig.clock.settle();
  expect(rig.api.requests.map((request) => request.kind).sort()).toEqual(['probe', 'probe', 'watch', 'watch']);
  await informer.stop();
});

test('a file that was saved of some namespaces shows nothing of them until all are listed, and nothing of one that is no longer asked for', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  rig.server.put('other', 'thing-9', 9);
  const some = await restore(rig, files, { namespaces: ['default', 'other'] });
  some.start();
  await rig.clock.settle();
  await some.stop();
  const one = await restore(rig, files, { namespaces: ['other'] });
  expect(held(one)).toEqual(['other/thing-9 uid-4@99 9']);
  await one.stop();
  const again = await restore(rig, files, { namespaces: ['other'] });
  expect(held(again)).toEqual(['other/thing-9 uid-4@99 9']);
  const wide = await restore(rig, files);
  expect(wide.view.size).toBe(0);
  expect(wide.hasSynced).toBe(false);
  wide.start();
  await rig.clock.settle();
  expect(held(wide)).toEqual(rig.truth());
  await wide.stop();
  await again.stop();
});

test('a file of another selector, or a damaged one, is reported and not used', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  const other = await restore(rig, files, { labelSelector: 'sel=yes' });
  expect(other.view.size).toBe(0);
  const bytes = files.stored.get('/state/things');
  if (bytes !== undefined) bytes[40] = (bytes[40] ?? 0) ^ 0xff;
  const damaged = await restore(rig, files);
  expect(rig.reports.map((report) => report.kind)).toEqual(['snapshot-unused', 'snapshot-unused', 'snapshot-unused']);
  damaged.start();
  await rig.clock.advance(1000);
  expect(held(damaged)).toEqual(rig.truth());
  await damaged.stop();
  await other.stop();
});

test('it is saved on an interval, on demand and on stop; a save that fails is reported and nothing else', async () => {
  const files = memoryFiles();
  const rig = createModelRig();
  rig.server.put('default', 'a', 1);
  let writes = 0;
  let fails = false;
  const counted: StoreFileSystem = {
    ...files,
    write: (path, chunks) => {
      writes += 1;
      return fails ? Promise.reject(new Error('disk full')) : files.write(path, chunks);
    },
  };
  const informer = await restoreInformer<Thing>(
    { type: thingType, clock: rig.clock, source: rig.api.source(''), onReport: (report) => rig.reports.push(report) },
    { ...place(counted), everyMs: 10_000 },
  );
  informer.start();
  await rig.clock.advance(35_000);
  expect(writes).toBeGreaterThanOrEqual(3);
  const before = writes;
  await informer.save();
  expect(writes).toBe(before + 1);
  fails = true;
  await expect(informer.save()).rejects.toMatchObject({ code: 'FILE_WRITE' });
  await rig.clock.advance(12_000);
  expect(rig.reports.map((report) => report.kind)).toContain('snapshot-failed');
  expect(informer.scopes()[0]?.state).toBe('Watching');
  fails = false;
  await informer.stop();
  expect(held(await restore(rig, files))).toEqual(rig.truth());
  expect(rig.clock.pending).toBe(0);
  await expect(rig.informer.save()).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
});

test('an object of the file that was damaged is absent, never wrong, until the list that is asked for at once brings it', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  const opened = await files.open('/state/things');
  const bytes = new Uint8Array(opened?.size ?? 0);
  await opened?.read(bytes, 0);
  const at = Buffer.from(bytes).lastIndexOf('uid-2');
  bytes[at] = 0x58;
  await files.write(
    '/state/things',
    (async function* () {
      yield bytes;
    })(),
  );
  const informer = await restore(rig, files);
  expect(held(informer).map((line) => line.split(' ')[0])).toEqual(['default/thing-0', 'default/thing-2']);
  const lines: string[] = [];
  informer.handle((delta) => void lines.push(lineOf(delta)));
  informer.start();
  await rig.clock.advance(1_000);
  expect(held(informer)).toEqual(rig.truth());
  expect(rig.reports.map((report) => report.kind)).toContain('snapshot-damaged');
  expect(lines.at(-1)).toMatch(/^added default\/thing-1 uid-2@\d+ 1 \(relist\)$/u);
  expect(informer.storeCounters.damaged).toBe(1);
  await informer.stop();
});

test('what was never complete takes the place of no good file, neither on the interval nor on stop', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  const before = files.stored.get('/state/things');
  expect(before).toBeDefined();
  // The file is of an address that is no more, and the new one is away.
  const informer = await restoreInformer<Thing>(
    {
      type: thingType,
      clock: rig.clock,
      source: (namespace) => rig.api.source(namespace),
      server: { url: 'https://moved.example', uid: () => Promise.reject(new Error('away')) },
    },
    { files, path: '/state/things', everyMs: 1000 },
  );
  rig.api.plan('any', { refused: true }, 100);
  informer.start();
  await rig.clock.advance(20_000);
  expect(informer.hasSynced).toBe(false);
  await informer.stop();
  expect(files.stored.get('/state/things')).toBe(before);
});
