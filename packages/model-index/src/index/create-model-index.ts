import { appModel, serviceType, type ResourceType } from '@kubecast/crd';
import { createInformer, ServerCapabilities, type InformerOptions, type ReflectorReport, type SourceClient } from '@kubecast/informer';
import {
  createLoader,
  type ConnectionStatus,
  type KeyEncoding,
  type LoadFailure,
  type Loader,
  type RedisTarget,
  type ValueForm,
} from '@kubecast/redis-loader';
import { systemClock } from '@kubecast/clock';
import { andSelectors, formatLabelSelector, LabelSelectorError, parseLabelSelector } from '@kubecast/store';
import type { AppModelLike } from '../claims/announcement.ts';
import { chooseEndpoints, type Serves } from './choose-endpoints.ts';
import { ModelIndexOptionsError } from '../errors.ts';
import { loaderPayloads } from './loader-payloads.ts';
import { joinModelIndex } from './join-model-index.ts';
import type { ModelIndex, ModelIndexSettings } from './model-index.ts';
import type { EndpointsLike, EndpointSliceLike } from '../endpoints/read-endpoints.ts';

/** What an index needs of a client. `@kubecast/client`'s is one. */
export interface IndexClient extends SourceClient {
  serves(groupVersion: string, plural: string, options?: { readonly signal?: AbortSignal }): Promise<boolean>;
}

/** The label that an AppModel carries to be seen at all. */
export const defaultSelector = 'iidp=iidp';

export interface ModelIndexOptions<T = AppModelLike> extends ModelIndexSettings {
  readonly client: IndexClient;
  /** Where metadata is loaded from. One of both; a loader that is given stays the caller's to close. */
  readonly redis?: RedisTarget;
  readonly loader?: Loader;
  /** Namespaces to watch, each by streams of its own; `''`: all. Default `''`. */
  readonly namespace?: string | readonly string[];
  /** Labels that AppModels must have besides {@link defaultSelector}. */
  readonly selector?: string;
  /** Another base than {@link defaultSelector}; `''`: none. */
  readonly baseSelector?: string;
  /** Default `{app}_{model}`. */
  readonly keyTemplate?: string;
  readonly keyEncoding?: KeyEncoding;
  readonly form?: ValueForm;
  /** What metadata may take of memory, reckoned, in bytes; see the loader's option of this name. With `redis` only. Default: no bound. */
  readonly payloadBytes?: number;
  /** A larger value is not held: its model is missing, with the reason. With `redis` only. Default: no bound. */
  readonly maxValueBytes?: number;
  /** Another kind that announces models, and how it is read. Default: AppModel. */
  readonly resource?: { readonly type: ResourceType<T>; readonly announce: (object: T) => AppModelLike };
  readonly onRedisStatus?: (status: ConnectionStatus) => void;
  readonly onLoadFailure?: (id: string, failure: LoadFailure) => void;
  /** Something on the way from the API server cost an object or a detour. */
  readonly onReport?: (kind: string, report: ReflectorReport) => void;
  /** More for the informers: limits, say. */
  readonly informer?: Pick<InformerOptions<unknown>, 'limits' | 'capabilities'>;
}

/**
 * Makes an index of a client and a Redis. No I/O before `start`.
 *
 * @throws ModelIndexOptionsError; what the loader throws for a Redis target or key template that cannot be read
 */
