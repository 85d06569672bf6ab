import { appModel, configMapType, type AppModel, isValidationError, podType } from '@kubecast/crd';
import { jsonPatch, setAt } from '../objects/index.ts';
import { createVirtualClock } from '@kubecast/clock/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createClient, type KubernetesClient } from '../client.ts';
import { connectionFrom } from '../connection/connection-from.ts';
import { ProtocolError, RequestError } from '../errors.ts';
import {
  ApplyConflictError,
  isAlreadyExists,
  isApplyConflict,
  isConflict,
  isExpired,
  isForbidden,
  isNotFound,
  isStatusError,
  StatusError,
} from '../calls/status-error.ts';
import { answerJson, type Handler, pem, startServer, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
let client: KubernetesClient;
let handle: Handler = () => {};
beforeAll(async () => {
  server = await startServer((request, response, raw) => handle(request, response, raw));
  client = createClient(connectionFrom({ server: server.url, ca: pem.ca, namespace: 'home' }));
});
beforeEach(() => {
  server.seen.length = 0;
  handle = (request, response) => {
    answerJson(response, 200, request.body === '' ? { metadata: { name: 'x' } } : JSON.parse(request.body));
  };
});
afterAll(async () => {
  client.close();
  await server.close();
});

const model = (name = 'iiot'): AppModel => ({
  metadata: { name },
  spec: { app: 'iiot', version: '1', models: [{ name: 'a', version: '1' }] },
});
const last = (): string => `${server.seen.at(-1)?.method} ${server.seen.at(-1)?.path}`;
const failure = (status: number, body: object, headers = {}): void => {
  handle = (_, response) => {
    answerJson(response, status, { kind: 'Status', status: 'Failure', ...body }, headers);
  };
};

test('paths follow the group, the scope and the namespace of call, object, client, connection, in this order', async () => {
  const models = client.resource(appModel);
  await models.get('a');
  expect(last()).toBe('GET /apis/iidp.com/v1/namespaces/home/appmodels/a');
  await models.inNamespace('team').get('a', { resourceVersion: '0' });
  expect(last()).toBe('GET /apis/iidp.com/v1/namespaces/team/appmodels/a?resourceVersion=0');
  await client.resource(appModel, { namespace: 'team' }).create({ ...model(), metadata: { name: 'a', namespace: 'own' } });
  expect(last()).toBe('POST /apis/iidp.com/v1/namespaces/own/appmodels');
  await models.get('a', { namespace: 'call' });
  expect(last()).toBe('GET /apis/iidp.com/v1/namespaces/call/appmodels/a');
  await client.resource({ group: '', version: 'v1', kind: 'Node', plural: 'nodes', scope: 'Cluster' }, { namespace: 'no' }).get('n');
  expect(last()).toBe('GET /api/v1/nodes/n');
});

test('a write sends the object as it was at the call, whatever the program does with it afterwards', async () => {
  const models = client.resource(appModel, { namespace: 'team' });
  const object = { ...model('first'), metadata: { name: 'first', labels: { at: 'the call' } } };
  const patch = { spec: { version: '1' } };
  const writes = [
    models.create(object),
    models.replace(object),
    models.apply(object),
    models.patch('first', patch),
    models.create({ ...object }, { validate: false }),
  ];
  object.metadata.name = 'second';
  object.metadata.labels.at = 'later';
  Object.assign(object, { spec: { ...object.spec, version: '9' } });
  patch.spec.version = '9';
  await Promise.all(writes);
  expect(server.seen).toHaveLength(5);
  for (const { body } of server.seen) expect(body).not.toMatch(/second|later|"9"/);
});

test('names that could ask for another path are refused before anything is sent; others are encoded', async () => {
  const models = client.resource(appModel);
  for (const name of ['', '.', '..', 'a/b', 'a%2fb', '\ud800']) await expect(models.get(name)).rejects.toThrow(RequestError);
  await expect(models.get('a', { namespace: '../../x' })).rejects.toThrow(RequestError);
  expect(server.seen).toHaveLength(0);
  for (const [name, path] of [
    ['__proto__', '__proto__'],
    ['ü?#', '%C3%BC%3F%23'],
    ['x'.repeat(253), 'x'.repeat(253)],
  ] as const) {
    await models.get(name);
    expect(last()).toBe(`GET /apis/iidp.com/v1/namespaces/home/appmodels/${path}`);
  }
});

test('writes carry field manager, dry run, validation and force; apiVersion and kind are filled in; receipts and warnings come back', async () => {
  handle = (request, response) => {
    answerJson(
      response,
      201,
      { ...JSON.parse(request.body), metadata: { name: 'iiot', namespace: 'home', uid: 'u1', resourceVersion: '7' } },
      { warning: ['299 - "first \\"quoted\\", one"', '299 - "second"'] },
    );
  };
  const written = await client.resource(appModel).create(model(), { fieldManager: 'me', dryRun: true, fieldValidation: 'Strict' });
  expect(last()).toBe('POST /apis/iidp.com/v1/namespaces/home/appmodels?fieldManager=me&dryRun=All&fieldValidation=Strict');
  expect(written.receipt).toEqual({ key: { cluster: '', namespace: 'home', name: 'iiot' }, uid: 'u1', version: '7', gone: false });
  expect(written.warnings).toEqual(['first "quoted", one', 'second']);
  await client.resource(appModel).apply({ metadata: { name: 'iiot' } }, { force: true });
  expect(last()).toBe('PATCH /apis/iidp.com/v1/namespaces/home/appmodels/iiot?fieldManager=kubecast&force=true');
  expect(server.seen.at(-1)?.headers['content-type']).toBe('application/apply-patch+yaml');
  expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toEqual({ apiVersion: 'iidp.com/v1', kind: 'AppModel', metadata: { name: 'iiot' } });
  await client.resource(configMapType).patch('c', [{ op: 'remove', path: '/data/x' }]);
  expect(server.seen.at(-1)?.headers['content-type']).toBe('application/json-patch+json');
  await client.resource(configMapType).patch('c', { data: null }, { kind: 'strategic' });
  expect(server.seen.at(-1)?.headers['content-type']).toBe('application/strategic-merge-patch+json');
  await client.resource(appModel).replaceStatus({ ...model() });
  expect(last()).toBe('PUT /apis/iidp.com/v1/namespaces/home/appmodels/iiot/status');
  await expect(client.resource(appModel).patch('c', {}, { kind: 'json' })).rejects.toThrow(RequestError);
});

test('an object that does not fit its definition is refused before it is sent, with every bad path; an option turns that off', async () => {
  const bad = {
    metadata: { name: 'base', namespace: 'home' },
    spec: { type: 'model', version: '1.7', models: ['model1', 'model2', 'model3'] },
  } as unknown as AppModel;
  const models = client.resource(appModel);
  for (const write of [(): Promise<unknown> => models.create(bad), (): Promise<unknown> => models.apply(bad as never)]) {
    const error: unknown = await write().catch((caught: unknown) => caught);
    expect(isValidationError(error) && error.errors.map((entry) => entry.field)).toEqual([
      'spec.type',
      'spec.models[0]',
      'spec.models[1]',
      'spec.models[2]',
    ]);
  }
  expect(server.seen).toHaveLength(0);
  await models.create(bad, { validate: false });
  expect(server.seen).toHaveLength(1);
});

test('what was read and written back keeps its digits, through a spread, patches and objects, and BigInt is sent as its digits', async () => {
  const text = '{"metadata":{"name":"x","annotations":{}},"spec":{"nanos":1764468000000000001,"list":[9007199254740993]}}';
  handle = (request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(request.method === 'GET' ? text : '{}');
  const things = client.resource(
    { group: 'x.example', version: 'v1', kind: 'Thing', plural: 'things', scope: 'Namespaced' },
    { namespace: 'n' },
  );
  const read = (await things.get('x')) as unknown as {
    metadata: { name: string };
    spec: { nanos: number; list: number[]; more?: unknown };
  };
  await things.replace({ ...read });
  await things.create({ ...read, spec: { ...read.spec, more: 18446744073709551615n } } as never);
  await things.patch('x', { spec: read.spec });
  await things.patch('x', [{ op: 'add', path: '/spec', value: read.spec }]);
  await things.apply(setAt(read, ['metadata', 'labels'], { a: 'b' }) as never);
  await things.patch('x', jsonPatch({}, read) as never);
  const written = server.seen.filter(({ method }) => method !== 'GET');
  expect(written).toHaveLength(6);
  for (const { body } of written) {
    expect(body).toContain('"nanos":1764468000000000001');
    expect(body).toContain('"list":[9007199254740993]');
  }
  expect(written[1]?.body).toContain('"more":18446744073709551615');
});

test('replace keeps fields that the type does not know', async () => {
  const read = { ...model(), spec: { ...model().spec, newer: { kept: true } }, extra: [1] } as unknown as AppModel;
  await client.resource(appModel).replace(read);
  expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toMatchObject({ spec: { newer: { kept: true } }, extra: [1] });
});

test("the 500 of a wrong apply is a validation error with the server's paths and our own, sent once", async () => {
  failure(500, {
    message:
      'failed to create typed patch object (home/base; iidp.com/v1, Kind=AppModel): errors:\n  .spec.type: field not declared in schema\n  .spec.items: duplicate entries for key [name="q",proto="TCP"]',
    code: 500,
  });
  const bad = { metadata: { name: 'base' }, spec: { type: 'x', models: ['m'] } };
  const error: unknown = await client
    .resource(appModel)
    .apply(bad as never, { validate: false })
    .catch((caught: unknown) => caught);
  expect(isValidationError(error) && error.errors.map((entry) => entry.field)).toEqual(['spec.type', 'spec.items', 'spec.models[0]']);
  expect((error as Error).cause).toBeInstanceOf(StatusError);
  expect(server.seen).toHaveLength(1);
  failure(500, { message: 'etcdserver: request is too large', code: 500 });
  await expect(client.resource(appModel).apply(model() as never)).rejects.toThrow(/request is too large/);
});

test('a conflict of apply names every manager and field', async () => {
  failure(409, {
    reason: 'Conflict',
    code: 409,
    message: 'Apply failed with 2 conflicts: ...',
    details: {
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "m\\"1"', field: '.spec.models' },
        { reason: 'FieldManagerConflict', message: 'conflict with "tool" using t.example/v1', field: '.spec.app' },
      ],
    },
  });
  const error: unknown = await client
    .resource(appModel)
    .apply(model() as never)
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApplyConflictError);
  expect(isApplyConflict(error) && error.conflicts).toEqual([
    { manager: 'm"1', field: '.spec.models' },
    { manager: 'tool', field: '.spec.app' },
  ]);
  expect(isConflict(error)).toBe(true);
});

