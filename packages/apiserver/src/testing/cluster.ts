import { setTimeout as sleep } from 'node:timers/promises';
import { createApiServer, type ApiServer } from '../api-server.ts';
import { RealCluster } from '../envtest/index.ts';
import type { ApiServerOptions } from '../options.ts';
import { Probe } from './probe.ts';

export const appModelCrd: { readonly metadata: { readonly name: string }; readonly [name: string]: unknown } = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'appmodels.iidp.com' },
  spec: {
    group: 'iidp.com',
    scope: 'Namespaced',
    names: { kind: 'AppModel', plural: 'appmodels', shortNames: ['am'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  app: { type: 'string' },
                  version: { type: 'string' },
                  models: {
                    type: 'array',
                    minItems: 1,
                    items: {
                      type: 'object',
                      required: ['name', 'version'],
                      properties: { name: { type: 'string' }, version: { type: 'string' } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

export const collection = '/apis/iidp.com/v1/namespaces/ns/appmodels';

export function appModel(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: 'iidp.com/v1',
    kind: 'AppModel',
    metadata: { name, ...more },
    spec: { app: name, version: '1', models: [{ name: 'm', version: '1' }] },
  };
}

export interface Cluster {
  /** The embedded server; fails where the tests run on the real one. */
  readonly server: ApiServer;
  readonly probe: Probe;
  close(): Promise<void>;
}

/** A server with the CRD of AppModels established and a namespace `ns`. */
export async function startCluster(options: ApiServerOptions = {}): Promise<Cluster> {
  if (onRealServer) return startRealCluster();
  const server = createApiServer({ storageInitMs: 0, ...options });
  await server.listen();
  const probe = Probe.of(server);
  await probe.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } });
  await establish(probe, appModelCrd);
  return {
    server,
    probe,
    async close() {
      probe.close();
      await server.close();
    },
  };
}

/** The tests of behaviour run on the real kube-apiserver, to see that they tell the truth: KUBECAST_TEST_REAL names the folder of its binaries. */
export const onRealServer: boolean = (process.env['KUBECAST_TEST_REAL'] ?? '') !== '';

async function startRealCluster(): Promise<Cluster> {
  const real = new RealCluster({ assets: process.env['KUBECAST_TEST_REAL'] as string });
  await real.start();
  const probe = new Probe({ url: real.url, ca: real.ca, token: real.token() });
  await probe.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } });
  await establish(probe, appModelCrd);
  return {
    get server(): ApiServer {
      throw new Error('this test needs the embedded server');
    },
    probe,
    async close() {
      probe.close();
      await real.stop();
    },
  };
}

/** Creates a CRD and waits until it is established. */
export async function establish(probe: Probe, crd: { readonly metadata: { readonly name: string } }): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const made = await probe.post(path, crd);
  if (made.status !== 201) throw new Error(`the CRD was refused: ${made.text}`);
  const watch = await probe.watch(`${path}?watch=1&fieldSelector=metadata.name%3D${crd.metadata.name}`);
  for (;;) {
    const line = await watch.next();
    const conditions = (line?.object.status?.conditions ?? []) as { type: string; status: string }[];
    if (conditions.some((condition) => condition.type === 'Established' && condition.status === 'True')) break;
    if (line === undefined) await sleep(1);
  }
  watch.close();
  // Established is written before the next turn serves it.
  while ((await probe.get('/apis/' + groupOf(crd.metadata.name) + '/v1/' + crd.metadata.name.split('.')[0])).status !== 200) await sleep(1);
}

function groupOf(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}
