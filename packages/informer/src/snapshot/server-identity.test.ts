import { expect, test } from 'vitest';
import type { ResourceSource } from '@kubecast/client';
import type { StoreFileSystem } from '@kubecast/store';
import { restoreInformer } from '../index.ts';
import type { Informer, InformerOptions, ReflectorReport, ServerDescription } from '../index.ts';
import { readEntries } from './snapshot.ts';
import { createModelRig, lineOf, memoryFiles, ModelStatusError, statuses, thingType } from '../testing/index.ts';
import type { ModelRig, Thing } from '../testing/index.ts';

const A = 'https://a.example:6443';
const uidOf =
  (uid: string | undefined): (() => Promise<string | undefined>) =>
  () =>
    Promise.resolve(uid);

interface Restored {
  readonly informer: Informer<Thing>;
  readonly reports: ReflectorReport[];
  readonly lines: string[];
  names(): string;
}

/** An informer of the rig's server that keeps its file; with a handler that notes what it is told. */
async function restore(rig: ModelRig, files: StoreFileSystem, options: Partial<InformerOptions<Thing>> = {}): Promise<Restored> {
  const reports: ReflectorReport[] = [];
  const lines: string[] = [];
  const informer = await restoreInformer<Thing>(
    {
      type: thingType,
      clock: rig.clock,
      ...(options.client === undefined ? { source: (namespace: string) => rig.api.source(namespace) } : {}),
      onReport: (report) => reports.push(report),
      ...options,
    },
    { files, path: '/state/things' },
  );
  informer.handle((delta) => void lines.push(lineOf(delta)));
  return { informer, reports, lines, names: () => [...informer.view.select()].map(({ key }) => key.name).join(' ') };
}

/** A server with these objects, and versions above those of the others. */
function serverWith(names: readonly string[], seed: number): ModelRig {
  const rig = createModelRig({ seed });
  for (let i = 0; i < seed * 10; i += 1) rig.server.otherWrite();
  for (const name of names) rig.server.put('default', name, seed);
  return rig;
}

/** The file that an informer of server A leaves. */
async function savedOf(
  server: ServerDescription | undefined,
  names: readonly string[] = ['a', 'b'],
): Promise<{ a: ModelRig; files: ReturnType<typeof memoryFiles> }> {
  const files = memoryFiles();
  const a = serverWith(names, 1);
  const { informer } = await restore(a, files, server === undefined ? {} : { server });
  informer.start();
  await informer.whenSynced();
  await informer.stop();
  return { a, files };
}

test('a file of another server at the same address is dropped at the first contact, with the cause unknown; it is reported and counted', async () => {
  const { files } = await savedOf({ url: A, uid: uidOf('uid-a') });
  const b = serverWith(['b', 'c'], 3);
  const { informer, lines, reports, names } = await restore(b, files, { server: { url: A, uid: uidOf('uid-b') } });
  // While the server is away, URL and authorities are those of the file.
  expect([names(), informer.hasSynced]).toEqual(['a b', true]);
  informer.start();
  await b.clock.settle();
  expect(names()).toBe('b c');
  expect(
    lines
      .filter((line) => line.startsWith('deleted'))
      .map((line) => line.split(' ').slice(0, 2).join(' ') + line.slice(line.indexOf(' (')))
      .sort(),
  ).toEqual(['deleted default/a (relist, unknown)', 'deleted default/b (relist, unknown)']);
  expect(reports).toEqual([
    { kind: 'snapshot-foreign', message: 'the saved file is of another server; 2 objects of it leave the view, and a list follows' },
  ]);
  expect(informer.scopes()[0]).toMatchObject({ state: 'Watching', epoch: 1, counters: { foreign: 2, regressions: 0 } });
  // From now on it is the file of B.
  await informer.stop();
  const again = await restore(b, files, { server: { url: A, uid: uidOf('uid-b') } });
  again.informer.start();
  await b.clock.settle();
  expect([again.names(), again.reports]).toEqual(['b c', []]);
  await again.informer.stop();
});

