import { invalidError, isObject, validateObject, validateObjectMeta, type FieldError, type MetaRules } from '@kubecast/crd';
import { pathSegmentProblems } from '../../builtin/path-segment.ts';
import type { KubeObject, MetadataPass } from '../../served-resource.ts';
import { scaleErrors } from '../subresources/scale-errors.ts';
import type { Context } from '../context.ts';

type Metadata = Readonly<Record<string, unknown>>;

/** Everything that is wrong with a new object, in the words of the server: what its kind says, and only if that is nothing what holds for all kinds. */
export function newObjectErrors(context: Context, object: KubeObject): readonly FieldError[] {
  const { builtin } = context.resource;
  const meta = object['metadata'] as Metadata;
  if (builtin === undefined) return [...validateObjectMeta(meta, rulesOf(context)), ...customErrors(context, object)];
  const own = [
    ...(builtin.metadata?.create === false ? [] : metadataErrors(context, meta, 'create')),
    ...(builtin.validate?.(object, undefined) ?? []),
  ];
  return own.length > 0 ? own : commonErrors(context, meta);
}

/**
 * Everything that is wrong with an object that is to replace `old`. [!] The server checks metadata of every kind once as that of a new object and once as
 * a change, and most kinds check theirs once or twice more: each cause is told as often. `changes` is what no update may do to metadata.
 */
export function changedObjectErrors(
  context: Context,
  object: KubeObject,
  old: KubeObject,
  changes: readonly FieldError[],
): readonly FieldError[] {
  const { builtin } = context.resource;
  const meta = object['metadata'] as Metadata;
  if (builtin === undefined) return [...changes, ...validateObjectMeta(meta, rulesOf(context)), ...customErrors(context, object)];
  const passes = builtin.metadata?.update ?? ['update', 'create'];
  return [
    ...commonErrors(context, meta),
    ...changes,
    ...changeErrors(context, meta),
    ...passes.flatMap((pass) => [...(pass === 'update' ? changes : []), ...metadataErrors(context, meta, pass)]),
    ...(builtin.validate?.(object, old) ?? []),
  ];
}

/** The checks of metadata that a kind makes by itself. */
function metadataErrors(context: Context, meta: Metadata, pass: MetadataPass): FieldError[] {
  const errors = pass === 'create' ? validateObjectMeta(meta, rulesOf(context)) : changeErrors(context, meta);
  const generation = pass === 'create' ? generationErrors(meta) : [];
  const finalizers = context.resource.builtin?.metadata?.kubeFinalizers === false ? [] : kubeFinalizerErrors(meta['finalizers']);
  return [...withGeneration(errors, generation), ...finalizers];
}

/** What holds for metadata of all kinds, whose names need only be parts of a path. */
function commonErrors(context: Context, meta: Metadata): FieldError[] {
  return withGeneration(
    validateObjectMeta(meta, { namespaced: context.resource.scope === 'Namespaced', nameProblems: pathSegmentProblems }),
    generationErrors(meta),
  );
}

/** What a change of metadata is held to: names and finalizers are not looked at. */
function changeErrors(context: Context, meta: Metadata): FieldError[] {
  const looked = ['metadata.labels', 'metadata.annotations', 'metadata.ownerReferences'];
  return validateObjectMeta(meta, rulesOf(context)).filter(({ field }) => looked.some((name) => field.startsWith(name)));
}

/** The generation stands after name and namespace. */
function withGeneration(errors: readonly FieldError[], generation: readonly FieldError[]): FieldError[] {
  if (generation.length === 0) return [...errors];
  const first = ['metadata.name', 'metadata.generateName', 'metadata.namespace'];
  const ahead = errors.filter(({ field }) => first.includes(field));
  return [...ahead, ...generation, ...errors.filter(({ field }) => !first.includes(field))];
}

function generationErrors(meta: Metadata): FieldError[] {
  const generation = meta['generation'];
  if (typeof generation !== 'number' || generation >= 0) return [];
  return [invalidError('metadata.generation', generation, 'must be greater than or equal to 0')];
}

/** Finalizers that need no domain. */
export const standardFinalizers: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** A finalizer of a kind of Kubernetes' own is a standard one or has a domain. */
function kubeFinalizerErrors(finalizers: unknown): FieldError[] {
  if (!Array.isArray(finalizers)) return [];
  return (finalizers as readonly string[]).flatMap((finalizer, index) =>
    finalizer.includes('/') || standardFinalizers.includes(finalizer)
      ? []
      : [invalidError(`metadata.finalizers[${index}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')],
  );
}

function rulesOf({ resource }: Context): MetaRules {
  const nameIsLabel = resource.group === '' && (resource.plural === 'namespaces' || resource.plural === 'services');
  const pathNames = resource.group === 'rbac.authorization.k8s.io';
  return { namespaced: resource.scope === 'Namespaced', nameIsLabel, ...(pathNames ? { nameProblems: pathSegmentProblems } : {}) };
}

/** What the schema refuses, and then the scale. [!] Below /status the server's texts begin within the status, their fields do not. */
export function customErrors({ resource, path }: Context, object: KubeObject): FieldError[] {
  const { scale } = resource.subresources;
  const errors = validateObject(resource.schema, withoutMetadata(object));
  if (path.subresource === 'status')
    return errors.map((error) => ({
      ...error,
      message: error.message.replaceAll(`${error.field} in body`, `${error.field.replace(/^status\./, '')} in body`),
    }));
  return [...errors, ...(scale === undefined ? [] : scaleErrors(object, scale))];
}

/** metadata has its own checks; the structural schema sees the rest. */
function withoutMetadata(object: KubeObject): KubeObject {
  const { metadata, ...rest } = object;
  return isObject(metadata) ? { ...rest, metadata: {} } : rest;
}
