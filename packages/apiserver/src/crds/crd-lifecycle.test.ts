import { afterAll, beforeAll, expect, test } from 'vitest';
import { onRealServer, startCluster, type Cluster } from '../testing/cluster.ts';
import type { Reply } from '../testing/probe.ts';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

interface Version {
  name?: string;
  served?: boolean;
  storage?: boolean;
  spec?: Record<string, unknown>;
  [name: string]: unknown;
}

function crd(
  plural: string,
  ...versions: Version[]
): { metadata: { name: string }; spec: { versions: Record<string, unknown>[]; [name: string]: unknown } } & Record<string, unknown> {
  const kind = plural[0]?.toUpperCase() + plural.slice(1, -1);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.t.example` },
    spec: {
      group: 't.example',
      scope: 'Namespaced',
      names: { kind, plural },
      versions: (versions.length === 0 ? [{}] : versions).map(
        ({ name = 'v1', served = true, storage = true, spec = { size: { type: 'integer' } }, ...more }) => ({
          name,
          served,
          storage,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: spec },
                status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          },
          ...more,
        }),
      ),
    },
  };
}

/** Waits until the CRD's condition is as wanted, by a watch. */
async function condition(name: string, type: string, status: string): Promise<Reply['json']> {
  const watch = await cluster.probe.watch(`${crds}?watch=1&fieldSelector=metadata.name%3D${name}`);
  for (;;) {
    const line = await watch.next();
    if (line === undefined) throw new Error('the watch ended');
    const found = (line.object.status?.conditions ?? []).find((one: { type: string }) => one.type === type);
    if (found?.status === status) {
      watch.close();
      // Served in the turn after; a request round is one.
      await cluster.probe.get('/version');
      return line.object;
    }
  }
}

async function established(body: ReturnType<typeof crd>): Promise<string> {
  const made = await cluster.probe.post(crds, body);
  expect([made.status, made.json.message]).toEqual([201, undefined]);
  await condition(body.metadata.name, 'Established', 'True');
  return `/apis/t.example/v1/namespaces/ns/${body.metadata.name.split('.')[0]}`;
}

const instance = (kind: string, name: string, spec: unknown = {}, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  apiVersion: 't.example/v1',
  kind,
  metadata: { name, ...more },
  spec,
});

test('a created CRD has its defaults at once, then its conditions in order, and is served [V1, V2]', async () => {
  const made = await cluster.probe.post(crds, crd('gears'));
  expect(made.json.spec.names).toEqual({ plural: 'gears', singular: 'gear', kind: 'Gear', listKind: 'GearList' });
  expect([made.json.spec.conversion, made.json.status]).toEqual([
    { strategy: 'None' },
    { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] },
  ]);
  const ready = await condition('gears.t.example', 'Established', 'True');
  expect(
    ready.status.conditions.map((one: { type: string; reason: string; message: string }) => [one.type, one.reason, one.message]),
  ).toEqual([
    ['NamesAccepted', 'NoConflicts', 'no conflicts found'],
    ['Established', 'InitialNamesAccepted', 'the initial names have been accepted'],
  ]);
  expect([ready.metadata.generation, ready.status.acceptedNames.listKind]).toEqual([1, 'GearList']);
  const found = await cluster.probe.get('/apis/t.example/v1');
  expect(found.json.resources[0]).toMatchObject({
    name: 'gears',
    singularName: 'gear',
    namespaced: true,
    kind: 'Gear',
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
  });
});

test('bad CRDs are refused with the path of each mistake', async () => {
  const causes = async (change: (body: ReturnType<typeof crd>) => void): Promise<string[]> => {
    const body = crd('bads');
    change(body);
    const { status, json } = await cluster.probe.post(crds, body);
    expect(status).toBe(422);
    return json.details.causes.map((cause: { field: string; message: string }) => `${cause.field}: ${cause.message}`);
  };
  expect(
    await causes((body) => {
      body.metadata.name = 'wrong.t.example';
    }),
  ).toContain('metadata.name: Invalid value: "wrong.t.example": must be spec.names.plural+"."+spec.group');
  expect(
    (
      await causes((body) => {
        body.spec.versions[0]!['storage'] = false;
      })
    ).join(),
  ).toContain('must have exactly one version marked as storage version');
  expect(
    (
      await causes((body) => {
        delete body.spec.versions[0]!['schema'];
      })
    ).join(),
  ).toContain('spec.versions[0].schema.openAPIV3Schema: Required value');
  expect(
    (
      await causes((body) => {
        body.spec.versions[0]!['schema'] = { openAPIV3Schema: {} };
      })
    ).join(),
  ).toContain('spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root');
});

test('what a CRD is cannot be changed', async () => {
  await established(crd('fixeds'));
  const { status, json } = await cluster.probe.patch(`${crds}/fixeds.t.example`, { spec: { scope: 'Cluster' } });
  expect([status, json.details.causes[0]]).toEqual([
    422,
    { reason: 'FieldValueInvalid', message: 'Invalid value: "Cluster": field is immutable', field: 'spec.scope' },
  ]);
});

test('a second CRD of the same kind is not accepted [V5]', async () => {
  await established(crd('firsts'));
  const second = crd('seconds');
  (second.spec['names'] as Record<string, string>)['kind'] = 'First';
  expect((await cluster.probe.post(crds, second)).status).toBe(201);
  const refused = await condition('seconds.t.example', 'NamesAccepted', 'False');
  expect(refused.status.conditions.map((one: { type: string; reason: string }) => `${one.type} ${one.reason}`)).toEqual([
    'NamesAccepted ListKindConflict',
    'Established NotAccepted',
  ]);
  expect((await cluster.probe.get('/apis/t.example/v1/seconds')).text).toBe('404 page not found\n');
});

test.skipIf(onRealServer)(
  'the first list of a new resource is a 429 with Retry-After; a read of one object makes the storage as well',
  async () => {
    const slow = await startCluster({ storageInitMs: 15 });
    const first = await slow.probe.get('/apis/iidp.com/v1/appmodels');
    // The helper that waited for the CRD has asked already; until the storage is there every list says so.
    expect([429, 200]).toContain(first.status);
    await slow.probe.patch(`${crds}/appmodels.iidp.com`, { spec: { names: { categories: ['all'] } } });
    await slow.probe.get('/version');
    const again = await slow.probe.get('/apis/iidp.com/v1/appmodels');
    expect([again.status, again.json.message, again.headers['retry-after'], again.json.details]).toEqual([
      429,
      'storage is (re)initializing',
      '1',
      { retryAfterSeconds: 1 },
    ]);
    await slow.close();
  },
);

test('a change of the spec ends watches and expires what they could resume from; a change of metadata does neither [V9]', async () => {
  const path = await established(crd('changes'));
  await cluster.probe.post(path, instance('Change', 'a', { size: 1 }));
  const from = (await cluster.probe.get(path)).json.metadata.resourceVersion as string;
  const watch = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${from}`);
  await cluster.probe.patch(`${crds}/changes.t.example`, { metadata: { labels: { a: 'b' } } });
  await cluster.probe.post(path, instance('Change', 'b'));
  expect((await watch.take(1))[0]).toMatch(/^ADDED b@/);
  const next = crd('changes', { spec: { size: { type: 'integer', default: 7 }, color: { type: 'string' } } });
  await cluster.probe.patch(`${crds}/changes.t.example`, { spec: next.spec });
  expect(await watch.ended()).toEqual({ how: 'end', rest: '' });
  // The storage is made anew meanwhile.
  while ((await cluster.probe.get(path)).status === 429) await cluster.probe.get('/version');
  const resumed = await cluster.probe.watch(`${path}?watch=1&resourceVersion=${from}`);
  expect((await resumed.next())?.object.reason).toBe('Expired');
});