test('refusals carry code, reason, details, causes and retryAfter; guards tell them apart; a plain text answer is one too', async () => {
  const models = client.resource(appModel);
  const caught = (): Promise<unknown> => models.get('x').catch((error: unknown) => error);
  failure(404, {
    message: 'appmodels.iidp.com "x" not found',
    reason: 'NotFound',
    details: { name: 'x', group: 'iidp.com', kind: 'appmodels' },
    code: 404,
  });
  const missing = await caught();
  expect(missing).toMatchObject({
    code: 'CLIENT_STATUS',
    statusCode: 404,
    reason: 'NotFound',
    details: { name: 'x', kind: 'appmodels' },
    message: 'GET /apis/iidp.com/v1/namespaces/home/appmodels/x: appmodels.iidp.com "x" not found',
  });
  expect(isNotFound(missing)).toBe(true);
  expect(await models.find('x')).toBeUndefined();
  failure(409, { reason: 'AlreadyExists', message: 'x' });
  const exists = await caught();
  expect([isAlreadyExists(exists), isConflict(exists)]).toEqual([true, false]);
  failure(410, { reason: 'Expired', message: 'x', metadata: { continue: 'tok' } });
  const expired = await caught();
  expect([isExpired(expired), isStatusError(expired) && expired.continueToken]).toEqual([true, 'tok']);
  failure(403, { reason: 'Forbidden', message: 'x' });
  expect(isForbidden(await caught())).toBe(true);
  failure(
    504,
    {
      reason: 'Timeout',
      message: 'x',
      details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
    },
    { 'retry-after': '2' },
  );
  expect(await caught()).toMatchObject({ retryAfterMs: 2000, causes: [{ reason: 'ResourceVersionTooLarge', field: '' }] });
  handle = (_, response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
  expect(await caught()).toMatchObject({ statusCode: 404, reason: '', serverMessage: '404 page not found' });
  handle = (_, response) => response.end('<html>');
  await expect(models.get('x')).rejects.toThrow(ProtocolError);
});

test('a 429 is obeyed for as long as the server asks, for writes too; other refusals are not sent again', async () => {
  const clock = createVirtualClock();
  const own = createClient(connectionFrom({ server: server.url, ca: pem.ca }), { clock });
  let refuse = 2;
  handle = (_, response) => {
    if (refuse-- > 0)
      answerJson(response, 429, { kind: 'Status', reason: 'TooManyRequests', message: 'slow down' }, { 'retry-after': '3' });
    else answerJson(response, 200, { metadata: { name: 'iiot' } });
  };
  const done = own.resource(appModel).create(model());
  const started = clock.now();
  const finished = done.then(() => true);
  while (!(await Promise.race([finished, clock.advance(100).then(() => false)])));
  expect(clock.now() - started).toBeGreaterThanOrEqual(6000);
  expect(server.seen).toHaveLength(3);
  own.close();
  failure(503, { message: 'no' });
  server.seen.length = 0;
  await expect(client.resource(appModel).get('x')).rejects.toThrow(/no/);
  expect(server.seen).toHaveLength(1);
});

test('a Retry-After may be a date, by the clock of who wrote it; who has no time for it is told at once', async () => {
  const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
  const refusal = (after: string, own: string): void => {
    failure(429, { reason: 'TooManyRequests', message: 'later' }, { 'retry-after': after, date: own });
  };
  const refused = async (): Promise<unknown> =>
    client
      .resource(appModel)
      .get('x')
      .catch((error: unknown) => error);
  refusal(date, 'Wed, 21 Oct 2026 07:26:00 GMT');
  const own = createClient(connectionFrom({ server: server.url, ca: pem.ca }));
  expect(
    await own
      .resource(appModel)
      .get('x')
      .catch((error: unknown) => error),
  ).toMatchObject({ statusCode: 429, retryAfterMs: 120_000 });
  expect(server.seen).toHaveLength(1);
  own.close();
  // One that has passed is no wait at all: ten times more, then it is thrown.
  server.seen.length = 0;
  refusal(date, 'Wed, 21 Oct 2026 07:29:00 GMT');
  expect(await refused()).toMatchObject({ statusCode: 429, retryAfterMs: 0 });
  expect(server.seen).toHaveLength(11);
});

test('several warnings come in order, those with quotes, commas and backslashes too', async () => {
  const texts = ['unknown field "spec.a, b"', 'back\\slash', 'plain'];
  handle = (_, response) => {
    response.setHeader(
      'warning',
      texts.map((text) => `299 - "${text.replace(/["\\]/g, '\\$&')}"`),
    );
    answerJson(response, 200, { metadata: { name: 'x' } });
  };
  expect((await client.resource(configMapType).patch('x', {})).warnings).toEqual(texts);
});

test('a list goes page by page, the second page is asked for when the first was consumed; the version goes with the first request only; items of built-in kinds get their kind', async () => {
  handle = (request, response) => {
    const token = new URL(request.path, 'http://x').searchParams.get('continue');
    answerJson(response, 200, {
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: '9', ...(token === null ? { continue: 't1', remainingItemCount: 1 } : {}) },
      items: [{ metadata: { name: token === null ? 'a' : 'b' } }],
    });
  };
  const names: unknown[] = [];
  for await (const item of client
    .resource(configMapType, { namespace: 'n' })
    .list({ limit: 1, labelSelector: 'a=b,c', resourceVersion: '5', resourceVersionMatch: 'Exact' })) {
    names.push([item.kind, item.apiVersion, item.metadata.name]);
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(server.seen).toHaveLength(names.length);
  }
  expect(names).toEqual([
    ['ConfigMap', 'v1', 'a'],
    ['ConfigMap', 'v1', 'b'],
  ]);
  expect(server.seen.map((request) => request.path)).toEqual([
    '/api/v1/namespaces/n/configmaps?labelSelector=a%3Db%2Cc&limit=1&resourceVersion=5&resourceVersionMatch=Exact',
    '/api/v1/namespaces/n/configmaps?labelSelector=a%3Db%2Cc&limit=1&continue=t1',
  ]);
});

