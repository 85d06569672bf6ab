import { expect, test } from 'vitest';
import { createVirtualClock } from '@kubecast/clock/testing';
import {
  createInformer,
  createInformerFactory,
  createMetadataInformer,
  followConfigMap,
  followNamespaces,
  InformerOptionsError,
  restoreInformer,
  scopeId,
} from '../index.ts';
import { createModelRig, memoryFiles, ModelApi, ModelServer, thingType } from '../testing/index.ts';

const clock = createVirtualClock();
const api = new ModelApi(new ModelServer(clock));
const source = (namespace: string): ReturnType<ModelApi['source']> => api.source(namespace);
const good = { type: thingType, source, clock };

/** The message of the error, which must be of this package and come at once. */
function refused(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof InformerOptionsError && error.code === 'OPTIONS_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

async function refusedLater(body: () => Promise<unknown>): Promise<string> {
  try {
    await body();
  } catch (error) {
    if (error instanceof InformerOptionsError && error.code === 'OPTIONS_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

const make = (options: object): string => refused(() => createInformer({ ...good, ...options } as never));

test('options that can work are accepted', () => {
  for (const options of [
    {},
    { namespaces: [] },
    { namespaces: [''] },
    { namespaces: ['a', 'b-1'] },
    { labelSelector: '' },
    { labelSelector: 'a in (b,c),!d,e!=f' },
    { fieldSelector: '' },
    { fieldSelector: 'metadata.name=x,status.phase!=Failed,spec.a==b' },
    { fieldSelector: 'metadata.name=' },
    { fieldSelector: String.raw`spec.a=x\,y\=z\\` },
    { limits: {} },
    { limits: { sliceMs: 0, relistMs: 0, startJitterMs: 0, idleMs: 0.5, formLagMs: 0 } },
    { limits: { idleMs: undefined } },
    { store: {} },
    { store: { hotBytes: 0, shared: true } },
    { store: { hotReads: 1, hotWindow: 1024 } },
    { resyncMs: 0 },
    { clusters: [{ cluster: 'east', source, namespaces: ['a'] }] },
    { cluster: 'é / %2F' },
    { drop: [] },
  ])
    expect([options, make(options)]).toEqual([options, 'accepted']);
  expect(refused(() => createInformer({ type: thingType, clusters: [] }))).toBe('accepted');
});

test('an option that cannot work is refused at once, by its name and value', () => {
  const wrong: [object, RegExp][] = [
    [{ namespaces: ['a/b'] }, /^namespaces: "a\/b" cannot work; give the name of a namespace/u],
    [{ namespaces: ['..'] }, /^namespaces: "\.\."/u],
    [{ namespaces: ['A'] }, /^namespaces: "A"/u],
    [{ namespaces: ['x'.repeat(64)] }, /^namespaces: "x+"/u],
    [{ namespaces: ['a', 'a'] }, /^namespaces: "a" cannot work; name each namespace once/u],
    [{ namespaces: ['', 'a'] }, /^namespaces: '' means all namespaces and cannot stand beside "a"/u],
    [{ namespaces: [undefined] }, /^namespaces: undefined/u],
    [{ namespaces: [null] }, /^namespaces: null/u],
    [{ namespaces: 'abc' }, /^namespaces: "abc" cannot work; give a list/u],
    [{ namespaces: null }, /^namespaces: null/u],
    [{ namespaces: ['a\u202Eb'] }, /^namespaces: "a\\u202eb"/u],
    [
      { labelSelector: 'a in (' },
      /^labelSelector: "a in \(" cannot work; give a label selector that the API server takes: unable to parse/u,
    ],
    [{ labelSelector: 'a=b,' }, /^labelSelector:/u],
    [{ labelSelector: 7 }, /^labelSelector: 7/u],
    [{ fieldSelector: 'metadata.name' }, /^fieldSelector: "metadata.name" cannot work; the term "metadata.name" has neither = nor !=/u],
    [{ fieldSelector: '=x' }, /^fieldSelector: .* names no field/u],
    [{ fieldSelector: 'a=b=c' }, /^fieldSelector: .*must be written/u],
    [{ fieldSelector: String.raw`a=\x` }, /^fieldSelector: .*must be written/u],
    [{ fieldSelector: 'a=b\\' }, /^fieldSelector: .*must be written/u],
    [{ fieldSelector: {} }, /^fieldSelector: an object/u],
    [{ type: undefined }, /^type: undefined/u],
    [{ type: { ...thingType, group: undefined } }, /^type\.group: undefined/u],
    [{ type: { ...thingType, group: 'Example' } }, /^type\.group: "Example"/u],
    [{ type: { ...thingType, version: '' } }, /^type\.version: ""/u],
    [{ type: { ...thingType, version: undefined } }, /^type\.version: undefined/u],
    [{ type: { ...thingType, kind: '' } }, /^type\.kind: ""/u],
    [{ type: { ...thingType, plural: 'things/status' } }, /^type\.plural: "things\/status"/u],
    [{ type: { ...thingType, scope: 'namespaced' } }, /^type\.scope: "namespaced"/u],
    [{ type: { ...thingType, scope: 'Cluster' }, namespaces: ['a'] }, /^namespaces: a cluster-scoped kind has none/u],
    [{ limits: { idleMs: 0 } }, /^limits\.idleMs: 0 cannot work/u],
    [{ limits: { idleMs: -1 } }, /^limits\.idleMs: -1/u],
    [{ limits: { idleMs: Number.NaN } }, /^limits\.idleMs: NaN/u],
    [{ limits: { idleMs: 2 ** 31 } }, /^limits\.idleMs: 2147483648/u],
    [{ limits: { idleMs: Infinity } }, /^limits\.idleMs: Infinity/u],
    [{ limits: { idleMs: '75000' } }, /^limits\.idleMs: "75000"/u],
    [{ limits: { idleMs: 5n } }, /^limits\.idleMs: 5n/u],
    [{ limits: { sliceMs: -1 } }, /^limits\.sliceMs: -1/u],
    [{ limits: { watchMinSeconds: 1.5 } }, /^limits\.watchMinSeconds: 1.5/u],
    [{ limits: { watchMinSeconds: 700 } }, /^limits\.watchMinSeconds: 700 cannot work; give at most watchMaxSeconds, which is 600/u],
    [{ limits: { idle: 5 } }, /^limits: there is no option "idle"/u],
    [{ limits: [] }, /^limits: an array of 0/u],
    [{ clock: {} }, /^clock: an object cannot work; give a Clock of @kubecast\/clock; it has no now\(\)/u],
    [{ clock: 5 }, /^clock: 5/u],
    [{ cluster: 7 }, /^cluster: 7/u],
    [{ cluster: 'a\0b' }, /^cluster: "a\\u0000b"/u],
    [{ cluster: '\uD800' }, /^cluster:/u],
    [{ cluster: 'x'.repeat(254) }, /^cluster:/u],
    [{ clusters: {} }, /^clusters: an object/u],
    [{ clusters: [{ source }] }, /^clusters\[0\]\.cluster: undefined/u],
    [{ clusters: [{ cluster: 'a' }] }, /^clusters\[0\]\.client: give a client/u],
    [{ clusters: [{ cluster: '', source }] }, /^cluster: there is a cluster named "" already/u],
    [{ clusters: [{ cluster: 'a', source, namespaces: ['a/b'] }] }, /^clusters\[0\]\.namespaces: "a\/b"/u],
    [{ clusters: [{ cluster: 'a', source, labelSelector: 'x' }] }, /^clusters\[0\]: there is no option "labelSelector"/u],
    [{ source: undefined }, /^client: give a client of @kubecast\/client/u],
    [{ source: {} }, /^source: an object cannot work; give \{ listPages, watchFrames \}/u],
    [{ source: () => undefined }, /^source\(""\): undefined/u],
    [{ source: 'https://localhost' }, /^source: "https/u],
    [{ client: { resource: () => undefined } }, /^source: give a client or a source, not both/u],
    [{ source: undefined, client: {} }, /^client: an object/u],
    [{ capabilities: {} }, /^capabilities: an object/u],
    [{ server: { url: 'nowhere' } }, /^server\.url: "nowhere"/u],
    [{ server: { uid: 'x', url: 'https://a' } }, /^server\.uid: "x"/u],
    [{ metadataOnly: 'yes' }, /^metadataOnly: "yes"/u],
    [{ indexes: { a: 'b' } }, /^indexes\.a: "b"/u],
    [{ indexes: [] }, /^indexes: an array/u],
    [{ drop: ['metadata.managedFields'] }, /^drop: an array of 1 cannot work; give a list of paths/u],
    [{ drop: [[]] }, /^drop:/u],
    [{ drop: [['metadata', 'uid']] }, /^drop: the path \["metadata","uid"\] may not be dropped/u],
    [{ transform: 'x' }, /^transform: "x"/u],
    [{ resyncMs: -1 }, /^resyncMs: -1/u],
    [{ resyncMs: Number.NaN }, /^resyncMs: NaN/u],
    [{ onReport: 'log' }, /^onReport: "log"/u],
    [{ store: { hotBytes: -1 } }, /^store\.hotBytes: -1/u],
    [{ store: { hotReads: 0 } }, /^store\.hotReads: 0/u],
    [{ store: { hotWindow: 1023 } }, /^store\.hotWindow: 1023/u],
    [{ store: { shared: false } }, /^store\.shared: false/u],
    [{ store: { shared: { leaseMs: 0 } } }, /^store\.shared\.leaseMs: 0/u],
    [{ store: { compareVersions: () => 0 } }, /^store: there is no option "compareVersions"/u],
    [{ writer: {} }, /an informer makes its store itself.*store: \{ shared, hotBytes \}/u],
    [{ labelSelectors: 'a=b' }, /^createInformer: there is no option "labelSelectors"; there are: type, client/u],
    [{ ['__proto_']: 1 }, /^createInformer: there is no option "__proto_"/u],
  ];
  for (const [options, message] of wrong) expect([options, make(options)]).toEqual([options, expect.stringMatching(message)]);
  for (const options of [undefined, null, 7, 'x', [], () => undefined])
    expect(refused(() => createInformer(options as never))).toMatch(/^createInformer: /u);
  const { source: _, ...without } = good;
  expect(refused(() => createInformer({ ...without, namespaces: ['a'], clusters: [] }))).toMatch(/^namespaces: without a client/u);
  expect(refused(() => createMetadataInformer({ ...good, metadataOnly: false } as never))).toMatch(/^metadataOnly: /u);
  expect(refused(() => createMetadataInformer({ ...good, namespaces: ['..'] }))).toMatch(/^namespaces: "\.\."/u);
});

test('options of handlers that cannot work are refused at once', () => {
  const { informer } = createModelRig();
  const wrong: [object, RegExp][] = [
    [{ workers: 0 }, /^workers: 0 cannot work; give a whole number from 1/u],
    [{ workers: -1 }, /^workers: -1/u],
    [{ workers: Number.NaN }, /^workers: NaN/u],
    [{ workers: 1.5 }, /^workers: 1.5/u],
    [{ workers: '2' }, /^workers: "2"/u],
    [{ workers: Infinity }, /^workers: Infinity/u],
    [{ workers: 2 ** 53 }, /^workers: /u],
    [{ buffer: 0 }, /^buffer: 0/u],
    [{ pinnedBytes: -1 }, /^pinnedBytes: -1/u],
    [{ overflow: 'drop' }, /^overflow: "drop" cannot work; give "coalesce" or "resync"/u],
    [{ overflow: 'resync', withPrevious: true }, /^withPrevious: with overflow "resync"/u],
    [{ withPrevious: 1 }, /^withPrevious: 1/u],
    [{ resyncMs: -5 }, /^resyncMs: -5/u],
    [{ filter: 'x' }, /^filter: "x"/u],
    [{ onError: {} }, /^onError: an object/u],
    [{ name: '' }, /^name: ""/u],
    [{ worker: 1 }, /^handle: there is no option "worker"; there are: filter/u],
    [{ signal: new AbortController().signal }, /^handle: there is no option "signal"/u],
  ];
  for (const [options, message] of wrong)
    expect([options, refused(() => informer.handle(() => undefined, options as never))]).toEqual([options, expect.stringMatching(message)]);
  for (const handler of [undefined, null, 'x', {}]) expect(refused(() => informer.handle(handler as never))).toMatch(/^handler: /u);
  expect(refused(() => informer.handle(() => undefined, null as never))).toMatch(/^handle: null/u);
  expect(informer.handlers).toEqual([]);
  expect(refused(() => informer.deltas({ workers: 2 } as never))).toMatch(/^deltas: there is no option "workers"/u);
  expect(refused(() => informer.deltas({ signal: {} as never }))).toMatch(/^signal: an object/u);
  expect(refused(() => informer.deltas({ buffer: 0 }))).toMatch(/^buffer: 0/u);
  expect(refused(() => informer.onStatus(undefined as never))).toMatch(/^listener: /u);
  expect(refused(() => informer.addIndex('', () => []))).toMatch(/^index: ""/u);
  expect(refused(() => informer.addIndex('a', undefined as never))).toMatch(/^indexes\.a: undefined/u);
});

test('what cannot be waited for is refused at once', async () => {
  const { informer } = createModelRig();
  const receipt = { key: { cluster: '', namespace: 'a', name: 'b' }, uid: 'u', version: '5', gone: false };
  const wrong: [unknown, unknown, RegExp][] = [
    [receipt, {}, /^deadlineMs: undefined/u],
    [receipt, undefined, /^waitFor: undefined/u],
    [receipt, { deadlineMs: Number.NaN }, /^deadlineMs: NaN/u],
    [receipt, { deadlineMs: -1 }, /^deadlineMs: -1/u],
    [receipt, { deadlineMs: 2 ** 31 }, /^deadlineMs: 2147483648/u],
    [receipt, { deadlineMs: '5' }, /^deadlineMs: "5"/u],
    [receipt, { deadlineMs: 5, deadline: 5 }, /^waitFor: there is no option "deadline"/u],
    [receipt, { deadlineMs: 5, signal: {} }, /^signal: /u],
    [receipt, { deadlineMs: 5, after: {} }, /^after: /u],
    [{ ...receipt, key: undefined }, { deadlineMs: 5 }, /^waitFor\.key: undefined/u],
    [{ ...receipt, key: { namespace: 'a' } }, { deadlineMs: 5 }, /^waitFor\.key\.name: undefined/u],
    [{ ...receipt, key: { name: 'a' } }, { deadlineMs: 5 }, /^waitFor\.key\.namespace: undefined/u],
    [{ ...receipt, version: 5 }, { deadlineMs: 5 }, /^waitFor\.version: 5/u],
    [{ ...receipt, uid: undefined }, { deadlineMs: 5 }, /^waitFor\.uid: undefined/u],
    [{ ...receipt, gone: 'no' }, { deadlineMs: 5 }, /^waitFor\.gone: "no"/u],
    [undefined, { deadlineMs: 5 }, /^waitFor: undefined/u],
    [{ scope: scopeId(''), version: '' }, { deadlineMs: 5 }, /^waitFor\.version: ""/u],
    [{ scope: undefined, version: '5' }, { deadlineMs: 5 }, /^waitFor\.scope: undefined/u],
  ];
  for (const [what, options, message] of wrong)
    expect([what, options, await refusedLater(() => informer.waitFor(what as never, options as never))]).toEqual([
      what,
      options,
      expect.stringMatching(message),
    ]);
  expect(refused(() => informer.writeBarrier({ namespace: 'a' } as never))).toMatch(/^key\.name: undefined/u);
  expect(refused(() => informer.writeBarrier(undefined as never))).toMatch(/^key: undefined/u);
  expect(refused(() => informer.observeReceipt(receipt, undefined as never))).toMatch(/^barrier: undefined/u);
  expect(await refusedLater(() => informer.whenSynced(5 as never))).toMatch(/^signal: 5/u);
  expect(await refusedLater(() => informer.save())).toMatch(/^save: .*without a place/u);
});

test('scopes that cannot be are refused, and nothing is changed then', async () => {
  const rig = createModelRig({ namespaces: ['a'] });
  const { informer } = rig;
  const names = (): string[] => informer.scopes().map(({ namespace }) => namespace);
  for (const namespaces of [undefined, 'b', ['b', '..'], ['b', 'b'], ['b', ''], [7]]) {
    expect(refused(() => informer.setNamespaces(namespaces as never))).toMatch(/^namespaces: /u);
    expect(names()).toEqual(['a']);
  }
  expect(refused(() => informer.setNamespaces(['b'], 'elsewhere'))).toMatch(/^cluster: there is no cluster named "elsewhere"/u);
  expect(refused(() => informer.setNamespaces(['b'], 7 as never))).toMatch(/^cluster: 7/u);
  expect(refused(() => informer.addCluster({ cluster: '', source }))).toMatch(/^cluster: there is a cluster/u);
  expect(refused(() => informer.addCluster({ source } as never))).toMatch(/^addCluster\.cluster: undefined/u);
  expect(refused(() => informer.addCluster(undefined as never))).toMatch(/^addCluster: undefined/u);
  expect(refused(() => informer.removeCluster(undefined as never))).toMatch(/^cluster: undefined/u);
  const faulty = createInformer({
    ...good,
    namespaces: ['a'],
    source: (name) => (name === 'bad' ? (undefined as never) : api.source(name)),
  });
  expect(refused(() => faulty.setNamespaces(['bad']))).toMatch(/^source\("bad"\): undefined/u);
  expect(faulty.scopes().map(({ namespace }) => namespace)).toEqual(['a']);
  expect(names()).toEqual(['a']);
  await informer.stop();
});

test('a factory, a follower and a file are refused what they cannot work with', async () => {
  expect(refused(() => createInformerFactory({ clock }))).toMatch(/^client: /u);
  expect(refused(() => createInformerFactory({ source, namespaces: ['a'] } as never))).toMatch(
    /^createInformerFactory: there is no option "namespaces"/u,
  );
  expect(refused(() => createInformerFactory({ source, limits: { idleMs: 0 } }))).toMatch(/^limits\.idleMs: 0/u);
  const factory = createInformerFactory({ source, clock });
  expect(refused(() => factory.informer({ ...thingType, plural: '' }))).toMatch(/^type\.plural: ""/u);
  expect(refused(() => factory.informer(thingType, { namespaces: ['a', 'a'] }))).toMatch(/^namespaces: "a"/u);
  expect(refused(() => factory.informer(thingType, { transform: (o: object) => o } as never))).toMatch(
    /^informer: there is no option "transform"/u,
  );
  expect([factory.shared, factory.leases]).toEqual([0, 0]);

  const { informer } = createModelRig();
  const namespaces = createModelRig().informer;
  expect(refused(() => followNamespaces(informer, { namespaces, selector: 'a in (' }))).toMatch(/^selector: "a in \("/u);
  expect(refused(() => followNamespaces(informer, { namespaces, selector: 7 as never }))).toMatch(/^selector: 7/u);
  expect(refused(() => followNamespaces(informer, { namespaces: undefined as never, selector: '' }))).toMatch(/^namespaces: undefined/u);
  expect(refused(() => followNamespaces(informer, { namespaces, labels: '' } as never))).toMatch(
    /^followNamespaces: there is no option "labels"/u,
  );
  expect(refused(() => followNamespaces(undefined as never, { namespaces, selector: '' }))).toMatch(/^informer: undefined/u);
  const configMaps = createModelRig().informer as never;
  expect(refused(() => followConfigMap(informer, { configMaps, namespace: '', name: 'x' }))).toMatch(/^namespace: ""/u);
  expect(refused(() => followConfigMap(informer, { configMaps, namespace: 'a', name: 'A/b' }))).toMatch(/^name: "A\/b"/u);
  expect(namespaces.handlers).toEqual([]);

  const files = memoryFiles();
  const place = { files, path: '/x' };
  const restore = (options: object, at: object): Promise<string> =>
    refusedLater(() => restoreInformer({ ...good, ...options } as never, at as never));
  const transform = (object: Record<string, unknown>): Record<string, unknown> => object;
  expect(await restore({}, { ...place, path: '' })).toMatch(/^path: ""/u);
  expect(await restore({}, { ...place, files: {} })).toMatch(/^files: an object cannot work.*it has no write\(\)/u);
  expect(await restore({}, { ...place, everyMs: -1 })).toMatch(/^everyMs: -1/u);
  expect(await restore({}, { ...place, every: 1 })).toMatch(/^place: there is no option "every"/u);
  expect(await restore({ transform }, place)).toMatch(/^transformName: a transform whose results are saved needs a name/u);
  expect(await restore({ transform }, { ...place, transformName: '' })).toMatch(/^transformName: ""/u);
  expect(await restore({}, { ...place, transformName: 'a' })).toMatch(/^transformName: "a" cannot work; there is no transform/u);
  const secret = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', scope: 'Namespaced' };
  expect(await restore({ type: secret }, place)).toMatch(/^secrets: Secrets are kept in a file only where/u);
  expect(await restore({ type: secret }, { ...place, secrets: true })).toBe('accepted');
  expect(await restore({ namespaces: ['..'] }, place)).toMatch(/^namespaces: /u);
  expect(await restore({ drop: [['metadata', 'name']] }, place)).toMatch(/^drop: /u);
  expect(await restore({ writer: {} }, place)).toMatch(/makes its store itself/u);
});

test('how the store keeps objects is what `store` says', async () => {
  for (const [store, promotions] of [
    [{}, 1],
    [{ hotReads: 1 }, 2],
    [{ hotReads: 3 }, 0],
    [{ hotReads: 1, hotBytes: 0 }, 0],
  ] as const) {
    const rig = createModelRig({ store });
    for (const name of ['a', 'b']) rig.server.put('n', name, 1);
    rig.informer.start();
    await rig.clock.advance(60_000);
    for (const name of ['a', 'b', 'a']) rig.informer.view.get({ namespace: 'n', name });
    expect([store, rig.informer.storeCounters.promotions]).toEqual([store, promotions]);
    await rig.informer.stop();
  }
});
