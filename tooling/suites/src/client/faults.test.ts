import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, createApiServer } from '@kubecast/apiserver';
import { connectionFromKubeconfig, createClient, isExpired, type KubernetesClient } from '@kubecast/client';
import { appModel, type AppModel, customResourceDefinitionType, namespaceType, toManifest } from '@kubecast/crd';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
let server: ApiServer;
let client: KubernetesClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-client-suite-'));
  server = createApiServer({});
  await server.listen();
  const path = join(folder, 'kubeconfig');
  server.writeKubeconfig(path);
  client = createClient(await connectionFromKubeconfig({ path, env: {} }));
  await client.resource(customResourceDefinitionType).create(toManifest(appModel) as never);
});
afterAll(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
async function inNewNamespace(): Promise<string> {
  const name = `faults-${count++}`;
  await client.resource(namespaceType).create({ metadata: { name } });
  return name;
}
const model = (name: string, version = '1'): AppModel => ({
  metadata: { name },
  spec: { app: name, version, models: [{ name: 'a', version }] },
});

test('a watch from before the server forgot its history ends with Expired', async () => {
  const namespace = await inNewNamespace();
  const models = client.resource(appModel, { namespace });
  const { receipt } = await models.create(model('old'));
  await models.create(model('newer'));
  server.faults.expireHistory();
  const run = async (): Promise<void> => {
    for await (const _ of models.watch({ resourceVersion: receipt.version ?? '' }));
  };
  expect(isExpired(await run().catch((error: unknown) => error))).toBe(true);
});

test("a 429 is obeyed before a write is sent again; an informer's list gets it at once", async () => {
  const namespace = await inNewNamespace();
  const models = client.resource(appModel, { namespace });
  const fault = server.faults.add({ type: 'status', code: 429, retryAfterSeconds: 1 }, { resource: 'appmodels', times: 2 });
  const list = async (): Promise<void> => {
    for await (const _ of models.source().listPages({}, new AbortController().signal));
  };
  expect(await list().catch((error: unknown) => error)).toMatchObject({ statusCode: 429, retryAfterMs: 1000 });
  await models.create(model('later'));
  expect(fault.hits).toBe(2);
});

test('a watch that is cut inside an event, dropped, or falls silent ends with a typed error', async () => {
  const namespace = await inNewNamespace();
  const models = client.resource(appModel, { namespace });
  await models.create(model('one'));
  const impatient = createClient(client.connection, { limits: { idleMs: 100 } });
  const run = async (): Promise<unknown> => {
    try {
      for await (const _ of impatient.resource(appModel, { namespace }).watch());
      return 'ended';
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  };
  const match = { resource: 'appmodels', verb: 'watch', times: 1 } as const;
  server.faults.add({ type: 'truncate' }, match);
  expect(await run()).toMatch(/^CLIENT_(PROTOCOL|CONNECTION)$/);
  server.faults.add({ type: 'drop', afterEvents: 1 }, match);
  expect(await run()).toBe('CLIENT_CONNECTION');
  server.faults.add({ type: 'stall', afterEvents: 1 }, match);
  expect(await run()).toBe('CLIENT_TIMEOUT');
  server.faults.add({ type: 'end-watch', afterEvents: 1 }, match);
  expect(await run()).toBe('ended');
  expect(impatient.counters).toMatchObject({ openRequests: 0, openStreams: 0 });
  impatient.close();
});
