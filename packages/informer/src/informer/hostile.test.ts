import { expect, test } from 'vitest';
import { createInformer, createInformerFactory, InformerOptionsError, restoreInformer } from '../index.ts';
import type { Delta, Informer } from '../index.ts';
import { createModelRig, lineOf, memoryFiles, thingType } from '../testing/index.ts';
import type { ModelRig, Thing } from '../testing/index.ts';

async function synced(count: number): Promise<ModelRig> {
  const rig = createModelRig();
  for (let i = 0; i < count; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.informer.start();
  await rig.clock.settle();
  return rig;
}

test('a handler may return anything: null, a thenable that throws, one that settles twice', async () => {
  const rig = await synced(2);
  const member = String('then');
  const answers: unknown[] = [
    null,
    7,
    Object.defineProperty({}, member, {
      get: (): never => {
        throw new Error('then');
      },
    }),
    Object.fromEntries([
      [
        member,
        (resolve: () => void): void => {
          resolve();
          resolve();
        },
      ],
    ]),
  ];
  for (const answer of answers) {
    const handle = rig.informer.handle(() => answer as never, { workers: 1 });
    await handle.synced;
    expect(handle.counters.delivered).toBe(2);
  }
  await rig.informer.stop();
});

test('a handler may remove itself, add another, and change the scopes while it runs', async () => {
  const rig = await synced(3);
  const seen: string[] = [];
  const handle = rig.informer.handle((delta) => {
    seen.push(delta.entry.key.name);
    handle.remove();
    rig.informer.handle(() => void seen.push('inner'));
    rig.informer.setNamespaces(['default']);
  });
  await rig.clock.advance(1000);
  expect(seen).toEqual(['thing-0', 'inner', 'inner', 'inner']);
  expect([handle.waiting, handle.hasSynced, rig.informer.handlers.length]).toEqual([0, false, 1]);
  await rig.informer.stop();
});

test('one object that is larger than all that may be pinned is delivered under the policy resync as well', async () => {
  const rig = createModelRig();
  rig.server.put('default', 'a', 1);
  const told: string[] = [];
  const handle = rig.informer.handle((delta) => void told.push(lineOf(delta)), { overflow: 'resync', pinnedBytes: 1, workers: 1 });
  rig.informer.start();
  await rig.clock.advance(1000);
  expect(told).toEqual(['added default/a uid-1@96 1 (initial)']);
  expect(handle.hasSynced).toBe(true);
  await rig.informer.stop();
});

test('an asynchronous filter is no filter: it is counted, and lets nothing pass', async () => {
  const rig = await synced(2);
  const told: Delta<Thing>[] = [];
  const handle = rig.informer.handle((delta) => void told.push(delta), { filter: (() => Promise.resolve(true)) as never });
  await handle.synced;
  expect([told.length, handle.counters.filterErrors]).toEqual([0, 2]);
  await rig.informer.stop();
});

test('an object that left in a state that the filter refuses is told as deleted to a handler that knows it', async () => {
  const rig = await synced(0);
  rig.server.put('default', 'a', 1, { keep: 'yes' });
  await rig.clock.settle();
  const told: string[] = [];
  rig.informer.handle((delta) => void told.push(`${delta.type} ${delta.entry.key.name}`), {
    filter: (entry) => entry.labels['keep'] === 'yes',
  });
  await rig.clock.settle();
  // The last state, as the DELETED event brings it, has lost the label.
  const object = {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'a', namespace: 'default', uid: 'uid-1', resourceVersion: '500' },
    spec: { payload: 9 },
  };
  rig.api.plan('watch', { frames: [{ type: 'DELETED', object: new TextEncoder().encode(JSON.stringify(object)) }] });
  rig.server.cut();
  await rig.clock.advance(20_000);
  expect(told).toEqual(['added a', 'deleted a']);
  await rig.informer.stop();
});

