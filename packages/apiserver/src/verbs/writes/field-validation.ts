import { defaultObject, dropNulls, getOwn, goQuote, isObject, pruneObject, validateObject, type Schema } from '@kubecast/crd';
import type { KubeObject } from '../../served-resource.ts';
import { badRequest } from '../../status/status-error.ts';
import type { Context } from '../context.ts';
import { decodeNullItems } from '../../builtin/types/null-items.ts';
import type { WriteOptions } from './write-options.ts';

/** Removes unknown fields; gives what strict decoding says about them. Changes `object`. */
export function pruneUnknown(context: Context, object: KubeObject): string[] {
  const { schema, builtin } = context.resource;
  return pruneObject(schema, object, builtin === undefined ? 'sorted' : 'standing').map((path) => `unknown field ${goQuote(path)}`);
}

/**
 * What decoding does to a sent object: prunes unknown fields, drops nulls, fills in defaults. Unknown and duplicate fields
 * become warnings, or with fieldValidation=Strict the failure.
 * @throws StatusError 400
 */
export function applyFieldValidation(context: Context, object: KubeObject, duplicates: readonly string[], options: WriteOptions): void {
  const problems = [...duplicates, ...pruneUnknown(context, object)];
  if (options.fieldValidation === 'Strict' && problems.length > 0) {
    // YAML's own are one error of several lines.
    const yaml = problems.filter((problem) => problem.startsWith('line '));
    const shown =
      yaml.length === 0
        ? problems
        : [`yaml: unmarshal errors:\n  ${yaml.join('\n  ')}`, ...problems.filter((problem) => !yaml.includes(problem))];
    const { kind, version } = context.resource;
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${shown.join(', ')}`);
  }
  if (options.fieldValidation === 'Warn') context.warnings.push(...problems);
  if (context.resource.builtin !== undefined) decodeNullItems(context.resource.schema, object);
  dropNulls(context.resource.schema, object);
  defaultObject(context.resource.schema, object);
  checkBuiltinTypes(context, object);
}

/**
 * A built-in kind is decoded into its Go struct, where a value of another type fails the whole object.
 * @throws StatusError 400
 */
export function checkBuiltinTypes(context: Context, object: KubeObject): void {
  const { resource } = context;
  if (resource.builtin === undefined) return;
  for (const wrong of validateObject(resource.schema, { ...object, metadata: {} })) {
    if (wrong.reason !== 'FieldValueTypeInvalid') continue;
    // Where a schema has a format, that is what the error names in place of the type.
    const wanted = / must be of type ([\w,-]+): /.exec(wrong.message)?.[1];
    const value = valueAt(object, wrong.field);
    // The texts of a format are read by the kind itself.
    if (wanted === undefined || (typeof value === 'string' && !jsonTypes.has(wanted))) continue;
    const { kind, version } = resource;
    const place = `${kind}.${goPath(resource.schema, wrong.field)}`;
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: json: cannot unmarshal ${jsonType(value)} into Go struct field ${place} of type ${goTypeOf(wanted)}`,
    );
  }
}

const jsonTypes: ReadonlySet<string> = new Set(['string', 'integer', 'number', 'boolean', 'object', 'array', 'integer,string']);

/** The value at a path of struct fields and indexes. */
function valueAt(object: KubeObject, field: string): unknown {
  let value: unknown = object;
  for (const name of field.split(/[.[\]]+/u).filter((part) => part !== '')) value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}

/** The path as Go's decoder says it: without indexes, and without the names that are keys of a map. */
function goPath(schema: Schema, field: string): string {
  const shown: string[] = [];
  let place: Schema | undefined = schema;
  for (const name of field.replace(/\[[^\]]*\]/g, '').split('.')) {
    const property: Schema | undefined = getOwn(place?.properties, name);
    if (property === undefined) break;
    shown.push(name);
    place = property.items ?? property;
  }
  return shown.join('.');
}

function goTypeOf(type: string): string {
  const names: Readonly<Record<string, string>> = {
    integer: 'int32',
    boolean: 'bool',
    object: 'map[string]string',
    array: '[]interface {}',
    'date-time': 'string',
    double: 'float64',
  };
  return names[type] ?? type;
}

const goTypes: Readonly<Record<string, readonly [string, string]>> = {
  name: ['string', 'ObjectMeta.name of type string'],
  generateName: ['string', 'ObjectMeta.generateName of type string'],
  namespace: ['string', 'ObjectMeta.namespace of type string'],
  uid: ['string', 'ObjectMeta.uid of type types.UID'],
  resourceVersion: ['string', 'ObjectMeta.resourceVersion of type string'],
  generation: ['int64', 'ObjectMeta.generation of type int64'],
  deletionGracePeriodSeconds: ['int64', 'ObjectMeta.deletionGracePeriodSeconds of type int64'],
  labels: ['object', 'ObjectMeta.labels of type map[string]string'],
  annotations: ['object', 'ObjectMeta.annotations of type map[string]string'],
  finalizers: ['array', 'ObjectMeta.finalizers of type []string'],
  ownerReferences: ['array', 'ObjectMeta.ownerReferences of type []v1.OwnerReference'],
  managedFields: ['array', 'ObjectMeta.managedFields of type []v1.ManagedFieldsEntry'],
};

/**
 * The object's metadata, checked to be of the types that every kind shares; added when it is absent.
 * @throws StatusError 400 in the words of Go's decoder
 */
export function metadataOf(context: Context, object: KubeObject): Record<string, unknown> {
  const fail = (found: unknown, place: string): never => {
    const { kind, version } = context.resource;
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: json: cannot unmarshal ${jsonType(found)}${typeof found === 'number' && place.endsWith('int64') ? ` ${found}` : ''} into Go struct field ${place}`,
    );
  };
  const metadata = object['metadata'];
  if (metadata === undefined || metadata === null) {
    const fresh = {};
    object['metadata'] = fresh;
    return fresh;
  }
  if (!isObject(metadata)) {
    const { kind, version } = context.resource;
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: json: cannot unmarshal ${jsonType(metadata)} into Go value of type v1.ObjectMeta`,
    );
  }
  for (const [name, [type, place]] of Object.entries(goTypes)) {
    const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    if (value === null) delete metadata[name];
    else if (value !== undefined && (type === 'int64' ? !Number.isInteger(value) : jsonType(value) !== type)) fail(value, place);
  }
  for (const map of ['labels', 'annotations'] as const) {
    const values = metadata[map];
    if (!isObject(values)) continue;
    for (const [key, value] of Object.entries(values)) {
      if (value === null) values[key] = '';
      else if (typeof value !== 'string') fail(value, `ObjectMeta.${map} of type string`);
    }
    if (Object.keys(values).length === 0) delete metadata[map];
  }
  for (const list of ['finalizers', 'ownerReferences'] as const) {
    const values = metadata[list];
    if (!Array.isArray(values)) continue;
    // Go decodes a null item into the empty value of its type.
    if (values.includes(null)) metadata[list] = values.map((value: unknown) => value ?? (list === 'finalizers' ? '' : {}));
    if (values.length === 0) delete metadata[list];
  }
  return metadata;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
