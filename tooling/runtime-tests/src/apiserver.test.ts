import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createApiServer, type ApiServer } from '@kubecast/apiserver';

interface Reply {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of every shape
  readonly body: any;
}

function call(server: ApiServer, method: string, path: string, body?: unknown, type = 'application/json'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, server.url);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        path: url.pathname + url.search,
        method,
        ca: server.ca,
        agent: new Agent({ keepAlive: false }),
        headers: {
          Authorization: `Bearer ${server.token()}`,
          ...(text === undefined ? {} : { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(text)) }),
        },
      },
      (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (answer += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: answer.startsWith('{') ? JSON.parse(answer) : answer }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

/** The first `count` lines of a watch. */
// oxlint-disable-next-line typescript/no-explicit-any -- objects of every shape
function lines(server: ApiServer, path: string, count: number, opened: () => void = () => {}): Promise<any[]> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, server.url);
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        path: url.pathname + url.search,
        ca: server.ca,
        agent: new Agent({ keepAlive: false }),
        headers: { Authorization: `Bearer ${server.token()}` },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
          const found = text.split('\n').slice(0, -1);
          if (found.length < count) return;
          resolve(found.slice(0, count).map((line) => JSON.parse(line)));
          sent.destroy();
        });
        response.on('end', () => reject(new Error(`the watch ended after ${text}`)));
        response.on('error', () => {});
        opened();
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

async function withServer(work: (server: ApiServer) => Promise<void>, options: Parameters<typeof createApiServer>[0] = {}): Promise<void> {
  const server = createApiServer({ storageInitMs: 0, ...options });
  await server.listen();
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string, value = '1'): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value },
});

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gears.t.example' },
  spec: {
    group: 't.example',
    scope: 'Namespaced',
    names: { kind: 'Gear', plural: 'gears' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 3 } } } },
          },
        },
      },
    ],
  },
};

test('apiserver: HTTPS with a CA of its own: a client that trusts it is served, with a token', async () => {
  await withServer(async (server) => {
    assert.equal((await call(server, 'GET', '/version')).body.gitVersion, 'v1.36.3');
    assert.equal((await call(server, 'GET', '/api/v1/namespaces/default')).body.status.phase, 'Active');
    assert.match(server.kubeconfig(), /certificate-authority-data/);
  });
});

test('apiserver: a client that does not trust the CA is not served', async () => {
  await withServer(async (server) => {
    const failed = await new Promise<boolean>((resolve) => {
      const sent = request(`${server.url}/version`, { agent: new Agent({ keepAlive: false }) }, () => resolve(false));
      sent.on('error', () => resolve(true));
      sent.end();
    });
    assert.equal(failed, true);
  });
});

test('apiserver: objects are created, read, changed and deleted', async () => {
  await withServer(async (server) => {
    assert.equal((await call(server, 'POST', maps, map('a'))).status, 201);
    const read = await call(server, 'GET', `${maps}/a`);
    assert.equal(read.body.data.value, '1');
    const changed = await call(server, 'PATCH', `${maps}/a`, { data: { value: '2' } }, 'application/merge-patch+json');
    assert.equal(changed.body.data.value, '2');
    const stale = await call(server, 'PUT', `${maps}/a`, read.body);
    assert.equal(stale.status, 409);
    assert.equal((await call(server, 'DELETE', `${maps}/a`)).body.status, 'Success');
    assert.equal((await call(server, 'GET', `${maps}/a`)).status, 404);
  });
});

test('apiserver: a list comes in pages of one version', async () => {
  await withServer(async (server) => {
    for (const name of ['a', 'b', 'c']) await call(server, 'POST', maps, map(name));
    const first = await call(server, 'GET', `${maps}?limit=2`);
    await call(server, 'POST', maps, map('bb'));
    const second = await call(server, 'GET', `${maps}?limit=2&continue=${first.body.metadata.continue}`);
    assert.deepEqual(
      [...first.body.items, ...second.body.items].map((item: { metadata: { name: string } }) => item.metadata.name),
      ['a', 'b', 'c'],
    );
    assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
  });
});