test('a new default shows on read under the old version, and is stored by a patch of nothing [F5]', async () => {
  const path = await established(crd('defaults'));
  const made = await cluster.probe.post(path, instance('Default', 'a', {}));
  expect(made.json.spec).toEqual({});
  const next = crd('defaults', { spec: { size: { type: 'integer', default: 7 } } });
  await cluster.probe.patch(`${crds}/defaults.t.example`, { spec: next.spec });
  await cluster.probe.get('/version');
  let read = await cluster.probe.get(`${path}/a`);
  // The real server serves the change a moment after it took it.
  if (onRealServer) while (read.json.spec.size === undefined) read = await cluster.probe.get(`${path}/a`);
  expect([read.json.spec, read.json.metadata.resourceVersion]).toEqual([{ size: 7 }, made.json.metadata.resourceVersion]);
  expect((await cluster.probe.get(path)).json.items[0].spec).toEqual({ size: 7 });
  const patched = await cluster.probe.patch(`${path}/a`, {});
  expect(patched.json.metadata.resourceVersion).not.toBe(made.json.metadata.resourceVersion);
});

test('a removed field is hidden on read', async () => {
  const path = await established(crd('hides', { spec: { size: { type: 'integer' }, color: { type: 'string' } } }));
  await cluster.probe.post(path, instance('Hide', 'a', { size: 1, color: 'red' }));
  await cluster.probe.patch(`${crds}/hides.t.example`, { spec: crd('hides').spec });
  await cluster.probe.get('/version');
  expect((await cluster.probe.get(`${path}/a`)).json.spec).toEqual({ size: 1 });
});

