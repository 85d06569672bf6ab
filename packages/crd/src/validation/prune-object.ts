import { objectMetaSchema } from '../schema/object-meta-schema.ts';
import { getOwn, isObject, type JsonObject } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';

/** Told of each unknown field; `inMetadata`: it stands in the metadata of the object itself or of an embedded one. */
type Found = (path: string, holder: JsonObject, name: string, inMetadata: boolean) => void;

/**
 * Removes every field that the schema does not know, and every field of metadata that ObjectMeta does not know. Changes
 * `object`, which must be the caller's own copy. Gives the removed paths: those of metadata first, then sorted, as the server tells them of
 * custom resources; or in the order in which they stand in the object, as it tells them of built-in kinds.
 *
 * Rules of structural pruning (apiextensions.k8s.io/v1): names are case-sensitive; nothing below
 * x-kubernetes-preserve-unknown-fields is removed unless a named property below it says so; apiVersion, kind and metadata
 * of the object and of embedded resources stay.
 */
export function pruneObject(schema: Schema, object: JsonObject, order: 'sorted' | 'standing' = 'sorted'): readonly string[] {
  const found: { path: string; inMetadata: boolean }[] = [];
  const doomed: [JsonObject, string][] = [];
  walkRoot(schema, object, (path, holder, name, inMetadata) => {
    found.push({ path, inMetadata });
    doomed.push([holder, name]);
  });
  for (const [holder, name] of doomed) delete holder[name];
  return order === 'sorted' ? inOrder(found) : found.map((item) => item.path);
}

/** The paths that {@link pruneObject} would remove, in its order. Changes nothing. */
export function unknownFields(schema: Schema, object: JsonObject): readonly string[] {
  const found: { path: string; inMetadata: boolean }[] = [];
  walkRoot(schema, object, (path, _holder, _name, inMetadata) => found.push({ path, inMetadata }));
  return inOrder(found);
}

function inOrder(found: readonly { path: string; inMetadata: boolean }[]): readonly string[] {
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const metadata = found
    .filter((item) => item.inMetadata)
    .map((item) => item.path)
    .sort(order);
  return [
    ...metadata,
    ...found
      .filter((item) => !item.inMetadata)
      .map((item) => item.path)
      .sort(order),
  ];
}

function walkRoot(schema: Schema, object: JsonObject, found: Found): void {
  walk({ ...schema, 'x-kubernetes-embedded-resource': true }, object, '', found);
}

function walk(schema: Schema | undefined, value: unknown, path: string, found: Found): void {
  if (Array.isArray(value)) {
    if (schema?.['x-kubernetes-preserve-unknown-fields'] === true && schema.items === undefined) return;
    value.forEach((item, index) => walk(schema?.items, item, `${path}[${index}]`, found));
    return;
  }
  if (!isObject(value)) return;
  const embedded = schema?.['x-kubernetes-embedded-resource'] === true;
  const preserve = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  for (const name of Object.keys(value)) {
    const child = path === '' ? name : `${path}.${name}`;
    if (embedded && (name === 'apiVersion' || name === 'kind')) continue;
    if (embedded && name === 'metadata') {
      walkMetadata(value[name], child, found);
      continue;
    }
    const property = getOwn(schema?.properties, name);
    if (property !== undefined) {
      walk(property, value[name], child, found);
    } else if (schema?.additionalProperties !== undefined && schema.additionalProperties !== false) {
      if (typeof schema.additionalProperties === 'object') walk(schema.additionalProperties, value[name], child, found);
      else if (!preserve) walk(undefined, value[name], child, found);
    } else if (!preserve) {
      found(child, value, name, false);
    }
  }
}

function walkMetadata(value: unknown, path: string, found: Found): void {
  walk(objectMetaSchema, value, path, (child, holder, name) => found(child, holder, name, true));
}
