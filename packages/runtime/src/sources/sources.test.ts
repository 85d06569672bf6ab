import { systemClock } from '@kubecast/clock';
import { configMapType, podType } from '@kubecast/crd';
import { createInformer, type Delta } from '@kubecast/informer';
import { ModelApi, ModelServer, thingType, type Thing } from '@kubecast/informer/testing';
import { encodeKey, type Entry, type Key } from '@kubecast/store';
import { expect, test } from 'vitest';
import { informerSource } from './informer-source.ts';
import { ownerKeys } from './owner-keys.ts';
import {
  allOf,
  annotationsChanged,
  anyOf,
  generationChanged,
  labelsChanged,
  not,
  resourceVersionChanged,
  type Predicate,
} from './predicates.ts';

interface Meta {
  readonly [field: string]: unknown;
}

const entry = (metadata: Meta, more: { uid?: string; version?: string; labels?: Record<string, string> } = {}): Entry<unknown> =>
  ({
    key: { cluster: '', namespace: 'n', name: 'o' },
    uid: more.uid ?? 'u',
    version: more.version ?? '1',
    labels: more.labels ?? {},
    value: { metadata },
  }) as unknown as Entry<unknown>;
const update = (before: Entry<unknown>, now: Entry<unknown>, more: Partial<Delta<unknown>> = {}): Delta<unknown> => ({
  type: 'updated',
  origin: 'watch',
  entry: now,
  previous: before,
  ...more,
});
const base = { generation: 1, finalizers: ['a.b/c'], annotations: { a: '1' } };
const changes: Readonly<Record<string, Delta<unknown>>> = {
  nothing: update(entry(base), entry(base)),
  status: update(entry(base), entry(base, { version: '2' })),
  spec: update(entry(base), entry({ ...base, generation: 2 }, { version: '2' })),
  labels: update(entry(base, { labels: { a: '1' } }), entry(base, { version: '2', labels: { a: '2' } })),
  annotations: update(entry(base), entry({ ...base, annotations: { a: '2' } }, { version: '2' })),
  finalizers: update(entry(base), entry({ ...base, finalizers: [] }, { version: '2' })),
  deletion: update(entry(base), entry({ ...base, deletionTimestamp: 't' }, { version: '2' })),
  'no generation': update(entry({}), entry({}, { version: '2' })),
  'another object': update(entry(base), entry(base, { uid: 'other', version: '2' })),
  'before unknown': { type: 'updated', origin: 'watch', entry: entry(base, { version: '2' }) },
  resync: update(entry(base), entry(base), { origin: 'resync' }),
  add: { type: 'added', origin: 'watch', entry: entry(base) },
  delete: { type: 'deleted', origin: 'watch', entry: entry(base) },
};
const always = ['another object', 'before unknown', 'resync', 'add', 'delete'];

test.each<[string, Predicate<unknown>, readonly string[]]>([
  ['generationChanged', generationChanged, ['spec', 'finalizers', 'deletion', 'no generation']],
  ['labelsChanged', labelsChanged, ['labels']],
  ['annotationsChanged', annotationsChanged, ['annotations']],
  [
    'resourceVersionChanged',
    resourceVersionChanged,
    ['status', 'spec', 'labels', 'annotations', 'finalizers', 'deletion', 'no generation'],
  ],
  ['anyOf', anyOf(labelsChanged, annotationsChanged), ['labels', 'annotations']],
  ['allOf', allOf(labelsChanged, resourceVersionChanged), ['labels']],
])('%s passes the changes that it is for, and everything that is no update', (_name, predicate, passed) => {
  const seen = Object.entries(changes).filter(([, delta]) => predicate(delta));
  expect(seen.map(([name]) => name).sort()).toEqual([...passed, ...always].sort());
});

test('not turns a predicate round, and anyOf of nothing is refused', () => {
  expect(not(labelsChanged)(changes['labels'] as Delta<unknown>)).toBe(false);
  expect(() => anyOf()).toThrow('anyOf');
});

const owned = (references: unknown): Delta<unknown> => ({ type: 'added', origin: 'watch', entry: entry({ ownerReferences: references }) });

