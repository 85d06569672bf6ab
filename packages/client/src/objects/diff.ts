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
    else compare(before[name], after[name], [...path, name], out);
  }
  for (const name of Object.keys(after))
    if (!Object.hasOwn(before, name) && has(after, name)) out.push({ kind: 'added', path: [...path, name], after: after[name] });
}

function compareLists(before: unknown[], after: unknown[], path: Path, out: Difference[]): void {
  const shared = Math.min(before.length, after.length);
  for (let i = 0; i < shared; i++) compare(before[i], after[i], [...path, i], out);
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
    if (options.test === true && difference.kind !== 'added') operations.push({ op: 'test', path, value: deepCopy(difference.before) });
    if (difference.kind === 'removed') operations.push({ op: 'remove', path });
    else operations.push({ op: difference.kind === 'added' ? 'add' : 'replace', path, value: deepCopy(difference.after) });
  }
  return operations;
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
  const set = (name: string, value: unknown): void => {
    Object.defineProperty(patch, name, { value, enumerable: true, configurable: true, writable: true });
  };
  for (const name of Object.keys(before)) if (has(before, name) && !has(after, name)) set(name, null);
  for (const name of Object.keys(after)) {
    if (!has(after, name)) continue;
    const [old, now] = [has(before, name) ? before[name] : undefined, after[name]];
    if (old !== undefined && diff(old, now).length === 0) continue;
    if (jsonType(old) === 'object' && jsonType(now) === 'object')
      set(name, mergePatch(old as Record<string, unknown>, now as Record<string, unknown>));
    else {
      refuseNull(now, name);
      set(name, deepCopy(now));
    }
  }
  return patch;
}

// Below a list nulls are values; below an object a patch would drop them.
function refuseNull(value: unknown, name: string): void {
  if (value === null) throw new MergePatchError(`a merge patch cannot set ${JSON.stringify(name)} to null`);
  if (jsonType(value) === 'object') for (const [inner, item] of Object.entries(value as object)) refuseNull(item, inner);
}
