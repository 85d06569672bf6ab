import { connectionFrom, createClient, type KubernetesClient } from '@kubecast/client';
import { configMapType, eventType, leaseType, namespaceType, type ConfigMap, type Event, type Lease } from '@kubecast/crd';
import { systemClock } from '@kubecast/clock';
import {
  createEventRecorder,
  createFinalizer,
  eventSink,
  leaseLock,
  objectAccess,
  patchStatus,
  retryOnConflict,
  withOwner,
  type EventRecorder,
} from '@kubecast/runtime';
import type { TestCluster } from '@kubecast/apiserver/envtest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onReal, startServer } from '../server-under-test.ts';

let cluster: TestCluster;
let client: KubernetesClient;

beforeAll(async () => {
  cluster = await startServer();
  client = createClient(connectionFrom({ server: cluster.url, ca: cluster.ca, token: cluster.token(), namespace: 'default' }));
}, 120_000);

afterAll(async () => {
  client.close();
  await cluster.stop();
});

function recorderOf(): { readonly recorder: EventRecorder; readonly errors: unknown[] } {
  const errors: unknown[] = [];
  const recorder = createEventRecorder({
    sink: eventSink(client.resource<typeof eventType, Event>(eventType)),
    controller: 'example.com/tests',
    instance: 'p'.repeat(300),
    onError: (error) => void errors.push(error),
  });
  return { recorder, errors };
}

const hostile = {
  long: 'x'.repeat(5_000),
  'three bytes': '語'.repeat(3_000),
  emoji: '😀'.repeat(3_000),
  'half surrogates': '\ud800\udc00\ud800'.repeat(500),
  'line ends': '\r\n\u2028'.repeat(400),
  controls: '\0\u0007\ufeff'.repeat(400),
  'one character': 'a',
  spaces: ' '.repeat(200),
  html: '<script>alert(1)</script>'.repeat(60),
  prototype: '__proto__',
} as const;

test('events of hostile texts and names are taken by the server, every one', async () => {
  const { recorder, errors } = recorderOf();
  let at = 0;
  for (const text of Object.values(hostile)) {
    at += 1;
    recorder.record(
      configMapType,
      { metadata: { namespace: 'default', name: `hostile-${at}`, uid: `u${at}` } },
      { type: 'Warning', reason: text, action: text, note: text },
    );
  }
  const names = ['system:node:a', '__proto__', 'x'.repeat(253), `${'a'.repeat(226)}-.b`, 'Ü', '.', '-'];
  for (const name of names)
    recorder.record(
      namespaceType,
      { metadata: { name, uid: `n${name}`.slice(0, 40) } },
      { type: 'Normal', reason: 'Named', action: 'Name', note: '' },
    );
  await recorder.stop({ deadlineMs: 20_000 });
  expect(errors.map(String)).toEqual([]);
  expect(recorder.counters).toMatchObject({ created: Object.keys(hostile).length + names.length, failed: 0, refused: 0, dropped: 0 });
}, 30_000);

test('an event that was removed is made anew with its count, on the server too', async () => {
  const { recorder, errors } = recorderOf();
  const object = { metadata: { namespace: 'default', name: 'removed', uid: 'removed' } };
  const note = { type: 'Normal', reason: 'Removed', action: 'Remove', note: 'again' } as const;
  recorder.record(configMapType, object, note);
  await recorder.flush();
  const events = client.resource<typeof eventType, Event>(eventType);
  const listed = async (): Promise<Event[]> => {
    const found: Event[] = [];
    for await (const event of events.list()) if (event.reason === 'Removed') found.push(event);
    return found;
  };
  const [first] = await listed();
  await events.delete(first?.metadata.name ?? '');
  recorder.record(configMapType, object, note);
  recorder.record(configMapType, object, note);
  await recorder.flush();
  recorder.record(configMapType, object, note);
  await recorder.stop();
  expect(errors.map(String)).toEqual([]);
  const after = await listed();
  expect(after).toHaveLength(1);
  expect(after[0]?.series?.count).toBe(4);
  expect(recorder.counters).toMatchObject({ created: 1, repeated: 3, recreated: 1 });
});

