import { checkGranting } from '../../auth/rbac/escalation.ts';
import { equalJson, forbiddenError, invalidError, isObject, type FieldError } from '@kubecast/crd';
import { withRules } from '../../crds/cel-rules.ts';
import type { KubeObject } from '../../served-resource.ts';
import {
  badRequest,
  conflict,
  internalText,
  invalid,
  invalidNamed,
  modified,
  notFound,
  qualifiedResource,
} from '../../status/status-error.ts';
import { canonicalObject } from '../../storage/canonical.ts';
import { presentBytes, presentObject } from '../../storage/presenter.ts';
import { objectKey, parseStored, type StoredObject } from '../../storage/stored-object.ts';
import type { Answer, Context } from '../context.ts';
import { checkNamespace, createObject, errorGroup, finalizerWarnings, store } from './create.ts';
import { decodeObject, kindErrors } from './decode-object.ts';
import { applyFieldValidation, metadataOf } from './field-validation.ts';
import { changedObjectErrors, customErrors } from './object-errors.ts';
import { trackCreated, trackUpdated } from './track.ts';
import { writeOptions, type WriteOptions } from './write-options.ts';
import { textOf } from '../../status/text-of.ts';

/** The object that the request's path names, as stored. */
export function liveObject(context: Context): StoredObject | undefined {
  const namespace = context.resource.scope === 'Namespaced' ? (context.path.namespace ?? '') : '';
  return context.kind.table.get(objectKey(namespace, context.path.name ?? ''));
}

/** @throws StatusError 404 */
export function liveOrNotFound(context: Context): StoredObject {
  const live = liveObject(context);
  if (live === undefined) throw notFound(context.resource, context.path.name ?? '');
  return live;
}

/** PUT of an object, or of its status. */
export async function updateVerb(context: Context): Promise<Answer> {
  const options = writeOptions(context, 'UpdateOptions');
  const { resource } = context;
  const { object, duplicates } = await decodeObject(context);
  const metadata = metadataOf(context, object);
  applyFieldValidation(context, object, duplicates, options);
  checkNamespace(context, metadata);
  checkName(context, metadata);
  const live = liveObject(context);
  const version = versionOf(metadata['resourceVersion']);
  if (live === undefined) {
    if (resource.builtin?.putCreates !== true || context.path.subresource !== undefined) throw notFound(resource, context.path.name ?? '');
    if (typeof metadata['uid'] === 'string' && metadata['uid'] !== '') throw uidConflict(context, metadata['uid'], '');
    delete metadata['resourceVersion'];
    return createObject(context, object, options, (created) => trackCreated(context, created, options.manager));
  }
  if (typeof metadata['uid'] === 'string' && metadata['uid'] !== '' && metadata['uid'] !== live.uid)
    throw uidConflict(context, metadata['uid'], live.uid);
  if (version === 0 && resource.builtin?.unconditionalPut !== true) {
    throw invalidNamed(qualifiedResource(resource), { name: live.name, group: resource.group, kind: resource.plural }, [
      invalidError('metadata.resourceVersion', 0, 'must be specified for an update'),
    ]);
  }
  return updateObject(context, live, object, options, (old, next) => trackUpdated(context, old, next, options.manager));
}

function checkName(context: Context, metadata: Record<string, unknown>): void {
  const name = metadata['name'];
  const asked = context.path.name ?? '';
  if (name === undefined || name === '')
    throw badRequest(`the name of the object (${asked} based on URL) was undeterminable: name must be provided`);
  if (name !== asked) throw badRequest(`the name of the object (${textOf(name)}) does not match the name on the URL (${asked})`);
}