test('every scope of a foreign file is dropped, whichever comes to the server first', async () => {
  const files = memoryFiles();
  const a = createModelRig();
  for (const namespace of ['x', 'y']) a.server.put(namespace, 'old', 1);
  const first = await restore(a, files, { namespaces: ['x', 'y'], server: { url: A, uid: uidOf('uid-a') } });
  first.informer.start();
  await first.informer.whenSynced();
  await first.informer.stop();
  const b = serverWith([], 3);
  b.server.put('x', 'new', 1);
  const { informer, names } = await restore(b, files, { namespaces: ['x', 'y'], server: { url: A, uid: uidOf('uid-b') } });
  informer.start();
  await b.clock.settle();
  expect([names(), informer.scopes().map(({ state, counters }) => [state, counters.foreign])]).toEqual([
    'new',
    [
      ['Watching', 1],
      ['Watching', 1],
    ],
  ]);
  await informer.stop();
});

test('a file of another address or other authorities is not shown, unless the server’s UID says that it is the same', async () => {
  const { files } = await savedOf({ url: A, ca: 'PEM OF A\n', uid: uidOf('uid-a') });
  const b = serverWith(['c'], 3);
  const away = (): Promise<string> => Promise.reject(new Error('connect ECONNREFUSED'));
  for (const [server, why] of [
    [
      { url: 'https://b.example', ca: 'PEM OF A', uid: away },
      'it was saved from https://a.example:6443, and the server is https://b.example',
    ],
    [{ url: A, ca: 'PEM OF B', uid: away }, 'it was saved from https://a.example:6443 under other certificate authorities'],
    [{ url: 'https://b.example', uid: uidOf('uid-b') }, 'it was saved from https://a.example:6443, and the server is https://b.example'],
    [{ url: 'https://b.example', uid: uidOf(undefined) }, 'it was saved from https://a.example:6443, and the server is https://b.example'],
    [undefined, 'it was saved from https://a.example:6443, and it is not known which server is read now'],
  ] as const) {
    const { informer, reports, names } = await restore(b, files, server === undefined ? {} : { server });
    expect([names(), reports]).toEqual(['', [{ kind: 'snapshot-unused', message: `/state/things: ${why}; the file is not used` }]]);
    await informer.stop();
  }
  // White space and a slash at the end change nothing, and nobody is asked.
  const same = await restore(b, files, { server: { url: 'https://a.example:6443//', ca: '\r\nPEM OF A\r\n', uid: away } });
  expect([same.names(), same.reports]).toEqual(['a b', []]);
  await same.informer.stop();
  // It moved: another address, and the same UID.
  const moved = await restore(b, files, { server: { url: 'https://new.example', ca: 'PEM OF NEW', uid: uidOf('uid-a') } });
  expect([moved.names(), moved.reports]).toEqual(['a b', []]);
  await moved.informer.stop();
});

test('a server at another address that never answers keeps nobody waiting for long', async () => {
  const { files } = await savedOf({ url: A, uid: uidOf('uid-a') });
  const b = serverWith(['c'], 3);
  const restoring = restore(b, files, { server: { url: 'https://b.example', uid: () => new Promise(() => undefined) } });
  for (let i = 0; i < 3; i += 1) await b.clock.advance(2000);
  const { names, reports, informer } = await restoring;
  expect([names(), reports.length, b.clock.pending]).toEqual(['', 1, 0]);
  await informer.stop();
});

test('what a list does not show after a restore left with the cause unknown, unless the UID has proven that the server is the same', async () => {
  for (const [saved, now, cause] of [
    [undefined, undefined, 'unknown'],
    [{ url: A }, { url: A }, 'unknown'],
    [{ url: A, uid: uidOf(undefined) }, { url: A, uid: uidOf('uid-a') }, 'unknown'],
    [{ url: A, uid: uidOf('uid-a') }, { url: A, uid: uidOf(undefined) }, 'unknown'],
    [{ url: A, uid: uidOf('uid-a') }, { url: A, uid: uidOf('uid-a') }, 'deleted'],
  ] as const) {
    const { a, files } = await savedOf(saved, ['a', 'b', 'c']);
    a.server.delete('default', 'a');
    // Another object of the name: of another server, it would prove nothing of this one either.
    a.server.delete('default', 'b');
    a.server.put('default', 'b', 2);
    a.server.compact();
    const { informer, lines } = await restore(a, files, now === undefined ? {} : { server: now });
    informer.start();
    await a.clock.advance(5000);
    const deletes = (): string[] =>
      lines.filter((line) => line.startsWith('deleted')).map((line) => line.slice(line.lastIndexOf(', ') + 2, -1));
    expect([saved, now, deletes()]).toEqual([saved, now, [cause, cause]]);
    // From the first list on, the view is this server's.
    a.server.delete('default', 'c');
    await a.clock.settle();
    expect(deletes()).toEqual([cause, cause, 'deleted']);
    await informer.stop();
  }
});