test('versions share their objects: only apiVersion changes, each prunes by its own schema, deprecated ones warn [V7, C17]', async () => {
  const body = crd(
    'manies',
    { name: 'v1', spec: { size: { type: 'integer' } } },
    { name: 'v1beta1', storage: false, deprecated: true, spec: { size: { type: 'integer' }, old: { type: 'string' } } },
  );
  const path = await established(body);
  const made = await cluster.probe.post(path, instance('Manie', 'a', { size: 3 }));
  const beta = await cluster.probe.get(path.replace('/v1/', '/v1beta1/') + '/a');
  expect([beta.json.apiVersion, beta.json.spec, beta.json.metadata.resourceVersion]).toEqual([
    't.example/v1beta1',
    { size: 3 },
    made.json.metadata.resourceVersion,
  ]);
  expect(beta.headers['warning']).toBe('299 - "t.example/v1beta1 Manie is deprecated; use t.example/v1 Manie"');
  const group = await cluster.probe.get('/apis/t.example');
  expect(group.json.preferredVersion.version).toBe('v1');
});

test('the storage version is remembered, and a stored version cannot be dropped [V6]', async () => {
  await established(crd('stores'));
  const both = crd('stores', { storage: false }, { name: 'v2' });
  const changed = await cluster.probe.patch(`${crds}/stores.t.example`, { spec: both.spec });
  expect(changed.json.status.storedVersions).toEqual(['v1', 'v2']);
  const dropped = await cluster.probe.patch(`${crds}/stores.t.example`, { spec: crd('stores', { name: 'v2' }).spec });
  expect(dropped.status).toBe(422);
  expect(dropped.json.message).toContain(
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version',
  );
});

test('a deleted CRD takes its instances along, waits for those that finalizers hold, and is gone with the last [V10]', async () => {
  const path = await established(crd('leaves'));
  await cluster.probe.post(path, instance('Leave', 'free'));
  await cluster.probe.post(path, instance('Leave', 'held', {}, { finalizers: ['a.b/c'] }));
  const watch = await cluster.probe.watch(
    `${path}?watch=1&resourceVersion=${(await cluster.probe.get(path)).json.metadata.resourceVersion}`,
  );
  const deleted = await cluster.probe.delete(`${crds}/leaves.t.example`);
  expect([
    deleted.json.kind,
    deleted.json.metadata.finalizers,
    deleted.json.metadata.deletionGracePeriodSeconds,
    deleted.json.metadata.generation,
  ]).toEqual(['CustomResourceDefinition', ['customresourcecleanup.apiextensions.k8s.io'], undefined, 1]);
  expect((await watch.take(2)).map((line) => line.split('@')[0])).toEqual(['DELETED free', 'MODIFIED held']);
  const stuck = await condition('leaves.t.example', 'Terminating', 'True');
  expect(stuck.status.conditions.at(-1).reason).toBe('InstanceDeletionInProgress');
  const refused = await cluster.probe.post(path, instance('Leave', 'new'));
  expect([refused.status, refused.json.message]).toEqual([
    403,
    'leaves.t.example "new" is forbidden: create not allowed while custom resource definition is terminating',
  ]);
  await cluster.probe.patch(`${path}/held`, { metadata: { finalizers: null } });
  expect((await watch.take(1))[0]).toMatch(/^DELETED held@/);
  expect((await watch.ended()).how).toBe('end');
  expect((await cluster.probe.get(path)).text).toBe('404 page not found\n');
  expect((await cluster.probe.get(`${crds}/leaves.t.example`)).status).toBe(404);
});

