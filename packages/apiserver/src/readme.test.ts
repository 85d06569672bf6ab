import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createApiServer, type ApiServer } from './api-server.ts';
import { Probe } from './testing/probe.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function started(): Promise<{ server: ApiServer; probe: Probe }> {
  const server = createApiServer();
  undo.push(() => server.close());
  await server.listen();
  const probe = Probe.of(server);
  undo.push(() => probe.close());
  return { server, probe };
}

const pods = '/api/v1/namespaces/default/pods';
const configMaps = '/api/v1/namespaces/default/configmaps';

/** The items of the lists under a heading. */
function items(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section.split('\n').filter((line) => line.startsWith('- '));
}

test('every kind that is named in the README as served is served, and none more', async () => {
  const { builtinResources } = await import('./builtin/index.ts');
  const line = items('What it serves').find((item) => item.startsWith('- These built-in kinds')) ?? '';
  const lines = readme.slice(readme.indexOf(line)).split('. ')[0] ?? '';
  const named = lines
    .replace(/^[^:]*:/, '')
    .replaceAll(/\([^)]*\)/g, '')
    .split(/,| and /)
    .map((kind) => kind.trim());
  const served = builtinResources()
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'CustomResourceDefinition');
  expect([...new Set(named)].filter((kind) => kind !== '').sort()).toEqual([...new Set(served)].sort());
});

test('seeded objects are stored as they are, each under the next revision, and watchers see them', async () => {
  const { server, probe } = await started();
  const before = Number((await probe.get(pods)).json.metadata.resourceVersion);
  const watch = await probe.watch(`${pods}?watch=1&resourceVersion=${before}`);
  undo.push(() => watch.close());
  const pod = { apiVersion: 'v1', kind: 'Pod', spec: { containers: 'none' } };
  server.seed(['a', 'b'].map((name) => ({ ...pod, metadata: { name, namespace: 'default', finalizers: ['plain'] } })));
  for (const [index, name] of ['a', 'b'].entries()) {
    const { json } = await probe.get(`${pods}/${name}`);
    expect(json.metadata.resourceVersion).toBe(String(before + index + 1));
    expect(json.metadata.finalizers).toEqual(['plain']);
    expect(json.metadata.managedFields).toBeUndefined();
    expect(json.spec).toEqual({ containers: 'none' });
  }
  expect(await watch.take(2)).toEqual([`ADDED a`, `ADDED b`].map((line) => expect.stringContaining(line.split(' ')[1] as string)));
});

test('what the README says of Pods, conversions, dependents and selectors is so', async () => {
  const { probe } = await started();
  const container = { name: 'c', image: 'x', resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } } };
  const made = await probe.post(pods, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [container] } });
  expect([made.status, made.json.status.qosClass]).toEqual([201, 'BestEffort']);
  await probe.delete(`${pods}/p`);
  expect((await probe.get(`${pods}/p`)).status).toBe(404);

  const owner = await probe.post(configMaps, { metadata: { name: 'owner' } });
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.json.metadata.uid }];
  await probe.post(configMaps, { metadata: { name: 'owned', ownerReferences } });
  await probe.delete(`${configMaps}/owner`);
  expect((await probe.get(`${configMaps}/owned`)).status).toBe(200);

  const version = (name: string, storage: boolean): object => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  });
  const webhook = { clientConfig: { url: 'https://127.0.0.1:1/none' }, conversionReviewVersions: ['v1'] };
  await probe.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'things.r.example' },
    spec: {
      group: 'r.example',
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: [version('v1', true), version('v2', false)],
      conversion: { strategy: 'Webhook', webhook },
    },
  });
  await expect.poll(async () => (await probe.get('/apis/r.example/v1/things')).status).toBe(200);
  await probe.post('/apis/r.example/v1/things', { apiVersion: 'r.example/v1', kind: 'Thing', metadata: { name: 't' }, spec: { a: 1 } });
  const other = await probe.get('/apis/r.example/v2/things/t');
  expect([other.json.apiVersion, other.json.spec]).toEqual(['r.example/v2', { a: 1 }]);
});