test('a server that gives the same continue token for ever is a ProtocolError, not an endless list', async () => {
  handle = (_, response) => {
    answerJson(response, 200, { metadata: { continue: 'same' }, items: [] });
  };
  await expect(
    (async () => {
      for await (const _ of client.resource(configMapType).list());
    })(),
  ).rejects.toThrow(/same continue token/);
});

test('the source of an informer yields raw pages and frames, and every refusal at once', async () => {
  const source = client.resource(appModel).source({ namespace: 'n' });
  const { signal } = new AbortController();
  handle = (request, response) => {
    if (request.path.includes('watch=true')) response.end('{"type":"ADDED","object":{"a":1}}\n{"type":"ERROR","object":{"code":410}}\n');
    else answerJson(response, 200, { metadata: { resourceVersion: '3' }, items: [{ a: 'ü' }] });
  };
  for await (const page of source.listPages({}, signal))
    expect([page.resourceVersion, page.more, page.items.map((item) => new TextDecoder().decode(item))]).toEqual([
      '3',
      false,
      ['{"a":"ü"}'],
    ]);
  const types: string[] = [];
  for await (const frames of source.watchFrames({ resourceVersion: '3', allowWatchBookmarks: true, timeoutSeconds: 300 }, signal))
    types.push(...frames.map((frame) => frame.type));
  expect(types).toEqual(['ADDED', 'ERROR']);
  expect(last()).toBe(
    'GET /apis/iidp.com/v1/namespaces/n/appmodels?watch=true&resourceVersion=3&timeoutSeconds=300&allowWatchBookmarks=true',
  );
  server.seen.length = 0;
  failure(429, { message: 'later' }, { 'retry-after': '1' });
  await expect(
    (async () => {
      for await (const _ of source.listPages({}, signal));
    })(),
  ).rejects.toMatchObject({ statusCode: 429, retryAfterMs: 1000 });
  expect(server.seen).toHaveLength(1);
});

