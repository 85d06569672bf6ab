import type { TestCluster } from '@kubecast/apiserver/envtest';
import { connectionFrom, createClient, isExpired, type KubernetesClient } from '@kubecast/client';
import { configMapType } from '@kubecast/crd';
import { describe, expect, test } from 'vitest';
import { forgetfulClusters } from '../forgetful-clusters.ts';

for (const { name, make, forget } of forgetfulClusters)
  describe.skipIf(make === undefined)(`a list whose version the ${name} API server forgot`, () => {
    const names = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `c${from + i}`);

    test('is an expired error by default, and goes on with the rest as it is now where that is asked for', async () => {
      const cluster = (make as () => TestCluster)();
      await cluster.start();
      const client: KubernetesClient = createClient(connectionFrom({ server: cluster.url, ca: cluster.ca, token: cluster.token() }));
      try {
        const maps = client.resource(configMapType, { namespace: 'kube-system' });
        for (const own of names(10, 16)) await maps.create({ metadata: { name: own, labels: { own: 'yes' } } });
        const strict = maps.pages({ limit: 2, labelSelector: 'own=yes' });
        const lenient = maps.pages({ limit: 2, labelSelector: 'own=yes', whenExpired: 'continue' });
        const first = await lenient.next();
        expect((await strict.next()).value?.items).toHaveLength(2);
        await maps.create({ metadata: { name: 'c10a', labels: { own: 'yes' } } });
        await maps.create({ metadata: { name: 'c16', labels: { own: 'yes' } } });
        await maps.delete('c12');
        await forget(cluster);

        const refused: unknown = await strict.next().catch((error: unknown) => error);
        expect(isExpired(refused) && [refused.statusCode, refused.continueToken !== '']).toEqual([410, true]);
        const rest = [];
        for await (const page of lenient) rest.push(page);
        // What was made before the place where it stood is missing; nothing comes twice.
        const seen = [first.value, ...rest].flatMap((page) => page?.items.map((item) => item.metadata.name) ?? []);
        expect(seen).toEqual(['c10', 'c11', 'c13', 'c14', 'c15', 'c16']);
        expect(rest[0]?.resourceVersion).not.toBe(first.value?.resourceVersion);
      } finally {
        client.close();
        await cluster.stop();
      }
    }, 120_000);
  });