test('owners are found by group and kind, whatever the version; the controller alone unless every owner is asked for', () => {
  const model = { ...configMapType, group: 'x.io', kind: 'Model' };
  const references = [
    { apiVersion: 'x.io/v1', kind: 'Model', name: 'controller', uid: '1', controller: true },
    { apiVersion: 'x.io/v9', kind: 'Model', name: 'other', uid: '2' },
    { apiVersion: 'y.io/v1', kind: 'Model', name: 'foreign', uid: '3', controller: true },
    { apiVersion: 'v1', kind: 'Model', name: 'core', uid: '4', controller: true },
  ];
  const key = (name: string): Key => ({ cluster: '', namespace: 'n', name });
  expect(ownerKeys(model)(owned(references))).toEqual([key('controller')]);
  expect(ownerKeys(model, { everyOwner: true })(owned(references))).toEqual([key('controller'), key('other')]);
  expect(ownerKeys({ ...model, scope: 'Cluster' })(owned(references))).toEqual([{ cluster: '', namespace: '', name: 'controller' }]);
});

test.each([undefined, null, 'x', [null, 5, {}, { kind: 'Pod' }], { length: 1 }])(
  'references that are none are no owners: %j',
  (references) => {
    expect(ownerKeys(podType)(owned(references))).toEqual([]);
  },
);

async function running(
  options: Parameters<typeof informerSource<Thing, Key>>[1],
): Promise<{ server: ModelServer; keys: string[]; errors: unknown[]; settle: () => Promise<void>; stop: () => Promise<void> }> {
  const server = new ModelServer(systemClock);
  const api = new ModelApi(server);
  const informer = createInformer<Thing>({ type: thingType, source: (namespace) => api.source(namespace) });
  const keys: string[] = [];
  const errors: unknown[] = [];
  const stop = new AbortController();
  await informerSource<Thing, Key>(informer, options).start(
    (key) => void keys.push(encodeKey(key)),
    stop.signal,
    (error) => void errors.push(error),
  );
  return {
    server,
    keys,
    errors,
    settle: async () => {
      for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
    },
    stop: async () => {
      stop.abort();
      await informer.stop();
    },
  };
}

test('a map function sees an update’s state before too, so that what is no longer pointed to is run', async () => {
  const run = await running({ map: ({ entry: { labels, key } }) => [{ ...key, name: labels['to'] ?? 'none' }] });
  run.server.put('n', 'a', 1, { to: 'first' });
  await run.settle();
  run.server.put('n', 'a', 2, { to: 'second' });
  await run.settle();
  expect(run.keys.map((key) => key.split('/').at(-1))).toEqual(['first', 'second', 'first']);
  await run.stop();
});

test.each<[string, () => unknown]>([
  [
    'throws',
    (): never => {
      throw new Error('map failed');
    },
  ],
  ['returns nothing', (): undefined => undefined],
  ['returns a promise that fails', (): Promise<never> => Promise.reject(new Error('late'))],
  ['returns a number', (): number => 5],
  ['returns a text', (): string => 'n/a'],
])('a map function that %s costs the one change, and is told with the object', async (_what, map) => {
  let bad = true;
  const run = await running({ map: (delta) => (bad ? (map() as Iterable<Key>) : [delta.entry.key]) });
  run.server.put('n', 'a', 1);
  await run.settle();
  bad = false;
  run.server.put('n', 'b', 1);
  await run.settle();
  expect(run.errors).toHaveLength(1);
  expect(String(run.errors[0])).toContain('n/a');
  expect(run.keys).toHaveLength(1);
  await run.stop();
});

test.each<[string, () => unknown]>([
  [
    'throws',
    (): never => {
      throw new Error('predicate failed');
    },
  ],
  ['returns a promise that fails', (): Promise<never> => Promise.reject(new Error('late'))],
])('a predicate that %s passes the change, and is told', async (_what, predicate) => {
  const run = await running({ map: (delta) => [delta.entry.key], predicates: [() => predicate() as boolean] });
  run.server.put('n', 'a', 1);
  await run.settle();
  expect([run.keys.length, run.errors.length]).toEqual([1, 1]);
  await run.stop();
});