test('an object that the watch shows under another UID did not leave as deleted, as long as the server is not proven to be that of the file', async () => {
  for (const [server, cause] of [
    [undefined, 'unknown'],
    [{ url: A, uid: uidOf('uid-a') }, 'deleted'],
  ] as const) {
    const { a, files } = await savedOf(server, ['a']);
    const { informer, lines } = await restore(a, files, server === undefined ? {} : { server });
    a.api.plan('watch', {
      frames: [
        {
          type: 'ADDED',
          object: new TextEncoder().encode(
            JSON.stringify({
              apiVersion: 'example.com/v1',
              kind: 'Thing',
              metadata: { name: 'a', namespace: 'default', uid: 'other', resourceVersion: '500' },
              spec: { payload: 9 },
            }),
          ),
        },
      ],
    });
    informer.start();
    await a.clock.settle();
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(new RegExp(`^deleted default/a .*, ${cause}\\)$`, 'u')),
      'added default/a other@500 9 (watch)',
    ]);
    await informer.stop();
  }
});

test('the doubt stays through changes of scope', async () => {
  const { a, files } = await savedOf(undefined, ['a', 'b']);
  const { informer, lines } = await restore(a, files);
  informer.setNamespaces(['default']);
  a.server.delete('default', 'a');
  a.server.compact();
  informer.start();
  await a.clock.advance(5000);
  expect(lines.at(-1)).toMatch(/^deleted default\/a .*\(relist, unknown\)$/u);
  await informer.stop();
  const wide = await restore(a, files, { namespaces: ['default'] });
  wide.informer.setNamespaces(['']);
  a.server.delete('default', 'b');
  wide.informer.start();
  await a.clock.advance(5000);
  expect(wide.lines.at(-1)).toMatch(/^deleted default\/b .*unknown\)$/u);
  await wide.informer.stop();
});

test('the server is asked for its UID once, after it was away; nothing is read before', async () => {
  const { a, files } = await savedOf({ url: A, uid: uidOf('uid-a') });
  let asked = 0;
  const uid = (): Promise<string> => {
    asked += 1;
    return asked < 3 ? Promise.reject(new Error('connect ECONNREFUSED')) : Promise.resolve('uid-a');
  };
  const { informer, names } = await restore(a, files, { server: { url: A, uid } });
  a.api.requests.length = 0;
  informer.start();
  await a.clock.settle();
  expect([a.api.requests.length, names(), informer.scopes()[0]?.state, informer.scopes()[0]?.reason]).toEqual([
    0,
    'a b',
    'BackingOff',
    'connect ECONNREFUSED',
  ]);
  await a.clock.advance(60_000);
  a.server.cut();
  await a.clock.advance(10_000);
  expect([asked, informer.scopes()[0]?.state]).toEqual([3, 'Watching']);
  await informer.stop();
});

test('an informer without a file reads at once, although the server does not tell its UID; one whose UID hangs can be stopped', async () => {
  const files = memoryFiles();
  const b = serverWith(['c'], 3);
  const failing = await restore(b, files, { server: { url: A, uid: () => Promise.reject(new Error('500')) } });
  failing.informer.start();
  await b.clock.settle();
  expect(failing.names()).toBe('c');
  await failing.informer.stop();
  const hanging = await restore(b, files, { server: { url: A, uid: () => new Promise(() => undefined) } });
  hanging.informer.start();
  await b.clock.settle();
  expect(hanging.names()).toBe('c');
  await hanging.informer.stop();
  expect([b.clock.pending, b.api.open]).toEqual([0, 0]);
});

