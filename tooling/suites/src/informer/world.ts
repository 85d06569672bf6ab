import { createApiServer } from '@kubecast/apiserver';
import type { ApiServer, ApiServerOptions } from '@kubecast/apiserver';
import { connectionFrom, createClient } from '@kubecast/client';
import type { KubernetesClient } from '@kubecast/client';
import type { KubernetesObject, ResourceType } from '@kubecast/crd';
import { createInformer } from '@kubecast/informer';
import type { Informer, InformerOptions } from '@kubecast/informer';

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

/** An embedded API server with a small kind, a client, and informers that wait less than in production. */
export class World implements AsyncDisposable {
  readonly api: ApiServer;
  client!: KubernetesClient;
  readonly informers: Informer<Note>[] = [];

  constructor(options: ApiServerOptions = {}) {
    this.api = createApiServer(options);
  }

  static async start(options: ApiServerOptions = {}): Promise<World> {
    const world = new World(options);
    await world.api.listen();
    world.client = createClient(connectionFrom({ server: world.api.url, ca: world.api.ca, token: world.api.token() }));
    await world.client.resource(crdType).create(noteCrd());
    await world.established();
    for (const name of ['one', 'two', 'three']) {
      await world.client
        .resource({ group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', scope: 'Cluster' } as ResourceType<KubernetesObject>)
        .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    return world;
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
      await new Promise((resolve) => setImmediate(resolve));
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
    this.client.close();
    await this.api.close();
  }
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

/** Resolves when the condition holds, asked again after each delta and each change of state; the test's own timeout is the bound. */
export async function until(informer: Informer<Note>, holds: () => boolean): Promise<void> {
  if (holds()) return;
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (!holds()) return;
      undo[Symbol.dispose]();
      handle.remove();
      resolve();
    };
    const undo = informer.onStatus(check);
    const handle = informer.handle(check);
  });
}