test('a typed watch gives events in order and throws an ERROR event as StatusError', async () => {
  handle = (_, response) =>
    response.end(
      [
        { type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '1' } } },
        { type: 'BOOKMARK', object: { metadata: { resourceVersion: '5', annotations: { 'k8s.io/initial-events-end': 'true' } } } },
        { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (5)' } },
      ]
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    );
  const seen: unknown[] = [];
  const run = async (): Promise<void> => {
    for await (const event of client.resource(appModel).watch())
      seen.push([event.type, event.resourceVersion, event.type === 'BOOKMARK' && event.initialEventsEnd]);
  };
  const error: unknown = await run().catch((caught: unknown) => caught);
  expect(seen).toEqual([
    ['ADDED', '1', false],
    ['BOOKMARK', '5', true],
  ]);
  expect(isExpired(error)).toBe(true);
});

test('leaving a watch closes its connection', async () => {
  handle = (_, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{}}}\n');
  };
  const own = createClient(connectionFrom({ server: server.url, ca: pem.ca }));
  for await (const event of own.resource(appModel).watch()) {
    expect(event.type).toBe('ADDED');
    break;
  }
  expect(own.counters).toMatchObject({ openStreams: 0, openRequests: 0 });
  own.close();
});

test('what a delete says: gone with a Status, held by finalizers with the object, preconditions sent', async () => {
  const models = client.resource(appModel, { namespace: 'n' });
  handle = (_, response) => {
    answerJson(response, 200, { kind: 'Status', status: 'Success', details: { name: 'a', uid: 'u1' } });
  };
  const gone = await models.delete('a', { preconditions: { uid: 'u1', resourceVersion: '4' }, propagationPolicy: 'Foreground' });
  expect(gone).toMatchObject({ object: undefined, receipt: { key: { cluster: '', namespace: 'n', name: 'a' }, uid: 'u1', gone: true } });
  expect(gone.receipt.version).toBeUndefined();
  expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toMatchObject({
    preconditions: { uid: 'u1', resourceVersion: '4' },
    propagationPolicy: 'Foreground',
  });
  handle = (_, response) => {
    answerJson(response, 200, {
      kind: 'AppModel',
      metadata: { name: 'a', namespace: 'n', uid: 'u1', resourceVersion: '9', deletionTimestamp: 'T', finalizers: ['f'] },
    });
  };
  expect((await models.delete('a')).receipt).toMatchObject({ version: '9', gone: false });
  handle = (_, response) => {
    answerJson(response, 200, {
      kind: 'AppModel',
      metadata: { name: 'a', namespace: 'n', uid: 'u1', resourceVersion: '9', deletionTimestamp: 'T' },
    });
  };
  expect((await models.patch('a', { metadata: { finalizers: null } })).receipt.gone).toBe(true);
  await expect(client.resource(appModel).deleteCollection({ all: true })).rejects.toThrow(/needs a namespace/);
});