test('what createFinalizer refuses the server refuses, and what it takes the server takes', async () => {
  const configMaps = client.resource<typeof configMapType, ConfigMap>(configMapType);
  const names = [
    // The embedded server takes it for built-in kinds too.
    ...(onReal ? ['plain'] : []),
    'a.b/c',
    'a.b/',
    '/c',
    'a.b/c/d',
    'A.B/c',
    'a..b/c',
    '-a/c',
    'a_b/c',
    'a.b/-c',
    'a.b/c_D.e-1',
    'a.b/c d',
    `a.b/${'x'.repeat(63)}`,
    `a.b/${'x'.repeat(64)}`,
    `${'a.'.repeat(126)}b/c`,
    `${'a.'.repeat(127)}b/c`,
    `${'a'.repeat(80)}.b/c`,
    'ü.b/c',
    'a.b/ü',
    'example.com/__proto__',
    '0/0',
  ];
  const verdicts: [string, boolean, boolean][] = [];
  for (const [at, name] of names.entries()) {
    const object = (await configMaps.create({ metadata: { name: `finalizer-${at}`, namespace: 'default' } })).object;
    const server = await configMaps
      .patch(`finalizer-${at}`, { metadata: { finalizers: [name] } }, { kind: 'merge' })
      .then(() => true)
      .catch((error: unknown) => {
        if ((error as { readonly statusCode?: number }).statusCode !== 422) throw error;
        return false;
      });
    let ours = true;
    try {
      const finalizer = createFinalizer(objectAccess(configMaps), { name });
      const read = await configMaps.get(`finalizer-${at}`);
      expect(await finalizer.release(read)).toBe(true);
      const again = await finalizer.add(await configMaps.get(`finalizer-${at}`));
      expect(again?.metadata.finalizers).toEqual([name]);
      await finalizer.release(again ?? object);
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'RuntimeFinalizer') throw error;
      ours = false;
    }
    verdicts.push([name, ours, server]);
    if (server && !ours) await configMaps.patch(`finalizer-${at}`, { metadata: { finalizers: null } }, { kind: 'merge' });
    await configMaps.delete(`finalizer-${at}`);
  }
  expect(verdicts.filter(([, ours, server]) => ours !== server)).toEqual([]);
}, 30_000);

test.each(['a', 'a.b', 'A', 'a_b', 'a..b', '-a', 'x'.repeat(253), 'x'.repeat(254), 'a/b', '__proto__'])(
  'the name %j of a Lease is judged as the server judges it',
  async (name) => {
    const leases = client.resource<typeof leaseType, Lease>(leaseType);
    const server = await leases
      .create({ metadata: { name, namespace: 'default' } })
      .then(() => true)
      .catch(() => false);
    let ours = true;
    try {
      leaseLock(leases, 'default', name);
    } catch {
      ours = false;
    }
    expect(ours).toBe(server);
  },
);

test('what withOwner gives is taken by the server, and what the server refuses it refuses', async () => {
  const configMaps = client.resource<typeof configMapType, ConfigMap>(configMapType);
  const owner = (await configMaps.create({ metadata: { name: 'an-owner', namespace: 'default' } })).object;
  const dependent: ConfigMap = { metadata: { name: 'a-dependent', namespace: 'default' } };
  const written = await configMaps.create({
    ...dependent,
    metadata: { ...dependent.metadata, ownerReferences: withOwner(dependent, configMapType, owner, { controller: true }) },
  });
  expect(written.object.metadata.ownerReferences).toMatchObject([{ name: 'an-owner', uid: owner.metadata.uid, controller: true }]);
  for (const version of ['v1', 'events.k8s.io/v1']) {
    const reference = { apiVersion: version, kind: 'Event', name: 'e', uid: 'u' };
    const refused = await configMaps
      .create({ metadata: { name: 'event-owner', namespace: 'default', ownerReferences: [reference] } }, { dryRun: true })
      .then(() => false)
      .catch(() => true);
    const type = version === 'v1' ? { ...eventType, group: '' } : eventType;
    let ours = false;
    try {
      withOwner({ metadata: { name: 'x', namespace: 'default' } }, type, { metadata: { namespace: 'default', name: 'e', uid: 'u' } });
    } catch {
      ours = true;
    }
    expect([version, ours]).toEqual([version, refused || version === 'events.k8s.io/v1']);
  }
});

test('a conflict is retried with a new read; a status is patched only where it differs, and never on another object of the name', async () => {
  const configMaps = client.resource<typeof configMapType, ConfigMap>(configMapType);
  await configMaps.create({ metadata: { name: 'raced', namespace: 'default' }, data: { n: '0' } });
  await Promise.all(
    Array.from({ length: 4 }, () =>
      retryOnConflict(
        async () => {
          const read = await configMaps.get('raced');
          await configMaps.replace({ ...read, data: { n: String(Number(read.data?.['n']) + 1) } });
        },
        { tries: 20, clock: systemClock },
      ),
    ),
  );
  expect((await configMaps.get('raced')).data).toEqual({ n: '4' });
  const namespaces = client.resource(namespaceType);
  const namespace = (await namespaces.create({ metadata: { name: 'with-status' } })).object;
  expect(await patchStatus(namespaces, namespace, { phase: 'Active' })).toBeUndefined();
  const condition = { type: 'Tested', status: 'True', reason: 'Tested', message: 'so', lastTransitionTime: '2026-01-01T00:00:00Z' };
  const patched = await patchStatus(namespaces, namespace, { conditions: [condition] });
  expect(patched).toMatchObject({ status: { phase: 'Active', conditions: [condition] } });
  await expect(patchStatus(namespaces, namespace, { phase: 'Terminating' })).rejects.toMatchObject({ statusCode: 409 });
  const other = { ...namespace, metadata: { ...namespace.metadata, uid: '00000000-0000-0000-0000-000000000000' } };
  await expect(patchStatus(namespaces, other, { phase: 'Terminating' }, { ifUnchanged: false })).rejects.toMatchObject({
    statusCode: expect.toSatisfy((status) => status === 409 || status === 422) as number,
  });
});
