import { createTestCluster } from '@kubecast/apiserver/envtest';
import { connectionFromKubeconfig, createClient, isForbidden, type KubernetesClient } from '@kubecast/client';
import { appModel, namespaceType } from '@kubecast/crd';
import { appModelApi, createPublisher } from '@kubecast/model-index';
import { startRedis } from '@kubecast/redis-loader/testing';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { realAssets } from '../apiserver/real-target.ts';
import { ControllerProcess } from '../controller/controller-process.ts';
import { until } from '../model-index/cluster.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const deploy = join(import.meta.dirname, '../../../../deploy');
const system = 'kubecast-system';

/** Everything in the files of deploy/, as an operator applies it. */
async function applyManifests(client: KubernetesClient, files: readonly string[]): Promise<void> {
  for (const file of files) {
    for (const document of parseAllDocuments(readFileSync(join(deploy, file), 'utf8'))) {
      const object = document.toJS() as Manifest | null;
      if (object === null) continue;
      const resource = await client.dynamic(
        { apiVersion: object.apiVersion, kind: object.kind },
        { namespace: object.metadata.namespace ?? '' },
      );
      await resource.apply(object as never, { fieldManager: 'operator' });
    }
  }
}

const status = async (url: string): Promise<{ status: number; text: string }> => {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
};

// The real one is skipped where kube-apiserver and etcd are not built: npm run envtest.
const assets = realAssets();

test.for(['embedded', 'real'] as const)(
  '%s: under exactly the Roles of deploy/ the controller installs the CRD and leads, the resolver answers, and neither may do more',
  { timeout: 120_000 },
  async (use, { skip, onTestFinished }) => {
    if (use === 'real' && assets === undefined) return skip('kube-apiserver and etcd are not built: npm run envtest');
    const folder = mkdtempSync(join(tmpdir(), 'kubecast-roles-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const cluster = createTestCluster({ use, ...(assets === undefined ? {} : { assets }) });
    onTestFinished(() => cluster.stop());
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    await cluster.start();
    const kubeconfigWith = (name: string, token: string): string => {
      const path = join(folder, `${name}.yaml`);
      writeFileSync(path, cluster.kubeconfig().replaceAll(cluster.token(), token), { mode: 0o600 });
      return path;
    };
    const clientOf = async (path: string): Promise<KubernetesClient> => {
      const client = createClient(await connectionFromKubeconfig({ path }));
      onTestFinished(() => client.close());
      return client;
    };
    const admin = await clientOf(kubeconfigWith('admin', cluster.token()));
    await applyManifests(admin, ['namespace.yaml', 'controller.yaml', 'resolver.yaml', 'publisher.yaml']);
    await admin.resource(namespaceType).create({ metadata: { name: 'meta-test' } });

    const controllerConfig = kubeconfigWith('controller', await cluster.serviceAccountToken(system, 'kubecast-controller'));
    const resolverConfig = kubeconfigWith('resolver', await cluster.serviceAccountToken(system, 'kubecast-resolver'));
    const common = ['--all-namespaces', '--redis-url', redis.url, '--exit-with-stdin'];
    const controller = new ControllerProcess([
      'run',
      '--kubeconfig',
      controllerConfig,
      ...common,
      '--health-port',
      '0',
      '--lease-namespace',
      system,
    ]);
    onTestFinished(() => controller.kill());
    const resolver = new ControllerProcess(['--kubeconfig', resolverConfig, ...common, '--port', '0'], 'resolver');
    onTestFinished(() => resolver.kill());

    for (const [name, app] of [
      ['controller', controller],
      ['resolver', resolver],
    ] as const) {
      const url = await app.url();
      let seen = '';
      await until(`${name} is ready; it says ${app.out.slice(-2000)}`, async () => {
        const answer = await status(`${url}/readyz`);
        seen = answer.text;
        return answer.status === 200;
      });
      expect(seen).not.toBe('');
    }

    const publisher = createPublisher({ appModels: appModelApi(admin.resource(appModel)), redis: redis.url, namespace: 'meta-test' });
    onTestFinished(() => publisher.close());
    await publisher.publishAppModel(
      { metadata: { name: 'iiot', namespace: 'meta-test' }, spec: { app: 'iiot', version: '1', models: [{ name: 'edge', version: '1' }] } },
      { edge: { title: 'Edge' } },
    );
    const url = await resolver.url();
    await until('the resolver answers with the published metadata', async () => {
      const answer = await status(`${url}/v1/namespaces/meta-test/models/edge`);
      return answer.status === 200 && answer.text.includes('"state":"current"') && answer.text.includes('"title":"Edge"');
    });

    // What the Roles do not give is refused, so they give no more than that.
    const asResolver = await clientOf(resolverConfig);
    const asController = await clientOf(controllerConfig);
    const refused = async (write: Promise<unknown>): Promise<boolean> => write.then(() => false, isForbidden);
    expect(await refused(asResolver.resource(appModel, { namespace: 'meta-test' }).delete('iiot'))).toBe(true);
    expect(await refused(asController.resource(appModel, { namespace: 'meta-test' }).delete('iiot'))).toBe(true);
    expect(
      await refused(
        asResolver
          .resource({ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', scope: 'Namespaced' }, { namespace: system })
          .get('x'),
      ),
    ).toBe(true);
    expect(
      await refused(
        asController
          .resource({ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', scope: 'Namespaced' }, { namespace: system })
          .get('x'),
      ),
    ).toBe(true);
  },
);
