import type { CallRequest } from '../calls/api-call.ts';
import { queryString } from '../calls/api-path.ts';
import { RequestError } from '../errors.ts';
import type { CallOptions, DeleteOptions, PatchKind, WriteOptions } from './resource-options.ts';

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

/** Throws RequestError where there is none. */
export function nameOf(object: unknown): string {
  const name = (object as { metadata?: { name?: string } }).metadata?.name;
  if (name === undefined || name === '') throw new RequestError('the object has no metadata.name');
  return name;
}