test('what a deletecollection took is told with a receipt for each; gone is only what nothing holds', async () => {
  const of = (name: string, more: object = {}): object => ({
    metadata: { name, namespace: 'n', uid: `u-${name}`, resourceVersion: '3', ...more },
  });
  handle = (_, response) => {
    answerJson(response, 200, { kind: 'List', items: [of('a'), of('b', { finalizers: ['x/y'] })] }, { Warning: '299 - "slowly"' });
  };
  const models = client.resource(appModel, { namespace: 'n' });
  const deleted = await models.deleteCollection({ labelSelector: 'a=b' });
  expect(deleted.items.map((item) => item.metadata.name)).toEqual(['a', 'b']);
  // The version is the one from before: nothing to wait for.
  expect(deleted.receipts).toEqual([
    { key: { cluster: '', namespace: 'n', name: 'a' }, uid: 'u-a', gone: true },
    { key: { cluster: '', namespace: 'n', name: 'b' }, uid: 'u-b', gone: false },
  ]);
  expect(deleted.warnings).toEqual(['slowly']);
  for (const propagationPolicy of ['Foreground', 'Orphan'] as const)
    expect((await models.deleteCollection({ all: true, propagationPolicy })).receipts.map((receipt) => receipt.gone)).toEqual([
      false,
      false,
    ]);
  handle = (_, response) => {
    answerJson(response, 200, { kind: 'PodList', items: [of('new'), { ...of('runs'), spec: { nodeName: 'node-1' } }] });
  };
  const pods = await client.resource(podType, { namespace: 'n' }).deleteCollection({ all: true });
  expect(pods.receipts.map((receipt) => receipt.gone)).toEqual([true, false]);
});

