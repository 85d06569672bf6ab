import { expect, test } from 'vitest';
import fc from 'fast-check';
import { createInformer, isInformerError, scopeId } from '../index.ts';
import { ModelApi, ModelServer, createModelRig, lineOf, matcher, statuses, thingType, wireState } from '../testing/index.ts';
import type { ModelRig, Thing } from '../testing/index.ts';

const NAMESPACES = ['a', 'a-0', 'b', 'c'];

function filledRig(namespaces: readonly string[]): ModelRig {
  const rig = createModelRig({ namespaces });
  for (const namespace of NAMESPACES) for (let i = 0; i < 3; i += 1) rig.server.put(namespace, `thing-${i}`, i);
  return rig;
}

const held = (rig: ModelRig): string[] => [...new Set([...rig.informer.view.select()].map((entry) => entry.key.namespace))];
const truth = (rig: ModelRig, namespaces: readonly string[]): string[] =>
  wireState(rig.server.state(), (object) => namespaces.includes('') || namespaces.includes(object.namespace));

test('each namespace that is named has a stream and a state of its own', async () => {
  const rig = filledRig(['a', 'b']);
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.scopes().map((scope) => [scope.namespace, scope.scope, scope.state])).toEqual([
    ['a', scopeId('a'), 'Watching'],
    ['b', scopeId('b'), 'Watching'],
  ]);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.api.requests.map((request) => request.namespace)).toEqual(['a', 'b']);
  await rig.informer.stop();
});

test('a forbidden namespace blocks no other, but the informer as a whole is not synced', async () => {
  const rig: ModelRig = createModelRig({
    namespaces: [],
    source: (namespace) => {
      if (namespace !== 'secret') return rig.api.source(namespace);
      const forbidden = new ModelApi(rig.server);
      forbidden.plan('any', { status: statuses.forbidden }, 1000);
      return forbidden.source(namespace);
    },
  });
  rig.server.put('a', 'x', 1);
  rig.informer.setNamespaces(['a', 'secret']);
  rig.informer.start();
  await rig.clock.advance(10_000);
  expect(rig.informer.scopes().map((scope) => scope.state)).toEqual(['Watching', 'Forbidden']);
  expect(rig.informer.view.size).toBe(1);
  expect(rig.informer.hasSynced).toBe(false);
  rig.informer.setNamespaces(['a']);
  expect(rig.informer.hasSynced).toBe(true);
  await rig.informer.stop();
});

test('a namespace is added while the others run on, untouched', async () => {
  const rig = filledRig(['a']);
  const lines: string[] = [];
  const handle = rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  rig.informer.start();
  await rig.clock.settle();
  lines.length = 0;
  rig.informer.setNamespaces(['a', 'b']);
  expect(rig.informer.hasSynced).toBe(false);
  await rig.clock.settle();
  expect(rig.informer.hasSynced).toBe(true);
  expect(handle.hasSynced).toBe(true);
  expect(held(rig)).toEqual(['a', 'b']);
  expect(lines).toEqual([0, 1, 2].map((i) => `added b/thing-${i} uid-${i + 7}@${i + 102} ${i} (initial)`));
  expect(rig.api.requests.map((request) => request.namespace)).toEqual(['a', 'b']);
  await rig.informer.stop();
});

test('a namespace is taken away: its objects leave at once, and nobody is told that they were deleted', async () => {
  const rig = filledRig(['a', 'b']);
  const lines: string[] = [];
  rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  rig.informer.start();
  await rig.clock.settle();
  lines.length = 0;
  rig.informer.setNamespaces(['a']);
  expect(held(rig)).toEqual(['a']);
  rig.server.put('b', 'thing-0', 50);
  await rig.clock.settle();
  expect(held(rig)).toEqual(['a']);
  expect(lines).toEqual([0, 1, 2].map((i) => `deleted b/thing-${i} uid-${i + 7}@${i + 102} ${i} (relist, scope-removed)`));
  expect(rig.api.open).toBe(1);
  await rig.informer.stop();
});