test('a client says where its server is, and reads the UID of kube-system where it may', async () => {
  const asked: string[] = [];
  const clientOf = (rig: ModelRig, uid: string | ModelStatusError, server = A): NonNullable<InformerOptions<Thing>['client']> => ({
    connection: { server: `${server.replace('https://', 'https://user:secret@')}?token=secret`, ca: 'PEM' },
    resource: (type) => ({
      source: ({ namespace = '' }): ResourceSource => rig.api.source(namespace),
      get(name) {
        asked.push(`${type.plural}/${name}`);
        if (uid instanceof ModelStatusError) return Promise.reject(uid);
        return Promise.resolve({ metadata: { uid } });
      },
    }),
  });
  const files = memoryFiles();
  const a = serverWith(['a'], 1);
  const first = await restore(a, files, { client: clientOf(a, 'uid-a') });
  first.informer.start();
  await first.informer.whenSynced();
  await first.informer.stop();
  expect(asked).toEqual(['namespaces/kube-system']);
  const text = new TextDecoder().decode(files.stored.get('/state/things'));
  expect(text).toContain('uid-a');
  expect(text).not.toContain('secret');
  const b = serverWith(['c'], 3);
  const other = await restore(b, files, { client: clientOf(b, 'uid-b') });
  other.informer.start();
  await b.clock.settle();
  expect([other.names(), other.reports.map(({ kind }) => kind)]).toEqual(['c', ['snapshot-foreign']]);
  await other.informer.stop();
  const forbidden = await restore(b, files, { client: clientOf(b, new ModelStatusError(statuses.forbidden)) });
  forbidden.informer.start();
  await b.clock.settle();
  expect([forbidden.names(), forbidden.reports]).toEqual(['c', []]);
  expect(forbidden.informer.scopes()[0]?.state).toBe('Watching');
  await forbidden.informer.stop();
});

test('objects that were saved in another form than the server shows now are listed again, under the same versions', async () => {
  const files = memoryFiles();
  const a = serverWith(['a', 'b'], 1);
  let form = 'schema-1';
  a.api.options = { form: () => Promise.resolve(form) };
  const first = await restore(a, files);
  first.informer.start();
  await first.informer.whenSynced();
  await first.informer.stop();
  a.api.requests.length = 0;
  const same = await restore(a, files);
  same.informer.start();
  await a.clock.settle();
  expect(a.api.requests.map(({ kind }) => kind)).toEqual(['probe', 'watch']);
  await same.informer.stop();
  form = 'schema-2';
  a.server.reshape((payload) => payload + 1000);
  // The change of the schema is no write: the watch from the saved version shows nothing of it.
  a.api.requests.length = 0;
  const { informer, lines } = await restore(a, files);
  informer.start();
  await a.clock.advance(5000);
  expect(a.api.requests.map(({ kind }) => kind)).toContain('stream');
  expect(lines.filter((line) => line.startsWith('updated'))).toHaveLength(2);
  await informer.stop();
});

test('a file whose transform has another name is not used', async () => {
  const files = memoryFiles();
  const a = serverWith(['a'], 1);
  const kept = (name: string | undefined): Promise<Informer<Thing>> =>
    restoreInformer<Thing>(
      {
        type: thingType,
        clock: a.clock,
        source: a.api.source(''),
        ...(name === undefined ? {} : { transform: (object: Record<string, unknown>) => ({ ...object, spec: { payload: name } }) }),
      },
      { files, path: '/state/things', ...(name === undefined ? {} : { transformName: name }) },
    );
  const first = await kept('one');
  first.start();
  await first.whenSynced();
  await first.stop();
  for (const [name, size] of [
    ['one', 1],
    ['two', 0],
    [undefined, 0],
  ] as const) {
    const informer = await kept(name);
    expect([name, informer.view.size]).toEqual([name, size]);
    expect(informer.view.get({ cluster: '', namespace: 'default', name: 'a' })?.spec.payload).toBe(size === 1 ? 'one' : undefined);
  }
});