test('with a status subresource each side changes its own part', async () => {
  const path = await established(crd('splits', { subresources: { status: {} } }));
  const made = await cluster.probe.post(path, { ...instance('Split', 'a', { size: 1 }), status: { ignored: true } });
  expect(made.json.status).toBeUndefined();
  const status = await cluster.probe.put(`${path}/a/status`, {
    ...made.json,
    spec: { size: 9 },
    status: { ready: true },
    metadata: { ...made.json.metadata, labels: { x: 'y' } },
  });
  expect([status.status, status.json.spec, status.json.status, status.json.metadata.labels, status.json.metadata.generation]).toEqual([
    200,
    { size: 1 },
    { ready: true },
    undefined,
    1,
  ]);
  const main = await cluster.probe.patch(`${path}/a`, { spec: { size: 2 }, status: { ready: false } });
  expect([main.json.spec, main.json.status, main.json.metadata.generation]).toEqual([{ size: 2 }, { ready: true }, 2]);
  const same = await cluster.probe.patch(`${path}/a/status`, { status: { ready: true } });
  expect(same.json.metadata.resourceVersion).toBe(main.json.metadata.resourceVersion);
});

test('with a scale subresource the replicas are a Scale', async () => {
  const path = await established(
    crd('scales', {
      spec: { replicas: { type: 'integer' } },
      subresources: { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
    }),
  );
  await cluster.probe.post(path, instance('Scale', 'a', { replicas: 2 }));
  const scale = await cluster.probe.get(`${path}/a/scale`);
  expect([scale.json.kind, scale.json.apiVersion, scale.json.spec, scale.json.status]).toEqual([
    'Scale',
    'autoscaling/v1',
    { replicas: 2 },
    { replicas: 0 },
  ]);
  const changed = await cluster.probe.patch(`${path}/a/scale`, { spec: { replicas: 5 } });
  expect([changed.status, changed.json.spec.replicas]).toEqual([200, 5]);
  const object = await cluster.probe.get(`${path}/a`);
  expect([object.json.spec.replicas, object.json.metadata.generation]).toEqual([5, 2]);
  await cluster.probe.post(path, instance('Scale', 'none'));
  const none = await cluster.probe.get(`${path}/none/scale`);
  expect([none.status, none.json.message]).toEqual([
    500,
    'Internal error occurred: the spec replicas field ".spec.replicas" does not exist',
  ]);
});

test('an object that a tightened schema no longer allows can be read and relabelled, and its untouched part is tolerated [V8]', async () => {
  const path = await established(crd('tights', { spec: { name: { type: 'string' }, other: { type: 'string' } } }));
  await cluster.probe.post(path, instance('Tight', 'a', { name: 'BAD' }));
  const next = crd('tights', { spec: { name: { type: 'string', pattern: '^[a-z]+$' }, other: { type: 'string' } } });
  await cluster.probe.patch(`${crds}/tights.t.example`, { spec: next.spec });
  await cluster.probe.get('/version');
  expect((await cluster.probe.patch(`${path}/a`, { metadata: { labels: { a: 'b' } } })).status).toBe(200);
  expect((await cluster.probe.patch(`${path}/a`, { spec: { other: 'x' } })).status).toBe(200);
  const refused = await cluster.probe.patch(`${path}/a`, { spec: { name: 'WORSE' } });
  expect([refused.status, refused.json.details.causes[0].message]).toEqual([
    422,
    'Invalid value: "WORSE": spec.name in body should match \'^[a-z]+$\'',
  ]);
});