test('from single namespaces to all, no object leaves or is added twice, and what was deleted meanwhile leaves as deleted', async () => {
  const rig = filledRig(['a', 'b']);
  const lines: string[] = [];
  rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  rig.informer.start();
  await rig.clock.settle();
  lines.length = 0;
  rig.api.options = { batch: 1, paceMs: 100 };
  rig.informer.setNamespaces(['']);
  await rig.clock.advance(300);
  rig.server.put('a', 'thing-1', 11);
  rig.server.delete('b', 'thing-2');
  await rig.clock.settle();
  expect(held(rig)).toEqual(['a', 'b']);
  expect(rig.informer.scopes().map((scope) => scope.namespace)).toEqual(['a', 'b', '']);
  await rig.clock.advance(3000);
  expect(rig.informer.scopes().map((scope) => [scope.namespace, scope.state])).toEqual([['', 'Watching']]);
  expect([...rig.held()].sort()).toEqual([...truth(rig, [''])].sort());
  expect(lines.filter((line) => !line.startsWith('added'))).toEqual([
    'updated a/thing-1 uid-2@108 11 (watch)',
    'deleted b/thing-2 uid-9@109 2 (watch, deleted)',
  ]);
  expect(
    lines
      .filter((line) => line.startsWith('added'))
      .map((line) => line.split(' ')[1])
      .sort(),
  ).toEqual(['a-0/thing-0', 'a-0/thing-1', 'a-0/thing-2', 'c/thing-0', 'c/thing-1', 'c/thing-2']);
  expect(rig.api.open).toBe(1);
  await rig.informer.stop();
});

test('from all to single namespaces, those kept are resumed without a list, and the others leave at once', async () => {
  const rig = filledRig(['']);
  const lines: string[] = [];
  rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  rig.informer.start();
  await rig.clock.settle();
  lines.length = 0;
  rig.informer.setNamespaces(['a', 'b']);
  expect(held(rig)).toEqual(['a', 'b']);
  expect(rig.informer.hasSynced).toBe(true);
  rig.server.put('a', 'thing-0', 10);
  rig.server.delete('b', 'thing-0');
  rig.server.put('c', 'thing-0', 10);
  await rig.clock.settle();
  expect(rig.api.requests.filter((request) => request.kind === 'stream' || request.kind === 'list')).toHaveLength(1);
  expect([...rig.held()].sort()).toEqual([...truth(rig, ['a', 'b'])].sort());
  expect(lines.filter((line) => line.includes('scope-removed'))).toHaveLength(6);
  expect(lines.filter((line) => !line.includes('scope-removed'))).toEqual([
    'updated a/thing-0 uid-1@108 10 (watch)',
    'deleted b/thing-0 uid-7@109 0 (watch, deleted)',
  ]);
  await rig.informer.stop();
});