test('scale, eviction and other subresources go to their paths, with a receipt of the object that they belong to', async () => {
  const key = { cluster: '', namespace: 'home', name: 'p' };
  const pods = client.resource(podType);
  handle = (_, response) => {
    answerJson(response, 201, { kind: 'Status', status: 'Success' }, { Warning: '299 - "soon"' });
  };
  const evicted = await pods.evict('p', { gracePeriodSeconds: 1 });
  expect(last()).toBe('POST /api/v1/namespaces/home/pods/p/eviction');
  expect(evicted).toEqual({ value: { kind: 'Status', status: 'Success' }, receipt: { key, uid: '', gone: false }, warnings: ['soon'] });
  expect((await pods.evict('p', { preconditions: { uid: 'u1' } })).receipt.uid).toBe('u1');
  handle = (_, response) => {
    answerJson(response, 200, {
      kind: 'Scale',
      metadata: { name: 'p', namespace: 'home', uid: 'u2', resourceVersion: '7' },
      spec: { replicas: 3 },
    });
  };
  const deployments = client.resource({ group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', scope: 'Namespaced' });
  const receipt = { key, uid: 'u2', version: '7', gone: false };
  expect(await deployments.scale('p', 3)).toEqual({ replicas: 3, receipt, warnings: [] });
  expect(last()).toBe('PATCH /apis/apps/v1/namespaces/home/deployments/p/scale');
  expect((await deployments.writeSubresource('PUT', 'p', 'scale', { spec: { replicas: 3 } })).receipt).toEqual(receipt);
});

test('a quiet watch without bookmarks is not ended by silence; one with bookmarks is', async () => {
  const clock = createVirtualClock();
  const own = createClient(connectionFrom({ server: server.url, ca: pem.ca }), { clock });
  handle = (_, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{}}}\n');
  };
  for (const [allowWatchBookmarks, ends] of [
    [true, true],
    [false, false],
  ] as const) {
    const watch = own.resource(appModel).watch({ allowWatchBookmarks });
    await watch.next();
    const next = watch.next().then(
      () => 'ended',
      (error: unknown) => (error as { phase?: unknown }).phase ?? error,
    );
    await clock.advance(200_000);
    expect(own.counters.openStreams).toBe(ends ? 0 : 1);
    if (ends) expect(await next).toBe('idle');
  }
  own.close();
  await clock.settle();
  expect(clock.pending).toBe(0);
});