test('apiserver: a streamed list ends with its mark, and the watch goes on', async () => {
  await withServer(async (server) => {
    await call(server, 'POST', maps, map('a'));
    const seen = await lines(
      server,
      `${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      3,
      () => void call(server, 'POST', maps, map('b')),
    );
    assert.deepEqual(
      seen.map((line) => line.type),
      ['ADDED', 'BOOKMARK', 'ADDED'],
    );
    assert.equal(seen[1].object.metadata.annotations['k8s.io/initial-events-end'], 'true');
  });
});

test('apiserver: a CRD is served soon after it was created, with validation and defaults', async () => {
  await withServer(async (server) => {
    assert.equal((await call(server, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)).status, 201);
    const path = '/apis/t.example/v1/namespaces/default/gears';
    while ((await call(server, 'GET', path)).status === 404) await new Promise((resolve) => setTimeout(resolve, 2));
    const gear = { apiVersion: 't.example/v1', kind: 'Gear', metadata: { name: 'g' }, spec: {} };
    assert.deepEqual((await call(server, 'POST', path, gear)).body.spec, { size: 3 });
    const bad = await call(server, 'POST', path, { ...gear, spec: { size: 'x' } });
    assert.deepEqual([bad.status, bad.body.details.causes[0].field], [422, 'spec.size']);
  });
});

test('apiserver: faults strike the requests that they match', async () => {
  await withServer(async (server) => {
    server.faults.add({ type: 'status', code: 503 }, { verb: 'list', times: 1 });
    assert.equal((await call(server, 'GET', maps)).status, 503);
    assert.equal((await call(server, 'GET', maps)).status, 200);
    server.faults.add({ type: 'drop' }, { verb: 'get', times: 1 });
    await assert.rejects(call(server, 'GET', `${maps}/x`));
  });
});

test('apiserver: what was written is there after a restart from the same folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-runtime-'));
  try {
    let ca = '';
    await withServer(
      async (server) => {
        ca = server.ca;
        await call(server, 'POST', maps, map('kept'));
      },
      { data: folder },
    );
    await withServer(
      async (server) => {
        assert.equal(server.ca, ca);
        assert.equal((await call(server, 'GET', `${maps}/kept`)).status, 200);
      },
      { data: folder },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('apiserver: a frozen connection says nothing more, and a new one is served', async () => {
  await withServer(async (server) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (): { answered: Promise<number>; stop: () => void } => {
      const url = new URL(`${server.url}/version`);
      const sent = request({ host: url.hostname, port: url.port, path: url.pathname, ca: server.ca, agent });
      const answered = new Promise<number>((resolve) => {
        sent.on('response', (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        sent.on('error', () => resolve(-1));
      });
      sent.end();
      return { answered, stop: () => void sent.destroy() };
    };
    assert.equal(await ask().answered, 200);
    assert.ok(server.faults.freezeConnections() >= 1);
    const frozen = ask();
    assert.equal((await call(server, 'GET', '/version')).status, 200);
    const first = await Promise.race([frozen.answered, call(server, 'GET', '/version').then(() => 'silent')]);
    assert.equal(first, 'silent');
    frozen.stop();
    agent.destroy();
  });
});

test('apiserver: a stopped server ends its watches, and starts again at the same address', async () => {
  const server = createApiServer();
  await server.listen();
  const { url } = server;
  const ended = new Promise<boolean>((resolve) => {
    const target = new URL(`${url}${maps}?watch=1`);
    const sent = request(
      {
        host: target.hostname,
        port: target.port,
        path: target.pathname + target.search,
        ca: server.ca,
        agent: new Agent({ keepAlive: false }),
        headers: { Authorization: `Bearer ${server.token()}` },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(true));
        response.on('error', () => resolve(false));
        void server.close();
      },
    );
    sent.on('error', () => resolve(false));
    sent.end();
  });
  assert.equal(await ended, true);
  await server.close();
  await server.listen();
  assert.equal(server.url, url);
  assert.equal((await call(server, 'GET', '/version')).status, 200);
  await server.close();
});