/** A restored informer of single namespaces, whose file is of another server with far higher versions. */
async function foreignNamespaces(
  namespaces: readonly string[],
  from: Partial<InformerOptions<Thing>>,
  uidAfterMs = 0,
): Promise<{ b: ModelRig } & Restored> {
  const files = memoryFiles();
  const a = createModelRig({ seed: 1 });
  for (let i = 0; i < 5000; i += 1) a.server.otherWrite();
  a.server.put('one', 'x', 1);
  a.server.put('two', 'y', 1);
  const saver = await restore(a, files, { ...from, server: { url: A, uid: uidOf('uid-a') } });
  saver.informer.start();
  await saver.informer.whenSynced();
  await saver.informer.stop();
  const b = createModelRig({ seed: 3 });
  b.server.put('one', 'p', 3);
  b.server.put('two', 'q', 3);
  const uid = (signal: AbortSignal): Promise<string> => b.clock.sleep(uidAfterMs, signal).then(() => 'uid-b');
  return { b, ...(await restore(b, files, { ...from, namespaces, server: { url: A, uid } })) };
}

test.each([0, 500])(
  'a foreign file bounds nothing of the scope that takes over all namespaces, where the UID is told after %s ms',
  async (afterMs) => {
    const { b, informer, names, reports } = await foreignNamespaces(['one', 'two'], { namespaces: ['one', 'two'] }, afterMs);
    if (afterMs === 0) informer.setNamespaces(['']);
    informer.start();
    await b.clock.advance(100);
    informer.setNamespaces(['']);
    await b.clock.advance(5000);
    expect(names()).toBe('p q');
    expect(informer.hasSynced).toBe(true);
    expect(informer.scopes()).toMatchObject([{ namespace: '', state: 'Watching', epoch: 1, counters: { foreign: 2 } }]);
    expect(reports.map(({ kind }) => kind)).toEqual(['snapshot-foreign', 'snapshot-foreign']);
    await informer.stop();
  },
);

test.each([
  ['of single namespaces', { namespaces: ['one', 'two'] }, ['one', 'two'], ['one']],
  ['of all namespaces', {}, [''], ['one']],
  ['none of whose namespaces is asked for any more', { namespaces: ['one', 'two'] }, ['one', 'two'], []],
] as const)('a namespace that comes again is not bounded by a foreign file %s', async (_what, from, asked, kept) => {
  const { b, informer, names } = await foreignNamespaces(asked, from);
  informer.setNamespaces(kept);
  informer.start();
  await b.clock.advance(2000);
  informer.setNamespaces(['one', 'two']);
  await b.clock.advance(5000);
  expect(names()).toBe('p q');
  expect(informer.scopes()).toMatchObject([
    { namespace: 'one', state: 'Watching', epoch: 1 },
    { namespace: 'two', state: 'Watching', epoch: 1 },
  ]);
  await informer.stop();
});

test('a scope that goes while it asks for the UID does not fail the others that ask', async () => {
  const { files } = await savedOf({ url: A, uid: uidOf('uid-a') });
  const b = serverWith(['a', 'b'], 1);
  const uid = (signal: AbortSignal): Promise<string> => b.clock.sleep(1000, signal).then(() => 'uid-a');
  const { informer } = await restore(b, files, { namespaces: ['first', 'default'], server: { url: A, uid } });
  const states: string[] = [];
  informer.onStatus(({ namespace, state, reason }) => void states.push(`${namespace} ${state} ${reason}`));
  informer.start();
  await b.clock.advance(100);
  informer.setNamespaces(['default']);
  await b.clock.advance(2000);
  expect(states.filter((line) => line.startsWith('default ') && line.includes('taken away'))).toEqual([]);
  expect(informer.scopes()).toMatchObject([{ namespace: 'default', state: 'Watching', counters: { failures: 0 } }]);
  await informer.stop();
});

test('a cluster that is taken away and added again is saved with its authorities', async () => {
  const files = memoryFiles();
  const a = serverWith(['a', 'b'], 1);
  const server = { url: A, ca: 'the authorities' };
  const { informer } = await restore(a, files, { cluster: 'c', server });
  informer.start();
  await informer.whenSynced();
  informer.removeCluster('c');
  informer.addCluster({ cluster: 'c', source: (namespace) => a.api.source(namespace), server });
  await informer.whenSynced();
  await informer.stop();
  const again = await restore(a, files, { cluster: 'c', server });
  expect([again.names(), again.reports]).toEqual(['a b', []]);
  await again.informer.stop();
});

