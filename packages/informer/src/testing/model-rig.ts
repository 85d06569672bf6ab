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
  /** The one that is served now. */
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
  /** Where the first cluster's server is, for the next informer of a rig with `named`. */
  url: string;
}

/** Where a rig's informer keeps its file. */
export const RIG_FILE = '/state/things';

/** Where a rig's servers are. */
export const RIG_URL = 'https://rig.example.com';

/** The name of a rig's second cluster. */
export const TWIN = 'twin';

/**
 * An informer on a model server, in virtual time; not started. `keeps`: it saves its state, for `restart`; `everyMs`: while it runs too. `named`: its
 * servers have names, and say who they are.
 */
export function createModelRig(
  options: Partial<InformerOptions<Thing>> & {
    readonly seed?: number;
    readonly api?: ModelSourceOptions;
    readonly keeps?: boolean;
    readonly everyMs?: number;
    readonly twin?: boolean;
    readonly named?: boolean;
  } = {},
): ModelRig {
  const { seed, api: apiOptions, keeps, everyMs, twin: twins, named, ...rest } = options;
  const clock = createVirtualClock({ seed: seed ?? 1 });
  const nameOf = (name: string): string => (named === true ? name : '');
  const api = new ModelApi(new ModelServer(clock, undefined, nameOf('home')), apiOptions);
  const twinServer = twins === true ? new ModelServer(clock, undefined, nameOf('twin')) : undefined;
  const twin = twinServer === undefined ? undefined : { server: twinServer, api: new ModelApi(twinServer, apiOptions) };
  const reports: ReflectorReport[] = [];
  const files = memoryFiles();
  let url = RIG_URL;
  const from = (of: ModelApi, at: string): Pick<InformerOptions<Thing>, 'client' | 'source'> =>
    named === true ? { client: of.client(at) } : { source: (namespace: string) => of.source(namespace) };
  const optionsNow = (): InformerOptions<Thing> => ({
    type: thingType,
    clock,
    ...from(api, url),
    onReport: (report) => reports.push(report),
    ...(twin === undefined ? {} : { clusters: [{ cluster: TWIN, ...from(twin.api, `${RIG_URL}/${TWIN}`) }] }),
    ...rest,
  });
  const informerOptions = optionsNow();
  const place: SnapshotPlace = {
    files,
    path: RIG_FILE,
    ...(everyMs === undefined ? {} : { everyMs }),
    ...(rest.transform === undefined ? {} : { transformName: 'of the rig' }),
  };
  let informer: Informer<Thing> =
    keeps === true
      ? new ObjectInformer<Thing>(informerOptions, { order: new VersionOrder(), guard: new ProgramGuard<Thing>(), place })
      : createInformer<Thing>(informerOptions);
  const match = matcher('', { ...(rest.labelSelector === undefined ? {} : { labelSelector: rest.labelSelector }) });
  const namespaces = rest.namespaces ?? [''];
  return {
    clock,
    get server() {
      return api.server;
    },
    api,
    twin,
    get url() {
      return url;
    },
    set url(next) {
      url = next;
    },
    get informer() {
      return informer;
    },
    reports,
    files,
    held: (cluster = '') =>
      [...informer.view.select({ cluster })].map(
        (entry) => `${entry.key.namespace}/${entry.key.name} ${entry.uid}@${entry.version} ${String(entry.value.spec.payload)}`,
      ),
    truth: () =>
      wireState(api.server.state(), (object) => match(object) && (namespaces.includes('') || namespaces.includes(object.namespace))),
    state: () =>
      informer
        .scopes()
        .map((scope) => scope.state)
        .join(','),
    async restart(namespacesNow, between) {
      await informer.stop();
      between?.(files);
      informer = await restoreInformer<Thing>({ ...optionsNow(), namespaces: namespacesNow }, place);
    },
  };
}

/** One line for a delta: `added ns/name uid@version payload (origin)`. */
export function lineOf(delta: Delta<Thing>): string {
  const { entry } = delta;
  const why = delta.type === 'deleted' ? `, ${String(delta.cause)}` : '';
  return `${delta.type} ${entry.key.namespace}/${entry.key.name} ${entry.uid}@${entry.version} ${String(entry.value.spec.payload)} (${delta.origin}${why})`;
}
