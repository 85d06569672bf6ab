import { expect, test } from 'vitest';
import type { StoreFileSystem } from '@kubecast/store';
import { restoreInformer } from './index.ts';
import type { Informer } from './index.ts';
import { createModelRig, lineOf, thingType } from './testing/index.ts';
import type { ModelRig, Thing } from './testing/index.ts';

/** Files in memory. */
function memoryFiles(): StoreFileSystem & { readonly stored: Map<string, Uint8Array> } {
  const stored = new Map<string, Uint8Array>();
  return {
    stored,
    async write(path, chunks) {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk.slice());
      const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      parts.reduce((at, part) => {
        whole.set(part, at);
        return at + part.length;
      }, 0);
      stored.set(path, whole);
    },
    replace: (from, to) => {
      const bytes = stored.get(from);
      if (bytes !== undefined) stored.set(to, bytes);
      stored.delete(from);
      return Promise.resolve();
    },
    remove: (path) => {
      stored.delete(path);
      return Promise.resolve();
    },
    open: (path) => {
      const bytes = stored.get(path);
      if (bytes === undefined) return Promise.resolve(undefined);
      return Promise.resolve({
        size: bytes.length,
        read: (into: Uint8Array, position: number) => {
          const part = bytes.subarray(position, position + into.length);
          into.set(part);
          return Promise.resolve(part.length);
        },
        close: () => Promise.resolve(),
      });
    },
  };
}

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

async function savedOnce(files: StoreFileSystem): Promise<ModelRig> {
  const rig = createModelRig();
  for (let i = 0; i < 3; i += 1) rig.server.put('default', `thing-${i}`, i);
  const first = await restore(rig, files);
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

test('a saved version that is too old is listed over, and what was deleted meanwhile is delivered as such', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  rig.server.delete('default', 'thing-0');
  rig.server.put('default', 'thing-3', 3);
  rig.server.compact();
  const informer = await restore(rig, files);
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

test('a file of another selector, or a damaged one, is reported and not used', async () => {
  const files = memoryFiles();
  const rig = await savedOnce(files);
  const other = await restore(rig, files, { labelSelector: 'sel=yes' });
  expect(other.view.size).toBe(0);
  const bytes = files.stored.get('/state/things');
  if (bytes !== undefined) bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 0xff;
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
