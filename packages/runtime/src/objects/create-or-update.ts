import { copyJson, equalJson, type KubernetesObject } from '@kubecast/crd';
import { metadataOf } from './metadata-of.ts';
import { RuntimeOptionsError } from '../errors.ts';
import { retryOnConflict, type RetryOptions } from './retry-on-conflict.ts';

interface CallOptions {
  readonly namespace?: string;
  readonly signal?: AbortSignal;
}

/** What is used of a resource; `client.resource(type)` of `@kubecast/client` is one. */
export interface CreateOrUpdateResource<T> {
  find(name: string, options?: CallOptions): Promise<T | undefined>;
  create(object: T, options?: CallOptions): Promise<{ readonly object: T }>;
  replace(object: T, options?: CallOptions): Promise<{ readonly object: T }>;
}

export interface CreatedOrUpdated<T> {
  readonly object: T;
  readonly did: 'created' | 'updated' | 'nothing';
}

/**
 * Makes an object, or brings the one that exists to what is wanted. `change` gets the object as it stands (or `base`, where there is none) and
 * changes it in place; it is called again after a conflict, so it must only depend on what it gets. Nothing is sent if it changes nothing.
 * The resourceVersion that was read goes with the write, so that nobody else's change is lost.
 *
 * @throws RuntimeOptionsError if `change` changes the object's name or namespace, or gives another object instead of changing its own
 */
export async function createOrUpdate<T extends KubernetesObject>(
  resource: CreateOrUpdateResource<T>,
  base: T,
  change: (object: T) => void | Promise<void>,
  options: RetryOptions = {},
): Promise<CreatedOrUpdated<T>> {
  const { name = '', namespace } = metadataOf(base, 'createOrUpdate');
  if (name === '') throw new RuntimeOptionsError('createOrUpdate: the object has no name');
  const call: CallOptions = {
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const changed = async (from: T): Promise<T> => {
    const wanted = copyJson(from) as T;
    const given: unknown = await change(wanted);
    // A function that gives a new object fits the type; its change would be lost without a word.
    if (given !== undefined && given !== wanted)
      throw new RuntimeOptionsError(
        `createOrUpdate: the change of ${name} must be made in place, in the object that it gets; it gave another value`,
      );
    if (wanted.metadata.name !== from.metadata.name || wanted.metadata.namespace !== from.metadata.namespace)
      throw new RuntimeOptionsError(`createOrUpdate: the change of ${name} changes its name or namespace`);
    return wanted;
  };
  return retryOnConflict(async (): Promise<CreatedOrUpdated<T>> => {
    const found = await resource.find(name, call);
    if (found === undefined) return { object: (await resource.create(await changed(base), call)).object, did: 'created' };
    const wanted = await changed(found);
    if (equalJson(wanted, found)) return { object: found, did: 'nothing' };
    return { object: (await resource.replace(wanted, call)).object, did: 'updated' };
  }, options);
}
