import type { ResourceType } from '@kubecast/crd';
import { JsonWriteError, writeJson } from '@kubecast/exact-json';
import type { CallRequest } from '../calls/call-request.ts';
import { apiVersionOf, queryString, shown } from '../calls/api-path.ts';
import { ProtocolError, RequestError } from '../errors.ts';
import type { CallOptions, DeleteCollectionOptions, DeleteOptions, PatchKind, WriteOptions } from './resource-options.ts';

/** The media type of each kind of patch. */
export const patchTypes: Readonly<Record<PatchKind, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** What a call's options say of its request. */
export function call(options: CallOptions): Pick<CallRequest, 'signal' | 'requestMs' | 'priority' | 'accept'> {
  return {
    signal: options.signal,
    requestMs: options.deadlineMs,
    priority: options.priority,
    ...(options.accept === undefined ? {} : { accept: options.accept }),
  };
}

/** The query of a write. */
export function writeQuery(options: WriteOptions, force?: boolean): string {
  return queryString({
    fieldManager: options.fieldManager,
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldValidation: options.fieldValidation,
    force: force === true ? true : undefined,
  });
}

/** The DeleteOptions of meta.k8s.io/v1. */
export function deleteBody(options: DeleteOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(options.preconditions === undefined ? {} : { preconditions: options.preconditions }),
    ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
    ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
  };
}

/** The query of a deletecollection. Throws RequestError unless it says, by a selector or by `all`, which objects are meant. */
export function collectionQuery(options: DeleteCollectionOptions, what: string): string {
  const selectors = (['labelSelector', 'fieldSelector'] as const).filter((name) => Object.hasOwn(options, name));
  for (const name of selectors)
    if ((options[name] ?? '').trim() === '')
      throw new RequestError(`${what}: ${name} is ${shown(options[name])}, which selects everything; say all: true`);
  if (selectors.length > 0 === (options.all === true)) throw new RequestError(`${what} needs a selector or all: true, one of the two`);
  return queryString({ labelSelector: options.labelSelector, fieldSelector: options.fieldSelector });
}

/** The JSON of what is written. Throws RequestError, with its path, for what JSON cannot say: see writeJson. */
export function bodyOf(value: unknown, what: string): string {
  try {
    return writeJson(value);
  } catch (cause) {
    if (cause instanceof JsonWriteError) throw new RequestError(`${what}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** The object that is written, which must be one. Throws RequestError. */
export function checkObject(object: unknown, what: string): void {
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw new RequestError(`${what}: the object is ${shown(object)}`);
  const metadata: unknown = (object as { readonly metadata?: unknown }).metadata;
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)))
    throw new RequestError(`${what}: metadata is ${shown(metadata)}; expected an object`);
  const namespace: unknown = (metadata as { readonly namespace?: unknown } | undefined)?.namespace;
  if (namespace !== undefined && typeof namespace !== 'string')
    throw new RequestError(`${what}: metadata.namespace is ${shown(namespace)}; expected a string`);
}

/** An object's name, as it is: the path of the object refuses what is none. */
export function nameOf(object: unknown): string {
  const metadata = (object as { readonly metadata?: { readonly name?: string } }).metadata;
  if (metadata?.name === undefined) throw new RequestError('the object has no metadata.name');
  return metadata.name;
}

/** The object with apiVersion and kind, which the server wants and a typed object may lack. */
export function identified<O extends object>(type: ResourceType, object: O): O {
  const own = object as { readonly apiVersion?: unknown; readonly kind?: unknown };
  if (own.apiVersion !== undefined && own.kind !== undefined) return object;
  const [apiVersion, kind] = [own.apiVersion ?? apiVersionOf(type), own.kind ?? type.kind];
  return {
    apiVersion,
    kind,
    ...object,
    ...(own.apiVersion === undefined ? { apiVersion } : {}),
    ...(own.kind === undefined ? { kind } : {}),
  };
}

/** The object that the server answered, with the apiVersion and kind that lists of built-in kinds leave out. Throws ProtocolError where it is none. */
export function objectOf<T>(type: ResourceType, value: unknown, what: string): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ProtocolError(`${what}: the answer is no object`);
  const own = value as { readonly apiVersion?: unknown; readonly kind?: unknown };
  return own.apiVersion === undefined && own.kind === undefined
    ? ({ apiVersion: apiVersionOf(type), kind: type.kind, ...value } as T)
    : (value as T);
}