test('whatever the order of scopes, changes and faults, the view ends at the server’s state, and nothing ever goes back', async () => {
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('put' as const),
        namespace: fc.constantFrom(...NAMESPACES),
        name: fc.integer({ min: 0, max: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('delete' as const),
        namespace: fc.constantFrom(...NAMESPACES),
        name: fc.integer({ min: 0, max: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('scope' as const),
        namespaces: fc.oneof(fc.constant(['']), fc.uniqueArray(fc.constantFrom(...NAMESPACES), { maxLength: 3 })),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 40, 500, 3000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), fc.integer({ min: 1, max: 1_000_000 }), async (steps, seed) => {
      const rig = createModelRig({ namespaces: ['a', 'b'], seed, api: { batch: 1, paceMs: 30 } });
      let payload = 0;
      let namespaces: readonly string[] = ['a', 'b'];
      const versions = new Map<string, number>();
      const graves = new Set<string>();
      const known = new Map<string, string>();
      const wrong: string[] = [];
      rig.informer.handle((delta) => {
        const { entry } = delta;
        const id = `${entry.key.namespace}/${entry.key.name}`;
        const version = Number(entry.version);
        if (version < (versions.get(`${id} ${entry.uid}`) ?? 0)) wrong.push(`${id} went back to ${version}`);
        versions.set(`${id} ${entry.uid}`, version);
        if (delta.type === 'added' ? known.has(id) : known.get(id) !== entry.uid)
          wrong.push(`${delta.type} ${id} ${entry.uid} where ${String(known.get(id))} was known`);
        if (delta.type === 'deleted') {
          if (delta.cause === 'deleted') graves.add(entry.uid);
          known.delete(id);
        } else {
          if (graves.has(entry.uid)) wrong.push(`${id} ${entry.uid} came back from the dead`);
          known.set(id, entry.uid);
        }
      });
      rig.informer.start();
      for (const action of steps) {
        if (action.kind === 'put') rig.server.put(action.namespace, `thing-${action.name}`, (payload += 1));
        else if (action.kind === 'delete') rig.server.delete(action.namespace, `thing-${action.name}`);
        else if (action.kind === 'scope') rig.informer.setNamespaces((namespaces = action.namespaces));
        else if (action.kind === 'wait') await rig.clock.advance(action.ms);
        else if (action.kind === 'cut') rig.server.cut();
        else rig.server.restart();
        if (action.kind === 'scope')
          expect(held(rig).every((namespace) => namespaces.includes('') || namespaces.includes(namespace))).toBe(true);
      }
      await rig.clock.advance(120_000);
      const truth = wireState(rig.server.state(), (object) => namespaces.includes('') || namespaces.includes(object.namespace)).sort();
      expect([...rig.held()].sort()).toEqual(truth);
      expect([...known].map(([id, uid]) => `${id} ${uid}`).sort()).toEqual(truth.map((line) => line.slice(0, line.indexOf('@'))).sort());
      expect(wrong).toEqual([]);
      await rig.informer.stop();
      expect(rig.clock.pending).toBe(0);
      expect(rig.api.open).toBe(0);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('clusters stand in one view under their own keys, each with its own state; a dead one blocks no other', async () => {
  const rig = createModelRig();
  const other = new ModelServer(rig.clock, 5000);
  const otherApi = new ModelApi(other);
  rig.server.put('default', 'same', 1);
  other.put('default', 'same', 2);
  rig.informer.start();
  await rig.clock.settle();
  otherApi.plan('any', { refused: true }, 3);
  rig.informer.addCluster({ cluster: 'north', source: (namespace) => otherApi.source(namespace) });
  await rig.clock.settle();
  expect(rig.informer.scopes().map((scope) => [scope.cluster, scope.state])).toEqual([
    ['', 'Watching'],
    ['north', 'BackingOff'],
  ]);
  await rig.clock.advance(20_000);
  expect([...rig.informer.view.select()].map((entry) => [entry.key.cluster, entry.value.spec.payload])).toEqual([
    ['', 1],
    ['north', 2],
  ]);
  expect([...rig.informer.view.select({ cluster: 'north' })]).toHaveLength(1);
  other.put('default', 'same', 22);
  other.delete('default', 'same');
  await rig.clock.settle();
  expect([...rig.informer.view.select()].map((entry) => entry.key.cluster)).toEqual(['']);
  other.put('default', 'next', 3);
  await rig.clock.settle();
  const causes: unknown[] = [];
  rig.informer.handle((delta) => void (delta.type === 'deleted' && causes.push(delta.cause)));
  await rig.clock.settle();
  expect(rig.informer.removeCluster('north')).toBe(true);
  expect(rig.informer.removeCluster('north')).toBe(false);
  await rig.clock.settle();
  expect(causes).toEqual(['scope-removed']);
  expect(rig.informer.scopes()).toHaveLength(1);
  await rig.informer.stop();
});

test('options that cannot work are refused before anything starts', () => {
  const source = (): never => {
    throw new Error('unused');
  };
  for (const options of [{}, { namespaces: ['', 'a'], source }, { source, client: { resource: source } }]) {
    let error: unknown;
    try {
      createInformer<Thing>({ type: thingType, ...options });
    } catch (caught) {
      error = caught;
    }
    expect(isInformerError(error)).toBe(true);
  }
});

test('a cluster-scoped kind has one scope and no namespaces', async () => {
  expect(() => createModelRig({ type: { ...thingType, scope: 'Cluster' }, namespaces: ['a'] })).toThrow(
    /^namespaces: a cluster-scoped kind has none/u,
  );
  const rig = createModelRig({ type: { ...thingType, scope: 'Cluster' } });
  rig.server.put('', 'x', 1);
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.scopes().map((scope) => scope.namespace)).toEqual(['']);
  expect(rig.informer.view.get({ cluster: '', namespace: '', name: 'x' })?.spec.payload).toBe(1);
  expect(() => rig.informer.setNamespaces(['a'])).toThrow(/^namespaces: things have none/u);
  await rig.informer.stop();
});

test('names that are hostile are names like others', async () => {
  const rig = createModelRig({ namespaces: ['constructor', 'tostring'] });
  for (const namespace of ['constructor', 'tostring'])
    for (const name of ['__proto__', 'toString', 'a'.repeat(253), 'é…/../%2F']) rig.server.put(namespace, name, 1);
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.view.size).toBe(8);
  expect([...rig.held()].sort()).toEqual(wireState(rig.server.state(), matcher('', {})).sort());
  rig.informer.setNamespaces(['constructor']);
  expect(held(rig)).toEqual(['constructor']);
  expect(() => rig.informer.setNamespaces(['__proto__'])).toThrow(/^namespaces: "__proto__" cannot work/u);
  await rig.informer.stop();
});
