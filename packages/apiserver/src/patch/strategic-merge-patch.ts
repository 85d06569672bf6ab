import { copyJson, equalJson, getOwn, isObject, setOwn, type Schema } from '@kubecast/crd';

type JsonObject = Record<string, unknown>;

/** The patch cannot be laid over the object; the message is the API server's. */
export class StrategicPatchError extends Error {
  override readonly name: string = 'StrategicPatchError';
}

const directive = '$patch';
const setOrder = '$setElementOrder/';
const deletePrimitives = '$deleteFromPrimitiveList/';
const retainKeys = '$retainKeys';

/**
 * Strategic merge patch (the API conventions of built-in kinds): as a merge patch, but lists that the schema calls mergeable
 * are merged, by their merge key or as sets, new items first; `$patch`, `$setElementOrder/`, `$deleteFromPrimitiveList/` and
 * `$retainKeys` steer it. Changes neither argument.
 *
 * @throws StrategicPatchError for an item without its merge key and for an unknown directive
 */
export function strategicMergePatch(schema: Schema, target: JsonObject, patch: JsonObject): JsonObject {
  return mergeObjects(schema, copyJson(target), copyJson(patch));
}

function mergeObjects(schema: Schema | undefined, target: JsonObject, patch: JsonObject): JsonObject {
  if (Object.hasOwn(patch, directive)) {
    const { [directive]: what, ...rest } = patch;
    if (what === 'replace') return rest;
    if (what === 'delete') return {};
    throw unknownDirective(what, patch);
  }
  const kept = patch[retainKeys];
  if (Array.isArray(kept)) {
    for (const name of Object.keys(target)) if (!kept.includes(name)) delete target[name];
  }
  const orders = new Map<string, readonly unknown[]>();
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith(setOrder) && Array.isArray(value)) orders.set(name.slice(setOrder.length), value as unknown[]);
  }
  for (const [name, value] of Object.entries(patch)) {
    if (name === retainKeys || name.startsWith(setOrder)) continue;
    if (name.startsWith(deletePrimitives)) {
      const list = getOwn(target, name.slice(deletePrimitives.length));
      if (Array.isArray(list) && Array.isArray(value))
        setOwn(
          target,
          name.slice(deletePrimitives.length),
          list.filter((item) => !value.some((gone) => equalJson(gone, item))),
        );
      continue;
    }
    const before = getOwn(target, name);
    const child = childSchema(schema, name);
    if (value === null) delete target[name];
    else if (isObject(value) && isObject(before)) setOwn(target, name, replaces(child) ? value : mergeObjects(child, before, value));
    else if (Array.isArray(value) && Array.isArray(before) && merges(child))
      setOwn(target, name, mergeLists(child, before, value, orders.get(name)));
    else {
      const plain = withoutDirectives(value);
      if (plain === undefined) delete target[name];
      else setOwn(target, name, plain);
    }
    if (getOwn(target, name) !== undefined) orders.delete(name);
  }
  // An order may come alone: the patch changes no item.
  for (const [name, order] of orders) {
    const list = getOwn(target, name);
    if (Array.isArray(list)) setOwn(target, name, ordered(list, order, list, mergeKey(childSchema(schema, name))));
  }
  return target;
}

function childSchema(schema: Schema | undefined, name: string): Schema | undefined {
  if (schema === undefined) return undefined;
  return getOwn(schema.properties, name) ?? (isObject(schema.additionalProperties) ? schema.additionalProperties : undefined);
}

const replaces = (schema: Schema | undefined): boolean => schema?.['x-kubernetes-patch-strategy'] === 'replace';

/** A list merges if it says so; metadata's lists say it by their list type alone. */
function merges(schema: Schema | undefined): schema is Schema {
  if (schema === undefined) return false;
  const strategy = schema['x-kubernetes-patch-strategy'];
  if (strategy !== undefined) return strategy.split(',').includes('merge');
  return schema['x-kubernetes-list-type'] === 'set' || schema['x-kubernetes-list-type'] === 'map';
}

function mergeKey(schema: Schema | undefined): string | undefined {
  return schema?.['x-kubernetes-patch-merge-key'] ?? schema?.['x-kubernetes-list-map-keys']?.[0];
}

function mergeLists(
  schema: Schema,
  before: readonly unknown[],
  patch: readonly unknown[],
  order: readonly unknown[] | undefined,
): unknown[] {
  const key = mergeKey(schema);
  if (key === undefined) {
    const merged: unknown[] = [];
    for (const item of [...before, ...patch]) if (!merged.some((other) => equalJson(other, item))) merged.push(item);
    return ordered(merged, order ?? patch, before, undefined);
  }
  let list = before.filter(isObject);
  const changes: JsonObject[] = [];
  let replace = false;
  for (const item of patch) {
    if (!isObject(item)) throw new StrategicPatchError(`value for key ${key} is not a map`);
    const what = item[directive];
    if (what === undefined) changes.push(item);
    else if (what === 'replace') replace = true;
    else if (what === 'delete') {
      const gone = keyOf(item, key);
      list = list.filter((other) => !equalJson(other[key], gone));
    } else {
      throw unknownDirective(what, item);
    }
  }
  if (replace) return changes;
  for (const item of changes) {
    const id = keyOf(item, key);
    const at = list.findIndex((other) => equalJson(other[key], id));
    if (at < 0) list.push(withoutDirectives(item) as JsonObject);
    else list[at] = mergeObjects(schema.items, list[at] as JsonObject, item);
  }
  return ordered(list, order ?? changes, before, key);
}

function keyOf(item: JsonObject, key: string): unknown {
  const id = getOwn(item, key);
  if (id === undefined) throw new StrategicPatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
  return id;
}

/**
 * Items that the order names stand in its order; the others keep the order that they had, each before the first item of the
 * order that it stood before.
 */
function ordered(list: readonly unknown[], order: readonly unknown[], before: readonly unknown[], key: string | undefined): unknown[] {
  const idOf = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item);
  const indexIn = (items: readonly unknown[], item: unknown): number => items.findIndex((other) => equalJson(idOf(other), idOf(item)));
  const named = list.filter((item) => indexIn(order, item) >= 0).sort((a, b) => indexIn(order, a) - indexIn(order, b));
  const others = list.filter((item) => indexIn(order, item) < 0).sort((a, b) => indexIn(before, a) - indexIn(before, b));
  const out: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const place = indexIn(before, item);
    const isBefore = (other: unknown): boolean => indexIn(before, other) >= 0 && indexIn(before, other) < place;
    while (next < others.length && isBefore(others[next])) out.push(others[next++]);
    out.push(item);
  }
  return [...out, ...others.slice(next)];
}

/** What a patch adds to nothing: without its directives and nulls; undefined if it was a directive to delete. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (value[directive] === 'delete') return undefined;
  const out: JsonObject = {};
  for (const [name, inner] of Object.entries(value)) {
    if (name === directive || name === retainKeys || name.startsWith(setOrder) || name.startsWith(deletePrimitives) || inner === null)
      continue;
    const plain = withoutDirectives(inner);
    if (plain !== undefined) setOwn(out, name, plain);
  }
  return out;
}

function unknownDirective(what: unknown, patch: JsonObject): StrategicPatchError {
  return new StrategicPatchError(`Unknown patch type: ${String(what)} in ${JSON.stringify(patch)}`);
}
