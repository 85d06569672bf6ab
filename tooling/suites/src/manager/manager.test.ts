import { connectionFrom, createClient, type KubernetesClient } from '@kubecast/client';
import { configMapType, leaseType, podType, type ConfigMap, type ResourceType } from '@kubecast/crd';
import { createManager, owned, watched, type Logger, type Manager, type ManagerOptions } from '@kubecast/runtime';
import { systemClock } from '@kubecast/clock';
import { nobodyUser, type TestCluster } from '@kubecast/apiserver/envtest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer } from '../server-under-test.ts';

let cluster: TestCluster;
let admin: KubernetesClient;

beforeAll(async () => {
  cluster = await startServer();
  admin = clientOf();
}, 120_000);

afterAll(async () => {
  admin.close();
  await cluster.stop();
});

interface Told {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that can be waited on. */
class Lines implements Logger {
  readonly told: Told[] = [];
  readonly #waiting = new Set<() => void>();
  info = (fields: object, message: string): void => this.#add('info', fields, message);
  warn = (fields: object, message: string): void => this.#add('warn', fields, message);
  error = (fields: object, message: string): void => this.#add('error', fields, message);

  #add(level: string, fields: object, message: string): void {
    this.told.push({ level, message, fields: { ...fields } });
    for (const wake of this.#waiting) wake();
  }

  /** The first line that says this, and how long it took. */
  async line(pattern: RegExp): Promise<Told & { readonly ms: number }> {
    const began = systemClock.now();
    for (;;) {
      const found = this.told.find(({ message }) => pattern.test(message));
      if (found !== undefined) return { ...found, ms: systemClock.now() - began };
      const next = Promise.withResolvers<void>();
      this.#waiting.add(next.resolve);
      await next.promise;
      this.#waiting.delete(next.resolve);
    }
  }
}

function clientOf(user?: string, url = cluster.url): KubernetesClient {
  return createClient(connectionFrom({ server: url, ca: cluster.ca, token: cluster.token(user), namespace: 'default' }));
}

/** Runs a manager for as long as the body takes. */
async function managed(
  options: Omit<ManagerOptions, 'client' | 'log'> & { readonly client?: KubernetesClient },
  prepare: (manager: Manager) => void,
  body: (lines: Lines, manager: Manager) => Promise<void>,
): Promise<Lines> {
  const log = new Lines();
  const manager = createManager({ client: clientOf(), namespaces: ['default'], ...options, log });
  prepare(manager);
  const stop = new AbortController();
  const ran = manager.run(stop.signal);
  ran.catch(() => {});
  try {
    await body(log, manager);
  } finally {
    stop.abort();
    await ran;
  }
  expect(manager.state).toBe('stopped');
  return log;
}

const widgetType: ResourceType<ConfigMap> = {
  group: 'missing.example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Namespaced',
};
const configMap = (name: string, more: Partial<ConfigMap> = {}): ConfigMap => ({ metadata: { name, namespace: 'default' }, ...more });

test('a reconcile that throws is told within a second, with key and count', async () => {
  const lines = await managed(
    {},
    (manager) =>
      void manager.controller({
        name: 'failing',
        for: configMapType,
        reconcile: (key) => {
          if (key.name === 'throws') throw new Error('the world is wrong; token=hush-hush');
        },
      }),
    async (log) => {
      await log.line(/^synced$/u);
      await admin.resource(configMapType).create(configMap('throws'));
      const told = await log.line(/failing: reconcile failed/u);
      expect(told.ms).toBeLessThan(1_000);
      expect(told.fields).toMatchObject({ controller: 'failing', key: 'default/throws', reason: 'the world is wrong; token=***' });
      expect(await log.line(/failing: reconcile failed/u)).toMatchObject({ level: 'error' });
    },
  );
  expect(lines.told.filter(({ message }) => message.includes('reconcile failed'))).toHaveLength(1);
  await admin.resource(configMapType).delete('throws');
});

test('a CRD that is not installed is told within a second', async () => {
  await managed(
    {},
    (manager) => void manager.controller({ name: 'widgets', for: widgetType, reconcile: () => {} }),
    async (log) => {
      const told = await log.line(/CRD is not installed/u);
      expect(told.ms).toBeLessThan(1_000);
      expect(told.message).toBe(
        'widgets.missing.example.com is not served by the API server: its CRD is not installed, or not in this version',
      );
    },
  );
});

test('what RBAC forbids is told within a second, with verb and resource', async () => {
  await managed(
    { client: clientOf(nobodyUser) },
    (manager) => void manager.controller({ name: 'forbidden', for: configMapType, reconcile: () => {} }),
    async (log) => {
      const told = await log.line(/forbids/u);
      expect(told.ms).toBeLessThan(1_000);
      expect(told.message).toMatch(/^configmaps: the API server forbids (list|watch); grant it by RBAC$/u);
      expect(told.fields).toMatchObject({
        resource: 'configmaps',
        namespace: 'default',
        verb: expect.stringMatching(/list|watch/u) as string,
      });
    },
  );
});

test('a server that is away is told within a second, and that it is back', async () => {
  const own = await startServer();
  const client = createClient(connectionFrom({ server: own.url, ca: own.ca, token: own.token(), namespace: 'default' }));
  await own.kill();
  try {
    await managed(
      { client },
      (manager) => void manager.controller({ name: 'away', for: configMapType, reconcile: () => {} }),
      async (log, manager) => {
        const told = await log.line(/the API server is away/u);
        expect(told.ms).toBeLessThan(1_000);
        expect(manager.state).toBe('syncing');
        await own.restart();
        await log.line(/^synced$/u);
      },
    );
  } finally {
    await own.stop();
  }
}, 60_000);

test('what a kind owns and what it watches runs its keys', async () => {
  const ran: string[] = [];
  let wake = Promise.withResolvers<void>();
  const until = async (key: string): Promise<void> => {
    while (!ran.includes(key)) {
      wake = Promise.withResolvers<void>();
      if (!ran.includes(key)) await wake.promise;
    }
  };
  await managed(
    { election: { namespace: 'default', name: 'owns' }, health: { port: 0 }, debug: { port: 0 } },
    (manager) =>
      void manager.controller({
        name: 'owners',
        for: configMapType,
        owns: [owned(leaseType)],
        watches: [watched(podType, { map: ({ entry }) => [{ ...entry.key, name: `of-pod-${entry.key.name}` }] })],
        reconcile: (key) => {
          ran.push(key.name);
          wake.resolve();
        },
      }),
    async (log, manager) => {
      await log.line(/^leading/u);
      const owner = (await admin.resource(configMapType).create(configMap('owner'))).object;
      await until('owner');
      ran.length = 0;
      await admin.resource(leaseType).create({
        metadata: {
          name: 'owned',
          namespace: 'default',
          ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '', controller: true }],
        },
      });
      await until('owner');
      await admin
        .resource(podType)
        .create({ metadata: { name: 'p', namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
      await until('of-pod-p');
      const { health, debug } = manager.urls;
      expect(await (await fetch(`${health}/readyz`)).text()).toBe('ok\n');
      expect(await (await fetch(`${health}/metrics`)).text()).toContain(
        'kubecast_runtime_reconciles_total{controller="owners",result="success"}',
      );
      const page = await (await fetch(debug)).text();
      expect(page).toContain('Controller owners');
      expect(page).toContain('Informer configmaps');
      expect(page).not.toContain('<script');
    },
  );
  const lease = await admin.resource(leaseType).get('owns');
  expect(lease.spec?.holderIdentity ?? '').toBe('');
  await admin.resource(configMapType).delete('owner');
}, 30_000);
