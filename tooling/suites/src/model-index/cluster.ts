import { request } from 'node:https';
import type { TestCluster } from '@kubecast/apiserver/envtest';
import { appModel, toManifest } from '@kubecast/crd';
import { createValuePublisher, type ValuePublisher } from '@kubecast/redis-loader';
import { startRedis, type TestRedis } from '@kubecast/redis-loader/testing';
import { startServer } from '../server-under-test.ts';

const appModels = '/apis/iidp.com/v1/namespaces/meta-test/appmodels';

export interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

/** An API server, embedded or real, with the CRD, a Redis, and a platform's hands on both. */
export class Cluster implements AsyncDisposable {
  readonly api: TestCluster;
  redis!: TestRedis;
  publisher!: ValuePublisher;

  constructor(api: TestCluster) {
    this.api = api;
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster(await startServer());
    cluster.redis = await startRedis();
    cluster.publisher = createValuePublisher({ redis: cluster.redis.url });
    await cluster.send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'meta-test' } });
    await cluster.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', toManifest(appModel));
    await until('the CRD is Established', async () => {
      const { json } = await cluster.send('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/appmodels.iidp.com');
      return JSON.stringify(json['status'] ?? '').includes('"Established"') && (await cluster.send('GET', appModels)).status === 200;
    });
    return cluster;
  }

  /** One request as anybody could make it. Refusals are answers. */
  send(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.api.url),
        {
          method,
          ca: this.api.ca,
          agent: false,
          headers: { authorization: `Bearer ${this.api.token()}`, 'content-type': contentType },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              json: (text.startsWith('{') ? JSON.parse(text) : { text }) as Record<string, unknown>,
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Announces an app; creates or replaces its AppModel. */
  async announce(
    name: string,
    app: string,
    models: Readonly<Record<string, string>>,
    more: { readonly appVersion?: string; readonly labels?: Record<string, string> } = {},
  ): Promise<void> {
    const object = {
      apiVersion: 'iidp.com/v1',
      kind: 'AppModel',
      metadata: { name, namespace: 'meta-test', labels: more.labels ?? { iidp: 'iidp' } },
      spec: { app, version: more.appVersion ?? '1', models: Object.entries(models).map(([model, version]) => ({ name: model, version })) },
    };
    const created = await this.send('POST', appModels, object);
    if (created.status === 201) return;
    const { labels } = object.metadata;
    const patched = await this.send(
      'PATCH',
      `${appModels}/${name}`,
      { metadata: { labels: { iidp: null, ...labels } }, spec: object.spec },
      'application/merge-patch+json',
    );
    if (patched.status !== 200) throw new Error(`announcing ${name}: ${patched.status} ${JSON.stringify(patched.json)}`);
  }

  async publish(app: string, model: string, version: string, payload: unknown): Promise<void> {
    await this.publisher.publish({ namespace: 'meta-test', app, model, version, payload });
  }

  withdraw(name: string): Promise<Answer> {
    return this.send('DELETE', `${appModels}/${name}`);
  }

  async serve(app: string, addresses: readonly string[]): Promise<void> {
    await this.send('POST', '/api/v1/namespaces/meta-test/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: app },
      spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    });
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${app}-1`, labels: { 'kubernetes.io/service-name': app } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    };
    const path = '/apis/discovery.k8s.io/v1/namespaces/meta-test/endpointslices';
    const created = await this.send('POST', path, slice);
    if (created.status !== 201)
      await this.send('PATCH', `${path}/${app}-1`, { endpoints: slice.endpoints }, 'application/merge-patch+json');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.publisher.close();
    await this.redis.close();
    await this.api.stop();
  }
}

/** Looks again and again, without a pause that could hide a race, until the thing is so; the test's own timeout ends it. */
export async function until(what: string, look: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`not so within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
