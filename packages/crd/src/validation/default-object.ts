import { copyJson, getOwn, isObject, setOwn, type JsonObject } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';

/**
 * Fills in the schema's defaults. Changes `object`, which must be the caller's own copy. A null that may not be null counts
 * as absent; a nullable null stays. Nothing is filled in below a parent object that is absent (and has no default itself).
 */
export function defaultObject(schema: Schema, object: JsonObject): void {
  fill(schema, object);
}

/**
 * Removes nulls where the schema does not say nullable. Changes `object`, which must be the caller's own copy. Nulls in
 * lists stay (they fail the type check later), and so do those of fields that the schema does not name.
 */
export function dropNulls(schema: Schema, object: JsonObject): void {
  drop(schema, object);
}

function fill(schema: Schema | undefined, value: unknown): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return;
    value.forEach((item, index) => {
      if (item === null && items.nullable !== true && items.default !== undefined) value[index] = copyJson(items.default);
      fill(items, value[index]);
    });
    return;
  }
  if (!isObject(value)) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue;
    const present = getOwn(value, name);
    if (present === undefined || (present === null && property.nullable !== true)) setOwn(value, name, copyJson(property.default));
  }
  for (const name of Object.keys(value)) {
    const property = childSchema(schema, name);
    if (property === undefined) continue;
    if (value[name] === null && property.nullable !== true && property.default !== undefined)
      setOwn(value, name, copyJson(property.default));
    fill(property, value[name]);
  }
}

function drop(schema: Schema | undefined, value: unknown): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) drop(schema.items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    const property = childSchema(schema, name);
    if (property === undefined) continue;
    if (value[name] === null && property.nullable !== true) delete value[name];
    else drop(property, value[name]);
  }
}

/** The schema of a property: its own, else the one for all others. */
function childSchema(schema: Schema, name: string): Schema | undefined {
  const own = getOwn(schema.properties, name);
  if (own !== undefined) return own;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}
