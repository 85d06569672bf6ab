import { getOwn, isObject, objectMetaSchema, type Schema } from '@kubecast/crd';
import type { ServedResource } from '../served-resource.ts';
import { fieldName, keyElement, valueElement, type PathElement } from './path-element.ts';

/** How a value of a schema is merged and owned: as one leaf, item by item, or field by field (structured-merge-diff). */
export type Atom =
  | { readonly kind: 'scalar'; readonly of: 'string' | 'numeric' | 'boolean' | 'untyped' }
  | { readonly kind: 'list'; readonly atomic: boolean; readonly keys: readonly string[]; readonly items: Schema }
  | { readonly kind: 'map'; readonly atomic: boolean; readonly schema: Schema; readonly rest: Schema | undefined };

/** An empty schema: maps are merged field by field, lists are one leaf. */
const anything: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

/** The whole object's schema, with what every object has. */
export function typedRoot(resource: Pick<ServedResource, 'schema'>): Schema {
  const known = roots.get(resource.schema);
  if (known !== undefined) return known;
  const root: Schema = {
    ...resource.schema,
    type: 'object',
    properties: { ...resource.schema.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: objectMetaSchema },
  };
  roots.set(resource.schema, root);
  return root;
}

const roots = new WeakMap<Schema, Schema>();

/** What the schema makes of a value; for a schema that allows several forms the value decides. */
export function atomOf(schema: Schema, value: unknown): Atom {
  if (schema['x-kubernetes-int-or-string'] === true) return { kind: 'scalar', of: 'untyped' };
  switch (schema.type) {
    case 'string':
      return { kind: 'scalar', of: 'string' };
    case 'integer':
    case 'number':
      return { kind: 'scalar', of: 'numeric' };
    case 'boolean':
      return { kind: 'scalar', of: 'boolean' };
    case 'array': {
      const type = schema['x-kubernetes-list-type'];
      return {
        kind: 'list',
        atomic: type !== 'set' && type !== 'map',
        keys: type === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [],
        items: schema.items ?? anything,
      };
    }
    case 'object':
      return mapAtom(schema);
    case undefined:
    default:
      if (Array.isArray(value)) return { kind: 'list', atomic: true, keys: [], items: anything };
      if (isObject(value) || value === null || value === undefined) return mapAtom(schema);
      return { kind: 'scalar', of: 'untyped' };
  }
}

function mapAtom(schema: Schema): Atom {
  let rest: Schema | undefined;
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) rest = anything;
  else if (isObject(schema.additionalProperties)) rest = schema.additionalProperties;
  else if (schema.additionalProperties === true) rest = anything;
  // An object without declared fields may have any.
  else if (schema.properties === undefined) rest = anything;
  return { kind: 'map', atomic: schema['x-kubernetes-map-type'] === 'atomic', schema: withEmbedded(schema), rest };
}

function withEmbedded(schema: Schema): Schema {
  if (schema['x-kubernetes-embedded-resource'] !== true) return schema;
  return {
    ...schema,
    properties: { ...schema.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: objectMetaSchema },
  };
}

/** The declared field's schema. */
export function declaredField(atom: Extract<Atom, { kind: 'map' }>, name: string): Schema | undefined {
  return getOwn(atom.schema.properties, name);
}

/** The schema of a field, declared or not; undefined: not allowed. */
export function fieldSchema(atom: Extract<Atom, { kind: 'map' }>, name: string): Schema | undefined {
  return declaredField(atom, name) ?? atom.rest;
}

/** The element that names an item of a list that is a set or a map; a text says why it has none. */
export function itemElement(atom: Extract<Atom, { kind: 'list' }>, item: unknown): { element: PathElement } | { problem: string } {
  if (atom.keys.length === 0) {
    if (item === null) return { problem: "associative list without keys has an element that's an explicit null" };
    if (Array.isArray(item)) return { problem: 'not supported: associative list with lists as elements' };
    if (isObject(item)) return { problem: "associative list without keys has an element that's a map type" };
    return { element: valueElement(item) };
  }
  if (item === null) return { problem: 'associative list with keys may not have a null element' };
  if (!isObject(item)) return { problem: 'associative list with keys may not have non-map elements' };
  const keys: [string, unknown][] = [];
  for (const name of atom.keys) {
    // An explicit null is a key of its own, whatever the default.
    const own = getOwn(item, name);
    const key = own === undefined ? getOwn(atom.items.properties, name)?.default : own;
    if (key !== undefined) keys.push([name, key]);
  }
  if (keys.length === 0) {
    const names = atom.keys.map((key) => JSON.stringify(key)).join(' ');
    return {
      problem: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    };
  }
  return { element: keyElement(keys) };
}

/** Whether a path ends at a field that the schema declares (not one of a map's own names). */
export function isDeclared(root: Schema, path: readonly PathElement[]): boolean {
  let schema: Schema | undefined = root;
  for (const [index, element] of path.entries()) {
    if (schema === undefined) return false;
    const name = fieldName(element);
    if (name === undefined) {
      schema = schema.items;
      continue;
    }
    const atom = atomOf(schema, undefined);
    if (atom.kind !== 'map') return false;
    const declared = declaredField(atom, name);
    if (index === path.length - 1) return declared !== undefined;
    schema = declared ?? atom.rest;
  }
  return false;
}
