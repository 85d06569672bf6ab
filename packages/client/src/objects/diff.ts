import { exactTextOf, keepExactText, keepExactTexts } from '@kubecast/exact-json';
import { ClientError } from '../errors.ts';
import type { JsonPatchOperation } from '../resources/resource-options.ts';
import { deepCopy, jsonType, type Path } from './paths.ts';

/** One difference of two objects. Lists are compared item by item, by place. */
export type Difference =
  | { readonly kind: 'added'; readonly path: Path; readonly after: unknown }
  | { readonly kind: 'removed'; readonly path: Path; readonly before: unknown }
  | { readonly kind: 'changed'; readonly path: Path; readonly before: unknown; readonly after: unknown };

/** A merge patch cannot say it: null as a value, or an object where the patch's own form has a meaning. */
export class MergePatchError extends ClientError {
  override readonly name = 'MergePatchError';

  constructor(message: string) {
    super('CLIENT_MERGE_PATCH', message);
  }
}

/** What must change in `before` to give `after`, in order of paths; removed items of a list come from its end. Empty: they are equal as data. */
export function diff(before: unknown, after: unknown): Difference[] {
  const differences: Difference[] = [];
  compare(before, after, [], differences);
  return differences;
}

/** Whether two members are one number to a double, and different numbers by the digits that they were read with. */
function digitsDiffer(before: object, after: object, name: string | number): boolean {
  return (
    exactTextOf(before, name) !== exactTextOf(after, name) &&
    (before as Record<string | number, unknown>)[name] === (after as Record<string | number, unknown>)[name]
  );
}

/** A member, or an item: compared with its digits. */
function compareAt(before: object, after: object, name: string | number, path: Path, out: Difference[]): void {
  const [old, now] = [(before as Record<string | number, unknown>)[name], (after as Record<string | number, unknown>)[name]];
  if (digitsDiffer(before, after, name)) out.push({ kind: 'changed', path: [...path, name], before: old, after: now });
  else compare(old, now, [...path, name], out);
}

function compare(before: unknown, after: unknown, path: Path, out: Difference[]): void {
  if (before === after) return;
  const type = jsonType(before);
  if (type === jsonType(after)) {
    if (type === 'object') return compareObjects(before as Record<string, unknown>, after as Record<string, unknown>, path, out);
    if (type === 'array') return compareLists(before as unknown[], after as unknown[], path, out);
  }
  out.push({ kind: 'changed', path, before, after });
}

function compareObjects(before: Record<string, unknown>, after: Record<string, unknown>, path: Path, out: Difference[]): void {
  for (const name of Object.keys(before)) {
    if (!has(after, name)) {
      if (has(before, name)) out.push({ kind: 'removed', path: [...path, name], before: before[name] });
    } else if (!has(before, name)) out.push({ kind: 'added', path: [...path, name], after: after[name] });
    else compareAt(before, after, name, path, out);
  }
  for (const name of Object.keys(after))
    if (!Object.hasOwn(before, name) && has(after, name)) out.push({ kind: 'added', path: [...path, name], after: after[name] });
}

function compareLists(before: unknown[], after: unknown[], path: Path, out: Difference[]): void {
  const shared = Math.min(before.length, after.length);
  for (let i = 0; i < shared; i++) compareAt(before, after, i, path, out);
  for (let i = before.length - 1; i >= shared; i--) out.push({ kind: 'removed', path: [...path, i], before: before[i] });
  for (let i = shared; i < after.length; i++) out.push({ kind: 'added', path: [...path, i], after: after[i] });
}

// JSON has no undefined: a member that is undefined is none.
function has(object: Record<string, unknown>, name: string): boolean {
  return Object.hasOwn(object, name) && object[name] !== undefined;
}

/**
 * The JSON patch (RFC 6902) that makes `after` of `before`, exactly. With `test`, each changed and removed value is tested first, so that
 * the patch fails where another writer was faster.
 */
export function jsonPatch(before: unknown, after: unknown, options: { readonly test?: boolean } = {}): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  for (const difference of diff(before, after)) {
    const path = pointer(difference.path);
    if (options.test === true && difference.kind !== 'added')
      operations.push(valued('test', path, difference.before, before, difference.path));
    if (difference.kind === 'removed') operations.push({ op: 'remove', path });
    else operations.push(valued(difference.kind === 'added' ? 'add' : 'replace', path, difference.after, after, difference.path));
  }
  return operations;
}

/** An operation with a value, which keeps the digits that it has at its place. */
function valued(op: 'add' | 'replace' | 'test', path: string, value: unknown, root: unknown, at: Path): JsonPatchOperation {
  const operation: JsonPatchOperation = { op, path, value: deepCopy(value) };
  const last = at.at(-1);
  if (typeof value !== 'number' || last === undefined) return operation;
  let holder: unknown = root;
  for (const part of at.slice(0, -1)) holder = (holder as Record<string | number, unknown>)[part];
  const text = exactTextOf(holder as object, last);
  if (text !== undefined) keepExactText(operation, 'value', text);
  return operation;
}

/** A JSON pointer (RFC 6901). */
export function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The merge patch (RFC 7396) that makes `after` of `before`, exactly. Lists are replaced whole. Throws MergePatchError where `after` has a
 * null that `before` has not: to a merge patch null means remove. Use a JSON patch then.
 */
export function mergePatch(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  // Kept at the end, all at once: one by one, n numbers with digits of their own would cost n².
  const texts: Record<string, string> = Object.create(null) as Record<string, string>;
  let exact = false;
  const set = (name: string, value: unknown): void => {
    Object.defineProperty(patch, name, { value, enumerable: true, configurable: true, writable: true });
    const text = typeof value === 'number' ? exactTextOf(after, name) : undefined;
    if (text === undefined) return;
    texts[name] = text;
    exact = true;
  };
  for (const name of Object.keys(before)) if (has(before, name) && !has(after, name)) set(name, null);
  for (const name of Object.keys(after)) {
    if (!has(after, name)) continue;
    const [old, now] = [has(before, name) ? before[name] : undefined, after[name]];
    if (jsonType(old) === 'object' && jsonType(now) === 'object') {
      // Each level is looked at once: what differs is known by whether anything is in the patch.
      const inner = mergePatch(old as Record<string, unknown>, now as Record<string, unknown>);
      if (Object.keys(inner).length > 0) set(name, inner);
      continue;
    }
    if (old !== undefined && diff(old, now).length === 0 && !digitsDiffer(before, after, name)) continue;
    refuseNull(now, name);
    set(name, deepCopy(now));
  }
  if (exact) keepExactTexts(patch, texts);
  return patch;
}

// Below a list nulls are values; below an object a patch would drop them.
function refuseNull(value: unknown, name: string): void {
  if (value === null) throw new MergePatchError(`a merge patch cannot set ${JSON.stringify(name)} to null`);
  if (jsonType(value) === 'object') for (const [inner, item] of Object.entries(value as object)) refuseNull(item, inner);
}
