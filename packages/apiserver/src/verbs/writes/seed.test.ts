import { expect, onTestFinished, test } from 'vitest';
import { isApiServerError } from '../../errors.ts';
import { appModel, collection, onRealServer, startCluster, type Cluster } from '../../testing/cluster.ts';

async function started(): Promise<Cluster> {
  const cluster = await startCluster();
  onTestFinished(() => cluster.close());
  return cluster;
}

test.skipIf(onRealServer)(
  'seeded objects are listed and watched like others, keep their UID when they are seeded again, and nothing is checked',
  async () => {
    const { server, probe } = await started();
    const watch = await probe.watch(`${collection}?watch=1`);
    onTestFinished(() => watch.close());
    const object = appModel('one', { namespace: 'ns' });
    server.seed([object, { ...appModel('wrong', { namespace: 'ns' }), spec: { models: [] } }]);
    const first = (await probe.get(`${collection}/one`)).json;
    expect(first.metadata.uid).toMatch(/^[0-9a-f-]{36}$/u);
    expect(first.metadata.creationTimestamp).toMatch(/Z$/u);
    expect((await probe.get(collection)).json.items).toHaveLength(2);
    server.seed([appModel('one', { namespace: 'ns', labels: { seeded: 'again' } })]);
    const second = (await probe.get(`${collection}/one`)).json;
    const { uid, creationTimestamp } = first.metadata;
    expect(second.metadata).toMatchObject({ uid, creationTimestamp, labels: { seeded: 'again' } });
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    expect(object['metadata']).toEqual({ name: 'one', namespace: 'ns' });
    expect(await watch.take(3)).toEqual(
      ['ADDED one', 'ADDED wrong', 'MODIFIED one'].map((line) => expect.stringContaining(line.split(' ')[1] as string)),
    );
  },
);

test.skipIf(onRealServer)('what cannot be seeded is named with the way out', async () => {
  const { server } = await started();
  const seed = (object: object): string => {
    try {
      server.seed([object]);
      return '';
    } catch (error) {
      expect(isApiServerError(error) && error.code).toBe('ERR_APISERVER_SEED');
      return (error as Error).message;
    }
  };
  expect(seed({ apiVersion: 'nobody/v1', kind: 'Nothing', metadata: { name: 'x' } })).toContain('install its CRD first');
  expect(seed({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } })).toContain('needs metadata.name and metadata.namespace');
  expect(seed({ apiVersion: 'v1', kind: 'Namespace', metadata: {} })).toContain('no metadata.namespace');
  expect(seed({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'x' } })).toContain(
    'by a request',
  );
});
