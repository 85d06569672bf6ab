import { systemClock } from '@kubecast/clock';
import type { ApiServer, ApiServerOptions } from '@kubecast/apiserver';
import { EmbeddedCluster, RealCluster, type TestCluster } from '@kubecast/apiserver/envtest';
import { connectionFrom, createClient, isAlreadyExists } from '@kubecast/client';
import type { KubernetesClient } from '@kubecast/client';
import type { KubernetesObject, ResourceType } from '@kubecast/crd';
import { createInformer } from '@kubecast/informer';
import type { Informer, InformerOptions } from '@kubecast/informer';
import { embeddedOf } from '../server-under-test.ts';

export interface Note extends KubernetesObject {
  readonly apiVersion: 'example.com/v1';
  readonly kind: 'Note';
  readonly spec: { readonly text: string; readonly extra?: string };
}

export const noteType: ResourceType<Note> = { group: 'example.com', version: 'v1', kind: 'Note', plural: 'notes', scope: 'Namespaced' };

interface Crd extends KubernetesObject {
  readonly spec: unknown;
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const crdType: ResourceType<Crd> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  scope: 'Cluster',
};

export function noteCrd(extra: Record<string, unknown> = {}): Crd {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'notes.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'notes', singular: 'note', kind: 'Note', listKind: 'NoteList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { text: { type: 'string' }, extra: { type: 'string', ...extra } } } },
            },
          },
        },
      ],
    },
  };
}

/** Where the worlds of one suite get their API server. */
export interface Servers {
  /** Whether the server streams lists; older ones answer 422, and are listed page by page. */
  readonly streamsLists: boolean;
  /** Whether it shows faults on demand. */
  readonly faulty: boolean;
  take(options?: ApiServerOptions): Promise<TestCluster>;
  give(cluster: TestCluster): Promise<void>;
  end(): Promise<void>;
}

/** An embedded server for each world. */
export function embeddedServers(kubernetes: '1.36' | '1.24' | '1.19'): Servers {
  return {
    streamsLists: kubernetes === '1.36',
    faulty: true,
    async take(options = {}) {
      const cluster = new EmbeddedCluster({ kubernetes, ...options });
      await cluster.start();
      return cluster;
    },
    give: (cluster) => cluster.stop(),
    end: () => Promise.resolve(),
  };
}

/** One real server for all worlds of a suite, since its start takes seconds: each world makes its kind anew. */
export function realServers(assets: string, streamsLists: boolean): Servers {
  let cluster: RealCluster | undefined;
  return {
    streamsLists,
    faulty: false,
    async take() {
      if (cluster === undefined) {
        cluster = new RealCluster({ assets });
        await cluster.start();
      }
      return cluster;
    },
    give: () => Promise.resolve(),
    end: async () => cluster?.stop(),
  };
}

const namespaceType: ResourceType<KubernetesObject> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  scope: 'Cluster',
};

/** An API server with a small kind, a client, and informers that wait less than in production. */
export class World implements AsyncDisposable {
  readonly cluster: TestCluster;
  readonly client: KubernetesClient;
  readonly informers: Informer<Note>[] = [];
  readonly #servers: Servers;

  constructor(servers: Servers, cluster: TestCluster) {
    this.#servers = servers;
    this.cluster = cluster;
    this.client = createClient(connectionFrom({ server: cluster.url, ca: cluster.ca, token: cluster.token() }));
  }

  static async start(servers: Servers, options: ApiServerOptions = {}): Promise<World> {
    const world = new World(servers, await servers.take(options));
    await world.client.resource(crdType).create(noteCrd());
    await world.established();
    for (const name of ['one', 'two', 'three']) {
      try {
        await world.client.resource(namespaceType).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    return world;
  }

  /** The embedded server, for its faults. */
  get api(): ApiServer {
    return embeddedOf(this.cluster);
  }

  get crds(): ReturnType<KubernetesClient['resource']> {
    return this.client.resource(crdType) as never;
  }

  get notes(): ReturnType<typeof this.client.resource<ResourceType<Note>, Note>> {
    return this.client.resource<ResourceType<Note>, Note>(noteType);
  }

  async established(): Promise<void> {
    for (;;) {
      const crd = await this.client.resource(crdType).get('notes.example.com');
      if (crd.status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True') === true) return;
      await turn();
    }
  }

  note(name: string, text: string, namespace = 'one', labels: Record<string, string> = {}): Note {
    return { apiVersion: 'example.com/v1', kind: 'Note', metadata: { name, namespace, labels }, spec: { text } };
  }

  informer(options: Partial<InformerOptions<Note>> = {}): Informer<Note> {
    const informer = createInformer<Note>({
      type: noteType,
      client: this.client,
      ...options,
      limits: { backoffBaseMs: 20, backoffMaxMs: 200, ...options.limits },
    });
    this.informers.push(informer);
    informer.start();
    return informer;
  }

  /** The server's objects as a list gives them, without what the informer drops. */
  async truth(namespace = ''): Promise<string[]> {
    const lines: string[] = [];
    for await (const note of this.notes.list({ ...(namespace === '' ? {} : { namespace }) })) lines.push(lineOf(note));
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const informer of this.informers) await informer.stop();
    // The next world on this server makes its kind anew.
    if (!this.#servers.faulty && (await this.client.resource(crdType).find('notes.example.com')) !== undefined) {
      await this.client.resource(crdType).delete('notes.example.com');
      while ((await this.client.resource(crdType).find('notes.example.com')) !== undefined) await turn();
    }
    this.client.close();
    await this.#servers.give(this.cluster);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function lineOf(note: unknown): string {
  const copy = structuredClone(note) as { metadata: { managedFields?: unknown } };
  delete copy.metadata.managedFields;
  return JSON.stringify(sorted(copy));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  );
}

export function held(informer: Informer<Note>): string[] {
  return [...informer.view.select()].map((entry) => lineOf(entry.mutable()));
}

/**
 * Resolves when the condition holds; the test's own timeout is the bound. The condition is asked again after each change of state, and between: a handler
 * of the test may be given a delta after all handlers that were added later.
 */
export async function until(informer: Informer<Note>, holds: () => boolean): Promise<void> {
  let changed = Promise.withResolvers<void>();
  const undo = informer.onStatus(() => changed.resolve());
  try {
    while (!holds()) {
      const waited = new AbortController();
      await Promise.race([changed.promise, systemClock.sleep(2, waited.signal)]);
      waited.abort();
      changed = Promise.withResolvers<void>();
    }
  } finally {
    undo[Symbol.dispose]();
  }
}
