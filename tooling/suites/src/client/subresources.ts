import { isStatusError, type KubernetesClient } from '@kubecast/client';
import { customResourceDefinitionType, podType } from '@kubecast/crd';
import { systemClock } from '@kubecast/clock';
import { beforeAll, expect, test } from 'vitest';

interface Gear {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly uid?: string;
  };
  readonly spec: { readonly teeth: number; readonly replicas?: number };
  readonly status?: { readonly replicas?: number; readonly worn?: boolean };
}

const integer = { type: 'integer' };
const gears = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gears.suite.example' },
  spec: {
    group: 'suite.example',
    scope: 'Namespaced',
    names: { kind: 'Gear', plural: 'gears', singular: 'gear' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { teeth: integer, replicas: integer } },
              status: { type: 'object', properties: { replicas: integer, worn: { type: 'boolean' } } },
            },
          },
        },
      },
    ],
  },
};

/** Subresources: status and scale of a custom kind, on any server; the eviction of Pods on the real one. */
export function subresourceTests(server: string, client: () => KubernetesClient, inNewNamespace: () => Promise<string>): void {
  beforeAll(async () => {
    await client()
      .resource(customResourceDefinitionType)
      .create(gears as never, { validate: false });
    const served = async (): Promise<boolean> => client().serves('suite.example/v1', 'gears');
    while (!(await served())) await systemClock.sleep(20);
    // Served in discovery comes a moment before the resource itself.
    for (;;) {
      try {
        for await (const _ of (await client().dynamic({ apiVersion: 'suite.example/v1', kind: 'Gear' })).list());
        return;
      } catch (error) {
        if (!isStatusError(error) || (error.statusCode !== 404 && error.statusCode !== 429)) throw error;
        await systemClock.sleep(20);
      }
    }
  }, 30_000);

  test('status is written by its subresource alone: the spec stays, and the generation with it', async () => {
    const namespace = await inNewNamespace();
    const resource = await client().dynamic<Gear & { [field: string]: unknown }>(
      { apiVersion: 'suite.example/v1', kind: 'Gear' },
      { namespace },
    );
    const { object } = await resource.create({ metadata: { name: 'one' }, spec: { teeth: 12 }, status: { worn: true } });
    expect(object.status).toBeUndefined();
    const replaced = await resource.replaceStatus({ ...object, spec: { teeth: 99 }, status: { worn: true } });
    expect(replaced.object).toMatchObject({ spec: { teeth: 12 }, status: { worn: true }, metadata: { generation: 1 } });
    const patched = await resource.patch('one', { spec: { teeth: 5 }, status: { worn: false } }, { subresource: 'status' });
    expect(patched.object).toMatchObject({ spec: { teeth: 12 }, status: { worn: false } });
    const applied = await resource.applyStatus({ metadata: { name: 'one' }, status: { replicas: 2 } } as never, {
      fieldManager: 'suite',
      force: true,
    });
    expect(applied.object).toMatchObject({ spec: { teeth: 12 }, status: { worn: false, replicas: 2 } });
  });

  test('scale reads and sets the replicas where the kind says they stand', async () => {
    const namespace = await inNewNamespace();
    const resource = await client().dynamic<Gear & { [field: string]: unknown }>(
      { apiVersion: 'suite.example/v1', kind: 'Gear' },
      { namespace },
    );
    await resource.create({ metadata: { name: 'scaled' }, spec: { teeth: 12, replicas: 1 } });
    const scaled = await resource.scale('scaled', 3);
    expect(scaled.replicas).toBe(3);
    const now = await resource.get('scaled');
    expect(now.spec).toEqual({ teeth: 12, replicas: 3 });
    const { uid, resourceVersion: version } = now.metadata;
    expect(scaled.receipt).toEqual({ key: { cluster: '', namespace, name: 'scaled' }, uid, version, gone: false });
    const scale = (await resource.getSubresource('scaled', 'scale')) as { kind: string; spec: object };
    expect([scale.kind, scale.spec]).toEqual(['Scale', { replicas: 3 }]);
    await resource.writeSubresource('PUT', 'scaled', 'scale', { ...scale, spec: { replicas: 2 } });
    expect((await resource.get('scaled')).spec.replicas).toBe(2);
  });

  test.skipIf(server !== 'real')(
    'an eviction deletes a Pod, unless a disruption budget forbids it: a 429 that is told at once',
    async () => {
      const namespace = await inNewNamespace();
      const pods = client().resource(podType, { namespace });
      const pod = (name: string, labels: Record<string, string> = {}): never =>
        ({ metadata: { name, labels }, spec: { containers: [{ name: 'c', image: 'example.invalid/c' }] } }) as never;
      await pods.create(pod('free'));
      const { receipt } = await pods.evict('free', { gracePeriodSeconds: 0 });
      expect(receipt).toEqual({ key: { cluster: '', namespace, name: 'free' }, uid: '', gone: false });
      expect(await pods.find('free')).toBeUndefined();
      // A Pod that does not run yet is evicted whatever the budget says.
      const { object } = await pods.create(pod('guarded', { app: 'guarded' }));
      await pods.replaceStatus({ ...object, status: { phase: 'Running' } } as never);
      const budgets = await client().dynamic({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' }, { namespace });
      await budgets.create({ metadata: { name: 'all' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } } });
      const before = client().counters.requests;
      const refused: unknown = await pods.evict('guarded').catch((error: unknown) => error);
      expect(isStatusError(refused) && [refused.statusCode, refused.reason]).toEqual([429, 'TooManyRequests']);
      expect(client().counters.requests - before).toBe(1);
      expect((await pods.get('guarded')).metadata.name).toBe('guarded');
    },
  );
}