function uidConflict(context: Context, wanted: string, live: string): Error {
  const { resource, path } = context;
  const key = `/registry/${resource.builtin !== undefined ? '' : `${resource.group}/`}${resource.plural}/${objectKey(path.namespace ?? '', path.name ?? '')}`;
  return conflict(
    resource,
    path.name ?? '',
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${live}`,
  );
}

/**
 * The number of a resourceVersion; 0 for none.
 * @throws StatusError 500, as the API server does
 */
export function versionOf(value: unknown): number {
  if (value === undefined || value === null || value === '') return 0;
  if (typeof value !== 'string' || !/^\d+$/.test(value)) {
    throw internalText(`strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  if (BigInt(value) >= 1n << 64n) throw internalText(`strconv.ParseUint: parsing ${JSON.stringify(value)}: value out of range`);
  return Number(value);
}

/** Fields of metadata that no update changes. */
const kept = ['uid', 'creationTimestamp', 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'namespace', 'name', 'selfLink'];

/**
 * Replaces what stands there by `next`, which is taken over: keeps what only the server sets, checks, counts the generation,
 * and stores it unless nothing changed. Removing the last finalizer of a deleted object removes it.
 */
export function updateObject(
  context: Context,
  live: StoredObject,
  next: KubeObject,
  options: WriteOptions,
  track: (old: KubeObject, next: KubeObject) => void,
): Answer {
  const { resource, kind, core, path } = context;
  const old = presentObject(kind, resource, live);
  const oldMetadata = old['metadata'] as Record<string, unknown>;
  let metadata = next['metadata'] as Record<string, unknown>;
  const asked = versionOf(metadata['resourceVersion']);
  if (asked !== 0 && asked !== live.revision) throw modified(resource, live.name);
  if (path.subresource === 'status') {
    // Only the status moves; what the body says of everything else is ignored.
    const status = next['status'];
    const kindGiven = next['kind'];
    next = presentObject(kind, resource, live);
    next['kind'] = kindGiven;
    metadata = next['metadata'] as Record<string, unknown>;
    if (status === undefined) delete next['status'];
    else next['status'] = status;
  } else if (resource.subresources.status === true) {
    if (old['status'] === undefined) delete next['status'];
    else next['status'] = old['status'];
  }
  const moved = deletionErrors(oldMetadata, metadata);
  for (const name of kept) {
    if (oldMetadata[name] === undefined) delete metadata[name];
    else metadata[name] = oldMetadata[name];
  }
  if (metadata['managedFields'] === undefined || (Array.isArray(metadata['managedFields']) && metadata['managedFields'].length === 0)) {
    if (oldMetadata['managedFields'] !== undefined) metadata['managedFields'] = oldMetadata['managedFields'];
  }
  if (path.subresource !== 'status') resource.builtin?.prepare?.(next, old, core.allocator);
  checkGranting(context, next, old);
  if (path.subresource !== 'status' && resource.generation && specChanged(context, old, next))
    metadata['generation'] = ((oldMetadata['generation'] as number | undefined) ?? 0) + 1;
  const changes = [...finalizerErrors(oldMetadata, metadata), ...moved];
  const wrongKind = kindErrors(context, next);
  const errors = twice(context, [
    ...wrongKind,
    // What is of another kind has no schema to hold to.
    ...(wrongKind.length > 0
      ? changes
      : withRules(tolerate(changedObjectErrors(context, next, old, changes), context, old), resource, next, old)),
  ]);
  if (errors.length > 0) throw invalid({ group: errorGroup(context), kind: textOf(next['kind']) }, live.name, errors);
  finalizerWarnings(context, metadata, oldMetadata);
  track(old, next);
  metadata['resourceVersion'] = String(live.revision);
  const canonical = canonicalObject(next, resource);
  const finalizers = (metadata['finalizers'] as unknown[] | undefined) ?? [];
  if (live.terminating && finalizers.length === 0 && !hasSpecFinalizers(context, next)) {
    if (!options.dryRun) core.storage.remove(kind.table.id, parseStored(live), live.version);
    return { code: 200, object: canonical };
  }
  // What was stored under an older schema is stored anew even by a change of nothing.
  const sameForm = live.version === resource.version && resource.builtin?.storedAs === undefined;
  const before = sameForm ? live.bytes : presentBytes(kind, resource, live);
  const unchanged = JSON.stringify(canonical) === before.toString('utf8');
  if (unchanged) return { code: 200, stored: live };
  if (options.dryRun) return { code: 200, object: canonical };
  return { code: 200, stored: store(context, canonical) };
}

/** A Namespace goes by spec.finalizers, which only its finalize subresource changes. */
function hasSpecFinalizers(context: Context, object: KubeObject): boolean {
  if (context.resource.plural !== 'namespaces' || context.resource.group !== '') return false;
  const spec = object['spec'];
  return isObject(spec) && Array.isArray(spec['finalizers']) && spec['finalizers'].length > 0;
}

/** [!] On an update a custom resource's metadata is checked twice, its finalizers once: each cause is told as often. */
export function twice(context: Context, errors: readonly FieldError[]): FieldError[] {
  if (context.resource.builtin !== undefined) return [...errors];
  const ofMetadata = errors.filter((error) => error.field.startsWith('metadata.'));
  const again = ofMetadata.filter((error) => error.field !== 'metadata.finalizers' || error.reason === 'FieldValueForbidden');
  return [
    ...ofMetadata,
    ...errors.filter((error) => error.field === 'kind'),
    ...again,
    ...errors.filter((error) => error.field !== 'kind' && !error.field.startsWith('metadata.')),
  ];
}

/** When something is deleted, and how long it has to end, is the server's to set. */
function deletionErrors(old: Record<string, unknown>, next: Record<string, unknown>): FieldError[] {
  const value = next['deletionTimestamp'];
  const grace = next['deletionGracePeriodSeconds'];
  if (old['deletionTimestamp'] !== undefined) return [];
  return [
    ...(typeof value === 'string' ? [invalidError('metadata.deletionTimestamp', value, 'field is immutable')] : []),
    ...(typeof grace === 'number' ? [invalidError('metadata.deletionGracePeriodSeconds', grace, 'field is immutable')] : []),
  ];
}

function specChanged(context: Context, old: KubeObject, next: KubeObject): boolean {
  const skip = new Set(['metadata', 'apiVersion', 'kind']);
  if (context.resource.subresources.status === true) skip.add('status');
  for (const name of new Set([...Object.keys(old), ...Object.keys(next)])) {
    if (!skip.has(name) && !equalJson(old[name], next[name])) return true;
  }
  return context.resource.builtin?.labelsCount === true && !equalJson(labelsOf(old), labelsOf(next));
}

function labelsOf(object: KubeObject): unknown {
  return (object['metadata'] as Record<string, unknown>)['labels'] ?? {};
}

function finalizerErrors(old: Record<string, unknown>, next: Record<string, unknown>): FieldError[] {
  if (old['deletionTimestamp'] === undefined) return [];
  const before = new Set((old['finalizers'] as string[] | undefined) ?? []);
  const added = ((next['finalizers'] as string[] | undefined) ?? []).filter((finalizer) => !before.has(finalizer)).sort();
  if (added.length === 0) return [];
  return [
    forbiddenError(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
    ),
  ];
}

/** Ratcheting: a value that was invalid before and was not touched is left alone; a missing required field only while its parent is untouched. */
function tolerate(errors: readonly FieldError[], context: Context, old: KubeObject): FieldError[] {
  if (errors.length === 0 || context.resource.builtin !== undefined) return [...errors];
  const before = new Set(
    customErrors(context, old)
      .filter((error) => error.field.startsWith('spec') || error.field.startsWith('status'))
      .map((error) => `${error.field}\n${error.message}`),
  );
  return errors.filter((error) => !before.has(`${error.field}\n${error.message}`));
}
