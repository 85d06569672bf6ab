import { askOf } from '../../auth/ask.ts';
import { demand } from '../../auth/authorizer.ts';
import { checkGranting } from '../../auth/rbac/escalation.ts';
import { withRules } from '../../crds/cel-rules.ts';
import type { KubeObject } from '../../served-resource.ts';
import { alreadyExists, badRequest, forbidden, internalText, invalid, notFound } from '../../status/status-error.ts';
import { canonicalObject } from '../../storage/canonical.ts';
import { markPresented } from '../../storage/presenter.ts';
import { objectKey, type StoredObject } from '../../storage/stored-object.ts';
import type { Answer, Context } from '../context.ts';
import { decodeObject, kindErrors } from './decode-object.ts';
import { applyFieldValidation, metadataOf } from './field-validation.ts';
import { newObjectErrors, standardFinalizers } from './object-errors.ts';
import { trackCreated } from './track.ts';
import { writeOptions, type WriteOptions } from './write-options.ts';
import { textOf } from '../../status/text-of.ts';

/** POST on a collection. */
export async function createVerb(context: Context): Promise<Answer> {
  const options = writeOptions(context, 'CreateOptions');
  const { object, duplicates } = await decodeObject(context);
  const metadata = metadataOf(context, object);
  applyFieldValidation(context, object, duplicates, options);
  checkNamespace(context, metadata);
  if (metadata['resourceVersion'] !== undefined && metadata['resourceVersion'] !== '')
    throw internalText('resourceVersion should not be set on objects to be created');
  return createObject(context, object, options, (created) => trackCreated(context, created, options.manager));
}

const namespaceType = { group: '', plural: 'namespaces', kind: 'Namespace' } as const;

/** @throws StatusError 404 and 403 for a namespace that is not there or is going; C6 */
export function checkNamespaceExists(context: Context, name: string): void {
  const { path, core, resource } = context;
  if (resource.scope !== 'Namespaced' || path.namespace === undefined) return;
  const namespace = core.storage.table('/namespaces').get(path.namespace);
  if (namespace === undefined) throw notFound(namespaceType, path.namespace);
  if (namespace.terminating) {
    throw forbidden(resource, name, `unable to create new content in namespace ${path.namespace} because it is being terminated`, [
      { reason: 'NamespaceTerminating', message: `namespace ${path.namespace} is being terminated`, field: 'metadata.namespace' },
    ]);
  }
}

/** The body's namespace must be the request's; a cluster-scoped object's is dropped. */
export function checkNamespace(context: Context, metadata: Record<string, unknown>): void {
  if (context.resource.scope !== 'Namespaced') {
    delete metadata['namespace'];
    return;
  }
  const given = metadata['namespace'];
  if (given !== undefined && given !== '' && given !== context.path.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  metadata['namespace'] = context.path.namespace;
}

/** What the server itself sets on a new object, and what of it a client may not say. */
function fillNew(context: Context, object: KubeObject): void {
  const metadata = object['metadata'] as Record<string, unknown>;
  for (const name of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'resourceVersion']) delete metadata[name];
  // A built-in kind that counts no generations keeps the one that it is given.
  if (context.resource.builtin === undefined || metadata['generation'] === 0) delete metadata['generation'];
  metadata['uid'] = crypto.randomUUID();
  metadata['creationTimestamp'] = wholeSeconds(context.core.clock.wall());
  if (context.resource.generation) metadata['generation'] = 1;
  const generateName = metadata['generateName'];
  if ((metadata['name'] === undefined || metadata['name'] === '') && typeof generateName === 'string' && generateName !== '') {
    metadata['name'] = generateName.slice(0, 58) + randomSuffix(context);
  }
  if (context.resource.subresources.status === true && context.resource.builtin === undefined) delete object['status'];
}

export function wholeSeconds(wall: number): string {
  return `${new Date(wall).toISOString().slice(0, 19)}Z`;
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

function randomSuffix(context: Context): string {
  let suffix = '';
  for (let index = 0; index < 5; index++) suffix += suffixLetters[Math.floor(context.core.clock.random() * suffixLetters.length)];
  return suffix;
}

/** Fills in, checks and stores a new object, which is taken over. */
export function createObject(context: Context, object: KubeObject, options: WriteOptions, track: (object: KubeObject) => void): Answer {
  const { resource, kind, core } = context;
  const metadata = object['metadata'] as Record<string, unknown>;
  checkNamespaceExists(context, textOf(metadata['name']));
  if (kind.terminating)
    throw forbidden(resource, textOf(metadata['name']), 'create not allowed while custom resource definition is terminating');
  fillNew(context, object);
  resource.builtin?.prepare?.(object, undefined, core.allocator);
  checkGranting(context, object, undefined);
  const errors = withRules([...kindErrors(context, object), ...newObjectErrors(context, object)], resource, object, undefined);
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
  // An object of another kind is reported under the kind that it says.
  if (errors.length > 0) throw invalid({ group: errorGroup(context), kind: textOf(object['kind']) }, name, errors);
  // A PUT or an apply that makes an object is a create too.
  if (context.method !== 'POST') demand(context.authorizer, context.user, askOf('create', context.path, context.query));
  finalizerWarnings(context, metadata);
  context.warnings.push(...(resource.builtin?.warnings?.(object) ?? []));
  track(object);
  const existing = kind.table.get(objectKey(resource.scope === 'Namespaced' ? (context.path.namespace ?? '') : '', name));
  if (existing !== undefined) throw alreadyExists(resource, name, existing.terminating);
  if (options.dryRun) return { code: 201, object: canonicalObject(object, resource) };
  return { code: 201, stored: store(context, object) };
}

/** A kind that is stored as another one's is checked as that. */
export function errorGroup(context: Context): string {
  return context.resource.builtin?.storedAs === undefined ? context.resource.group : '';
}

/** Stores an object in canonical form, in the version that the request speaks or the one that is stored. */
export function store(context: Context, object: KubeObject): StoredObject {
  const { resource, kind, core } = context;
  (object['metadata'] as Record<string, unknown>)['resourceVersion'] = '0';
  const canonical = canonicalObject(object, resource);
  if (Buffer.byteLength(JSON.stringify(canonical)) > 1_572_864) throw internalText('etcdserver: request is too large');
  const other = resource.builtin?.storedAs;
  if (other !== undefined) {
    const coreForm = core.registry.kind('', resource.plural)?.versions.get(other.version) ?? resource;
    return core.storage.put(kind.table.id, canonicalObject(other.toStored(canonical), coreForm), other.version);
  }
  const stored = core.storage.put(kind.table.id, canonical, resource.version);
  markPresented(kind, resource, stored);
  return stored;
}

function finalizerWarnings(context: Context, metadata: Record<string, unknown>): void {
  if (context.resource.builtin !== undefined) return;
  for (const finalizer of (metadata['finalizers'] as string[] | undefined) ?? []) {
    if (!finalizer.includes('/') && !standardFinalizers.includes(finalizer)) {
      context.warnings.push(
        `metadata.finalizers: "${finalizer}": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
      );
    }
  }
}
