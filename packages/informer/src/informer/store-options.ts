import { createObjectStore, isStoreError } from '@kubecast/store';
import type { ObjectStore, ObjectStoreOptions } from '@kubecast/store';
import type { InformerOptions } from '../contract/informer-options.ts';
import { InformerOptionsError } from '../errors.ts';
import type { VersionOrder } from '../reflector/version-order.ts';
import type { ProgramGuard } from '../scopes/program-guard.ts';

/** What each object must be, where it says what it is. */
export function expectedOf(options: Pick<InformerOptions<unknown>, 'type' | 'metadataOnly'>): {
  readonly kind: string;
  readonly apiVersion: string;
} {
  if (options.metadataOnly === true) return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };
  const { group, version, kind } = options.type;
  return { kind, apiVersion: group === '' ? version : `${group}/${version}` };
}

/** The store that an informer of these options fills. */
export function storeOptions<T>(options: InformerOptions<T>, order: VersionOrder, guard: ProgramGuard<T>): ObjectStoreOptions<T> {
  const { indexes, drop, transform, store } = options;
  return {
    ...expectedOf(options),
    ...(indexes === undefined ? {} : { indexes: guard.extractors(indexes) }),
    ...(drop === undefined ? {} : { drop }),
    ...(transform === undefined ? {} : { transform: guard.transform(transform) }),
    ...store,
    compareVersions: order.compare,
  };
}

/** @throws InformerOptionsError where the store refuses the options: paths that hold an object's identity cannot be dropped */
export function makeStore<T>(options: InformerOptions<T>, order: VersionOrder, guard: ProgramGuard<T>): ObjectStore<T> {
  try {
    return createObjectStore<T>(storeOptions(options, order, guard));
  } catch (error) {
    if (!isStoreError(error)) throw error;
    throw new InformerOptionsError(`${error.code === 'DROP_INVALID' ? 'drop' : 'store'}: ${error.message}`, { cause: error });
  }
}
