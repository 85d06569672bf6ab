import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { test } from 'node:test';
import { createApiServer, type ApiServer } from '@kubecast/apiserver';

interface Reply {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of every shape
  readonly body: any;
}

function call(server: ApiServer, method: string, path: string, body?: string | Uint8Array, type = 'application/json'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = {
      Authorization: `Bearer ${server.token()}`,
      'User-Agent': 'runtime-test',
      ...(body === undefined ? {} : { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(body)) }),
    };
    const sent = request(`${server.url}${path}`, { method, ca: server.ca, agent: new Agent({ keepAlive: false }), headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (part: string) => (answer += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: answer.startsWith('{') ? JSON.parse(answer) : answer }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function withServer(work: (server: ApiServer) => Promise<void>): Promise<void> {
  const server = createApiServer({ storageInitMs: 0 });
  await server.listen();
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

const maps = '/api/v1/namespaces/default/configmaps';

function apply(server: ApiServer, manager: string, data: Record<string, string>, force = false): Promise<Reply> {
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });
  return call(server, 'PATCH', `${maps}/a?fieldManager=${manager}&force=${force}`, body, 'application/apply-patch+yaml');
}

test('apiserver: an apply creates, the same again changes nothing', async () => {
  await withServer(async (server) => {
    const first = await apply(server, 'm1', { x: '1' });
    const again = await apply(server, 'm1', { x: '1' });
    assert.deepEqual([first.status, again.status], [201, 200]);
    assert.deepEqual(again.body, first.body);
    assert.deepEqual(first.body.metadata.managedFields[0].fieldsV1, { 'f:data': { 'f:x': {} } });
  });
});

test('apiserver: a field of another manager is a conflict, and force takes it', async () => {
  await withServer(async (server) => {
    await apply(server, 'm1', { x: '1', y: '1' });
    const refused = await apply(server, 'm2', { x: '2' });
    assert.deepEqual([refused.status, refused.body.message], [409, 'Apply failed with 1 conflict: conflict with "m1": .data.x']);
    const forced = await apply(server, 'm2', { x: '2' }, true);
    assert.deepEqual(forced.body.data, { x: '2', y: '1' });
    const less = await apply(server, 'm1', {});
    assert.deepEqual(less.body.data, { x: '2' });
  });
});

test('apiserver: a strategic merge patch merges lists by their key', async () => {
  await withServer(async (server) => {
    const services = '/api/v1/namespaces/default/services';
    await call(server, 'POST', services, JSON.stringify({ metadata: { name: 's' }, spec: { ports: [{ port: 80, name: 'a' }] } }));
    const patched = await call(
      server,
      'PATCH',
      `${services}/s`,
      JSON.stringify({ spec: { ports: [{ port: 81, name: 'b' }] } }),
      'application/strategic-merge-patch+json',
    );
    assert.deepEqual(
      patched.body.spec.ports.map((port: { port: number }) => port.port),
      [81, 80],
    );
  });
});

test('apiserver: an object in its protobuf form is created', async () => {
  await withServer(async (server) => {
    const text = (field: number, value: string): number[] => [(field << 3) | 2, value.length, ...Buffer.from(value)];
    const message = (field: number, inner: readonly number[]): number[] => [(field << 3) | 2, inner.length, ...inner];
    const namespace = [
      0x6b,
      0x38,
      0x73,
      0,
      ...message(1, [...text(1, 'v1'), ...text(2, 'Namespace')]),
      ...message(2, message(1, text(1, 'made'))),
    ];
    const created = await call(server, 'POST', '/api/v1/namespaces', Uint8Array.from(namespace), 'application/vnd.kubernetes.protobuf');
    assert.deepEqual([created.status, created.body.metadata.name, created.body.status.phase], [201, 'made', 'Active']);
  });
});

test('apiserver: the OpenAPI index leads to documents', async () => {
  await withServer(async (server) => {
    const index = await call(server, 'GET', '/openapi/v3');
    const document = await call(server, 'GET', index.body.paths['api/v1'].serverRelativeURL);
    assert.equal(document.body.components.schemas['io.k8s.api.core.v1.ConfigMap'].type, 'object');
  });
});
