import { createVirtualClock } from '@kubecast/store/testing';
import type { VirtualClock } from '@kubecast/store/testing';
import type { ResourceType } from '@kubecast/crd';
import { createInformer } from '../create-informer.ts';
import type { Delta } from '../delta.ts';
import type { Informer } from '../informer.ts';
import type { InformerOptions } from '../informer-options.ts';
import type { ReflectorReport } from '../reflector-report.ts';
import { ModelServer, wireState } from './model-server.ts';
import { ModelApi, matcher } from './model-source.ts';
import type { ModelSourceOptions } from './model-source.ts';

export interface Thing {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly payload: number };
}

export const thingType: ResourceType<Thing> = { group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things', scope: 'Namespaced' };

export interface ModelRig {
  readonly clock: VirtualClock;
  readonly server: ModelServer;
  readonly api: ModelApi;
  readonly informer: Informer<Thing>;
  readonly reports: ReflectorReport[];
  /** What the view holds, one line an object: `namespace/name uid@version payload`. */
  held(): readonly string[];
  /** What the server holds of it, in the same form. */
  truth(): readonly string[];
  state(): string;
}

/** An informer on a model server, in virtual time; not started. */
export function createModelRig(
  options: Partial<InformerOptions<Thing>> & { readonly seed?: number; readonly api?: ModelSourceOptions } = {},
): ModelRig {
  const { seed, api: apiOptions, ...rest } = options;
  const clock = createVirtualClock({ seed: seed ?? 1 });
  const server = new ModelServer(clock);
  const api = new ModelApi(server, apiOptions);
  const reports: ReflectorReport[] = [];
  const informer = createInformer<Thing>({
    type: thingType,
    clock,
    source: (namespace) => api.source(namespace),
    onReport: (report) => reports.push(report),
    ...rest,
  });
  const match = matcher('', { ...(rest.labelSelector === undefined ? {} : { labelSelector: rest.labelSelector }) });
  const namespaces = rest.namespaces ?? [''];
  return {
    clock,
    server,
    api,
    informer,
    reports,
    held: () =>
      [...informer.view.select()].map(
        (entry) => `${entry.key.namespace}/${entry.key.name} ${entry.uid}@${entry.version} ${String(entry.value.spec.payload)}`,
      ),
    truth: () => wireState(server.state(), (object) => match(object) && (namespaces.includes('') || namespaces.includes(object.namespace))),
    state: () =>
      informer
        .scopes()
        .map((scope) => scope.state)
        .join(','),
  };
}

/** One line for a delta: `added ns/name uid@version payload (origin)`. */
export function lineOf(delta: Delta<Thing>): string {
  const { entry } = delta;
  const why = delta.type === 'deleted' ? `, ${String(delta.cause)}` : '';
  return `${delta.type} ${entry.key.namespace}/${entry.key.name} ${entry.uid}@${entry.version} ${String(entry.value.spec.payload)} (${delta.origin}${why})`;
}
