import { createVirtualClock } from '@kubecast/clock/testing';
import type { VirtualClock } from '@kubecast/clock/testing';
import type { ResourceType } from '@kubecast/crd';
import { createInformer } from '../informer/create-informer.ts';
import { ObjectInformer } from '../informer/object-informer.ts';
import type { Delta } from '../contract/delta.ts';
import type { Informer } from '../contract/informer.ts';
import type { InformerOptions } from '../contract/informer-options.ts';
import type { ReflectorReport } from '../contract/reflector-report.ts';
import { restoreInformer } from '../informer/restore-informer.ts';
import type { SnapshotPlace } from '../snapshot/snapshot.ts';
import { ProgramGuard } from '../scopes/program-guard.ts';
import { VersionOrder } from '../reflector/version-order.ts';
import { memoryFiles } from './memory-files.ts';
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
  /** A second cluster in the same view, where one was asked for. */
  readonly twin: { readonly server: ModelServer; readonly api: ModelApi } | undefined;
  /** The one that runs now. */
  readonly informer: Informer<Thing>;
  readonly reports: ReflectorReport[];
  /** Where it keeps its state, if it does. */
  readonly files: ReturnType<typeof memoryFiles>;
  /** What the view holds of a cluster, one line an object: `namespace/name uid@version payload`. */
  held(cluster?: string): readonly string[];
  /** What the server holds of it, in the same form. */
  truth(): readonly string[];
  state(): string;
  /** Stops the informer and starts another from the file it left, or from what `between` puts in its place. Not started. */
  restart(namespaces: readonly string[], between?: (files: ReturnType<typeof memoryFiles>) => void): Promise<void>;
}

/** Where a rig's informer keeps its file. */
export const RIG_FILE = '/state/things';

/** The name of a rig's second cluster. */
export const TWIN = 'twin';

/** An informer on a model server, in virtual time; not started. `keeps`: it saves its state, for `restart`. */
export function createModelRig(
  options: Partial<InformerOptions<Thing>> & {
    readonly seed?: number;
    readonly api?: ModelSourceOptions;
    readonly keeps?: boolean;
    readonly twin?: boolean;
  } = {},
): ModelRig {
  const { seed, api: apiOptions, keeps, twin: twins, ...rest } = options;
  const clock = createVirtualClock({ seed: seed ?? 1 });
  const server = new ModelServer(clock);
  const api = new ModelApi(server, apiOptions);
  const twinServer = twins === true ? new ModelServer(clock) : undefined;
  const twin = twinServer === undefined ? undefined : { server: twinServer, api: new ModelApi(twinServer, apiOptions) };
  const reports: ReflectorReport[] = [];
  const files = memoryFiles();
  const informerOptions: InformerOptions<Thing> = {
    type: thingType,
    clock,
    source: (namespace) => api.source(namespace),
    onReport: (report) => reports.push(report),
    ...(twin === undefined ? {} : { clusters: [{ cluster: TWIN, source: (namespace: string) => twin.api.source(namespace) }] }),
    ...rest,
  };
  const place: SnapshotPlace = { files, path: RIG_FILE, ...(rest.transform === undefined ? {} : { transformName: 'of the rig' }) };
  let informer: Informer<Thing> =
    keeps === true
      ? new ObjectInformer<Thing>(informerOptions, { order: new VersionOrder(), guard: new ProgramGuard<Thing>(), place })
      : createInformer<Thing>(informerOptions);
  const match = matcher('', { ...(rest.labelSelector === undefined ? {} : { labelSelector: rest.labelSelector }) });
  const namespaces = rest.namespaces ?? [''];
  return {
    clock,
    server,
    api,
    twin,
    get informer() {
      return informer;
    },
    reports,
    files,
    held: (cluster = '') =>
      [...informer.view.select({ cluster })].map(
        (entry) => `${entry.key.namespace}/${entry.key.name} ${entry.uid}@${entry.version} ${String(entry.value.spec.payload)}`,
      ),
    truth: () => wireState(server.state(), (object) => match(object) && (namespaces.includes('') || namespaces.includes(object.namespace))),
    state: () =>
      informer
        .scopes()
        .map((scope) => scope.state)
        .join(','),
    async restart(namespacesNow, between) {
      await informer.stop();
      between?.(files);
      informer = await restoreInformer<Thing>({ ...informerOptions, namespaces: namespacesNow }, place);
    },
  };
}

/** One line for a delta: `added ns/name uid@version payload (origin)`. */
export function lineOf(delta: Delta<Thing>): string {
  const { entry } = delta;
  const why = delta.type === 'deleted' ? `, ${String(delta.cause)}` : '';
  return `${delta.type} ${entry.key.namespace}/${entry.key.name} ${entry.uid}@${entry.version} ${String(entry.value.spec.payload)} (${delta.origin}${why})`;
}