test.each(['', 'null', '7', '{"server":7}', '{"server":{"url":1,"ca":2,"uid":3},"form":4}', '{'])(
  'a file that says %s of its server is one that does not know it',
  (text) => {
    expect(readEntries(new Map([['@server:' as never, text]])).servers.get('')).toEqual({});
  },
);

test('an answer that was lost is asked for again, although several scopes wait for it by turns', async () => {
  const { files } = await savedOf({ url: A, uid: uidOf('uid-a') });
  const a = serverWith(['a', 'b'], 1);
  let asked = 0;
  const uid = (signal: AbortSignal): Promise<string | undefined> => {
    asked += 1;
    if (asked > 1) return Promise.resolve('uid-a');
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
  };
  const { informer } = await restore(a, files, { server: { url: A, uid }, namespaces: ['default', 'other'] });
  informer.start();
  // The second scope gives up a second after the first, which has asked again by then.
  await a.clock.advance(1000);
  informer.setNamespaces(['default', 'other', 'third']);
  await a.clock.advance(180_000);
  expect([asked, informer.scopes().map(({ state }) => state)]).toEqual([2, ['Watching', 'Watching', 'Watching']]);
  await informer.stop();
  expect([a.clock.pending, a.api.open]).toEqual([0, 0]);
});

test('an informer without a file reads after five seconds, although nobody answers who the server is', async () => {
  const b = serverWith(['c'], 3);
  const { informer, names } = await restore(b, memoryFiles(), { server: { url: A, uid: () => new Promise(() => undefined) } });
  informer.start();
  await b.clock.advance(4_999);
  expect([names(), b.api.requests.length]).toEqual(['', 0]);
  await b.clock.advance(1);
  expect(names()).toBe('c');
  await informer.stop();
  expect([b.clock.pending, b.api.open]).toEqual([0, 0]);
});

test('an informer that ends as it learns that its file is of another server saves that file as it was, and leaves nothing running', async () => {
  const { a, files } = await savedOf({ url: A, uid: uidOf('uid-a') });
  const b = serverWith(['c'], 3);
  let answer: (uid: string) => void = () => undefined;
  const uid = (): Promise<string> => new Promise((resolve) => (answer = resolve));
  const { informer } = await restore(b, files, { server: { url: A, uid } });
  informer.start();
  await b.clock.settle();
  answer('uid-b');
  await informer.stop();
  await b.clock.settle();
  expect([b.clock.pending, b.api.open, informer.scopes().map(({ state }) => state)]).toEqual([0, 0, ['Stopped']]);
  // It is still the file of A: B drops it, with the cause unknown, and A goes on with it.
  const other = await restore(b, files, { server: { url: A, uid: uidOf('uid-b') } });
  other.informer.start();
  await b.clock.settle();
  expect([other.names(), other.reports.map(({ kind }) => kind)]).toEqual(['c', ['snapshot-foreign']]);
  expect(other.lines.filter((line) => line.startsWith('deleted')).every((line) => line.endsWith('unknown)'))).toBe(true);
  await other.informer.stop();
  expect(a.server.state().size).toBe(2);
});

test('while objects of a file stand in the view, no scope reads before the server has said who it is: what it shows would be saved as theirs', async () => {
  const { a, files } = await savedOf({ url: A, uid: uidOf('uid-a') });
  const b = serverWith(['c'], 3);
  b.server.put('other', 'd', 1);
  const refused = (): Promise<string> => Promise.reject(new Error('500'));
  const first = await restore(b, files, { server: { url: A, uid: refused }, namespaces: ['default'] });
  first.informer.start();
  await b.clock.settle();
  first.informer.setNamespaces(['default', 'other']);
  await b.clock.advance(60_000);
  expect([first.names(), b.api.requests.length]).toEqual(['a b', 0]);
  await first.informer.stop();
  // The first server finds its own objects alone in the file.
  const again = await restore(a, files, { server: { url: A, uid: uidOf('uid-a') }, namespaces: ['default', 'other'] });
  expect(again.names()).toBe('a b');
  again.informer.start();
  await a.clock.settle();
  expect([again.names(), again.informer.hasSynced]).toEqual(['a b', true]);
  await again.informer.stop();
});