test('saves that are asked for at once, while the informer stops, and of a disk that is full, end', async () => {
  const rig = createModelRig({ keeps: true });
  rig.informer.start();
  await rig.clock.settle();
  const saves = [rig.informer.save(), rig.informer.save(), rig.informer.save()];
  const stopped = rig.informer.stop();
  expect((await Promise.allSettled(saves)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  await stopped;
  const files = { ...memoryFiles(), write: () => Promise.reject(new Error('ENOSPC')) };
  const reports: string[] = [];
  const full = await restoreInformer<Thing>(
    { type: thingType, clock: rig.clock, source: rig.api.source(''), onReport: ({ kind }) => reports.push(kind) },
    { files, path: '/x' },
  );
  full.start();
  await full.whenSynced();
  await full.stop();
  expect(reports).toEqual(['snapshot-unused', 'snapshot-failed']);
});

test('a report listener that throws keeps nobody from being restored', async () => {
  const rig = createModelRig();
  const informer = await restoreInformer<Thing>(
    {
      type: thingType,
      clock: rig.clock,
      source: rig.api.source(''),
      onReport: () => {
        throw new Error('logger is down');
      },
    },
    { files: memoryFiles(), path: '/x' },
  );
  expect(informer.view.size).toBe(0);
  await informer.stop();
});

test('frozen options and options without a prototype work; what an option had inherited does not count', () => {
  const rig = createModelRig();
  const bare = Object.assign(Object.create(null) as object, { type: thingType, source: rig.api.source(''), clock: rig.clock });
  expect(() => createInformer(Object.freeze(bare) as never)).not.toThrow();
  expect(() => createInformer(Object.create({ writer: undefined, ...bare }) as never)).toThrow();
});

test('a hundred leases of one kind that come and go leave one watch, then none', async () => {
  const rig = createModelRig();
  const factory = createInformerFactory({ clock: rig.clock, source: (namespace) => rig.api.source(namespace) });
  const leases = Array.from({ length: 100 }, () => factory.informer(thingType));
  for (const lease of leases) lease.start();
  await rig.clock.settle();
  expect([factory.shared, factory.leases, rig.api.open]).toEqual([1, 100, 1]);
  await Promise.all(leases.map((lease) => lease.stop()));
  expect([factory.shared, factory.leases, rig.api.open]).toEqual([0, 0, 0]);
  await factory.stop();
});

test('a source that cannot be made changes no scope', async () => {
  const rig = createModelRig();
  const informer = createInformer<Thing>({
    type: thingType,
    clock: rig.clock,
    namespaces: ['a'],
    source: (namespace) => {
      if (namespace === 'bad') throw new Error('no source');
      return namespace === 'nothing' ? (undefined as never) : rig.api.source(namespace);
    },
  });
  informer.start();
  await rig.clock.settle();
  expect(() => informer.setNamespaces(['b', 'bad'])).toThrow('no source');
  expect(() => informer.setNamespaces(['b', 'nothing'])).toThrow(InformerOptionsError);
  expect(informer.scopes()).toMatchObject([{ namespace: 'a', state: 'Watching' }]);
  await informer.stop();
});

test('of two clusters in one file, the one that is another leaves alone', async () => {
  const files = memoryFiles();
  const rig = createModelRig({ twin: true });
  rig.server.put('default', 'a', 1);
  rig.twin?.server.put('default', 'b', 1);
  const url = 'https://a.example:6443';
  const restored = async (uid: string): Promise<{ informer: Informer<Thing>; deleted: string[] }> => {
    const deleted: string[] = [];
    const informer = await restoreInformer<Thing>(
      {
        type: thingType,
        clock: rig.clock,
        cluster: 'first',
        source: (namespace) => rig.api.source(namespace),
        server: { url, uid: () => Promise.resolve('uid-first') },
        clusters: [
          {
            cluster: 'second',
            source: (namespace) => (rig.twin as NonNullable<typeof rig.twin>).api.source(namespace),
            server: { url, uid: () => Promise.resolve(uid) },
          },
        ],
      },
      { files, path: '/state/things' },
    );
    informer.handle((delta) => void (delta.type === 'deleted' && deleted.push(`${delta.entry.key.cluster} ${String(delta.cause)}`)));
    informer.start();
    await informer.whenSynced();
    await rig.clock.advance(3000);
    return { informer, deleted };
  };
  await (await restored('uid-second')).informer.stop();
  const { informer, deleted } = await restored('uid-other');
  expect(deleted).toEqual(['second unknown']);
  expect(informer.scopes()).toMatchObject([{ counters: { lists: 0 } }, { counters: { lists: 1, foreign: 1 } }]);
  await informer.stop();
});