export function createModelIndex<T = AppModelLike>(options: ModelIndexOptions<T>): ModelIndex {
  const clock = options.clock ?? systemClock;
  checkOptions(options);
  const namespaces = typeof options.namespace === 'string' ? [options.namespace] : [...(options.namespace ?? [''])];
  if (namespaces.length === 0) throw new ModelIndexOptionsError("namespace: name at least one, or '' for all");
  if (namespaces.length > 1 && namespaces.includes(''))
    throw new ModelIndexOptionsError("namespace: '' means all and cannot stand beside others");
  if ((options.redis === undefined) === (options.loader === undefined))
    throw new ModelIndexOptionsError('give redis or loader, one of both');
  for (const name of ['payloadBytes', 'maxValueBytes'] as const)
    if (options.loader !== undefined && options[name] !== undefined)
      throw new ModelIndexOptionsError(`${name}: give it to the loader that you give`);
  const labelSelector = joinSelectors(options.baseSelector ?? defaultSelector, options.selector ?? '');
  const loader =
    options.loader ??
    createLoader({
      redis: options.redis as RedisTarget,
      clock,
      ...(options.keyTemplate === undefined ? {} : { keyTemplate: options.keyTemplate }),
      ...(options.keyEncoding === undefined ? {} : { keyEncoding: options.keyEncoding }),
      ...(options.form === undefined ? {} : { form: options.form }),
      ...(options.payloadBytes === undefined ? {} : { payloadBytes: options.payloadBytes }),
      ...(options.maxValueBytes === undefined ? {} : { maxValueBytes: options.maxValueBytes }),
      ...(options.onRedisStatus === undefined ? {} : { onStatus: options.onRedisStatus }),
      ...(options.onLoadFailure === undefined ? {} : { onFailure: options.onLoadFailure }),
    });
  const capabilities = options.informer?.capabilities ?? new ServerCapabilities(clock);
  const shared = {
    client: options.client,
    namespaces,
    clock,
    capabilities,
    ...(options.informer?.limits === undefined ? {} : { limits: options.informer.limits }),
  };
  const reported = <K>(type: ResourceType<K>): Pick<InformerOptions<K>, 'type' | 'onReport'> => {
    const { onReport } = options;
    return { type, ...(onReport === undefined ? {} : { onReport: (report: ReflectorReport) => onReport(type.kind, report) }) };
  };
  const resource =
    options.resource ??
    ({ type: appModel, announce: (object: AppModelLike) => object } as unknown as NonNullable<ModelIndexOptions<T>['resource']>);
  const serves: Serves = (groupVersion, plural, signal) => options.client.serves(groupVersion, plural, { signal });
  return joinModelIndex(
    {
      appModels: createInformer<AppModelLike>({ ...shared, ...reported(resource.type as ResourceType<AppModelLike>), labelSelector }),
      announce: resource.announce as (object: unknown) => AppModelLike,
      services: createInformer({ ...shared, ...reported(serviceType) }),
      endpoints: (signal, onTrouble) =>
        chooseEndpoints(
          serves,
          {
            slices: (type) => createInformer<EndpointSliceLike>({ ...shared, ...reported(type) }),
            endpoints: (type) => createInformer<EndpointsLike>({ ...shared, ...reported(type) }),
          },
          clock,
          signal,
          onTrouble,
        ),
      payloads: loaderPayloads(loader),
      redis: () => loader.status,
      ...(options.loader === undefined ? { open: () => loader.start(), close: () => loader.close() } : {}),
    },
    { ...options, clock },
  );
}

function checkOptions({ namespace, resyncMs }: Pick<ModelIndexOptions, 'namespace' | 'resyncMs'>): void {
  const named: readonly unknown[] = namespace === undefined ? [] : Array.isArray(namespace) ? namespace : [namespace];
  for (const name of named)
    if (typeof name !== 'string')
      throw new ModelIndexOptionsError(`namespace: a name must be a string, not ${name === null ? 'null' : `a ${typeof name}`}`);
  if (new Set(named).size !== named.length) throw new ModelIndexOptionsError('namespace: a name stands in the list twice');
  if (resyncMs !== undefined && (typeof resyncMs !== 'number' || !(resyncMs >= 0)))
    throw new ModelIndexOptionsError(`resyncMs: ${String(resyncMs)} is no number of milliseconds; 0 means never`);
}

/** Both must hold. */
function joinSelectors(base: string, more: string): string {
  try {
    return formatLabelSelector(andSelectors(parseLabelSelector(base), parseLabelSelector(more)));
  } catch (error) {
    if (error instanceof LabelSelectorError)
      throw new ModelIndexOptionsError(`selector ${JSON.stringify(more)}: ${error.message}`, { cause: error });
    throw error;
  }
}
