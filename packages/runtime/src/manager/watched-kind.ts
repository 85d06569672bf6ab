import type { KubernetesObject, ResourceType } from '@kubecast/crd';
import type { Delta, Informer, SharedOptions } from '@kubecast/informer';
import type { Key } from '@kubecast/store';
import type { Source } from '../controller/reconcile.ts';
import { RuntimeOptionsError } from '../errors.ts';
import { informerSource } from '../sources/informer-source.ts';
import { ownerKeys } from '../sources/owner-keys.ts';
import type { Predicate } from '../sources/predicates.ts';

export interface WatchedOptions<T> extends SharedOptions<T> {
  /** A change adds keys if all of them pass it. */
  readonly predicates?: readonly Predicate<T>[];
  /** Milliseconds between replays of all objects. Default 0: never. */
  readonly resyncMs?: number;
}

/** A kind whose objects add keys to a controller. */
export interface WatchedKind {
  readonly type: ResourceType;
  /** Which informer it needs: equal ones are shared. */
  readonly shared: SharedOptions<unknown>;
  /** Makes the source; `mainType` is the kind that the controller is for. */
  source(informer: Informer<unknown>, mainType: ResourceType): Source<Key>;
}

/** The kind that a controller is for, with options: `for: reconciled(appModel, { predicates: [generationChanged] })`. */
export function reconciled<T extends KubernetesObject>(type: ResourceType<T>, options: WatchedOptions<T> = {}): WatchedKind {
  return kind(type, options, () => undefined);
}

/** A kind whose objects the controller makes: a change of one runs its owner, the one whose reference has `controller: true`. */
export function owned<T extends KubernetesObject>(
  type: ResourceType<T>,
  options: WatchedOptions<T> & { readonly everyOwner?: boolean } = {},
): WatchedKind {
  const { everyOwner = false } = options;
  return kind(type, options, (mainType) => ownerKeys<T>(mainType, { everyOwner }));
}

/** Any other kind, with a map function from a change to the keys that it concerns. */
export function watched<T extends KubernetesObject>(
  type: ResourceType<T>,
  options: WatchedOptions<T> & { readonly map: (delta: Delta<T>) => Iterable<Key> },
): WatchedKind {
  if (typeof options.map !== 'function')
    throw new RuntimeOptionsError(`watched(${type.plural}): map must be a function from a delta to keys`);
  return kind(type, options, () => options.map);
}

/** A kind by itself stands for the kind with the default options. */
export function asWatched(given: ResourceType | WatchedKind, make: (type: ResourceType<KubernetesObject>) => WatchedKind): WatchedKind {
  return 'source' in given ? given : make(given as ResourceType<KubernetesObject>);
}

function kind<T extends KubernetesObject>(
  type: ResourceType<T>,
  options: WatchedOptions<T>,
  mapOf: (mainType: ResourceType) => ((delta: Delta<T>) => Iterable<Key>) | undefined,
): WatchedKind {
  const { predicates, resyncMs } = options;
  return {
    type,
    shared: sharedPart(options),
    source(informer, mainType) {
      const map = mapOf(mainType);
      const how = {
        name: resourceName(type),
        ...(predicates === undefined ? {} : { predicates }),
        ...(resyncMs === undefined ? {} : { resyncMs }),
      };
      return map === undefined ? informerSource(informer as Informer<T>, how) : informerSource(informer as Informer<T>, { ...how, map });
    },
  };
}

/** What tells informers apart, and nothing else. */
export function sharedPart<T>({ namespaces, labelSelector, fieldSelector, drop, metadataOnly }: SharedOptions<T>): SharedOptions<unknown> {
  return {
    ...(namespaces === undefined ? {} : { namespaces }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(drop === undefined ? {} : { drop }),
    ...(metadataOnly === undefined ? {} : { metadataOnly }),
  };
}

/** `deployments.apps`, as kubectl and the server's refusals name a resource. */
export function resourceName(type: ResourceType): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}
