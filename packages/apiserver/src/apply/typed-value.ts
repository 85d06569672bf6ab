import { equalJson, getOwn, isObject, setOwn, type Schema } from '@kubecast/crd';
import { FieldSet } from './field-set.ts';
import { elementText, fieldElement, type PathElement } from './path-element.ts';
import { atomOf, declaredField, fieldSchema, itemElement, type Atom } from './typed-schema.ts';

type ListAtom = Extract<Atom, { kind: 'list' }>;
type MapAtom = Extract<Atom, { kind: 'map' }>;

const asMap = (value: unknown): Record<string, unknown> | undefined => (isObject(value) ? value : undefined);
const asList = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? (value as unknown[]) : undefined);

/** All that a value holds, as paths: its leaves, the items of its lists, the names in its maps. */
export function toFieldSet(schema: Schema, value: unknown): FieldSet {
  const set = new FieldSet();
  collect(schema, value, [], set);
  return set;
}

function collect(schema: Schema, value: unknown, path: readonly PathElement[], set: FieldSet): void {
  const atom = atomOf(schema, value);
  if (atom.kind === 'scalar' || atom.atomic) {
    set.insert(path);
    return;
  }
  if (atom.kind === 'list') {
    const { unique, repeated } = byElement(atom, asList(value) ?? []);
    for (const element of repeated) set.insert([...path, element]);
    for (const [element, item] of unique) {
      collect(atom.items, item, [...path, element], set);
      set.insert([...path, element]);
    }
    return;
  }
  for (const [name, inner] of Object.entries(asMap(value) ?? {})) {
    const at = [...path, fieldElement(name)];
    const child = fieldSchema(atom, name);
    if (child !== undefined) collect(child, inner, at, set);
    const hollow = inner === null || (isObject(inner) && Object.keys(inner).length === 0);
    if (hollow || declaredField(atom, name) === undefined) set.insert(at);
  }
}

/** A list's items by their element; duplicates separately. Items without an element are left out. */
function byElement(atom: ListAtom, items: readonly unknown[]): { unique: Map<PathElement, unknown>; repeated: Set<PathElement> } {
  const unique = new Map<PathElement, unknown>();
  const repeated = new Set<PathElement>();
  for (const item of items) {
    const named = itemElement(atom, item);
    if (!('element' in named)) continue;
    if (unique.has(named.element)) repeated.add(named.element);
    else unique.set(named.element, item);
  }
  for (const element of repeated) unique.delete(element);
  return { unique, repeated };
}

/** Why a value is not of the schema, each as `path: problem`; empty if it is. Items of a set or map must differ. */
export function typeProblems(schema: Schema, value: unknown): string[] {
  const problems: string[] = [];
  checkType(schema, value, '', problems);
  return problems;
}

function checkType(schema: Schema, value: unknown, path: string, problems: string[]): void {
  const atom = atomOf(schema, value);
  const fail = (text: string): void => void problems.push(path === '' ? text : `${path}: ${text}`);
  if (value === null) return;
  if (atom.kind === 'scalar') {
    if (atom.of === 'string' && typeof value !== 'string') fail(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
    else if (atom.of === 'numeric' && typeof value !== 'number') fail(`expected numeric (int or float), got ${goType(value)}`);
    else if (atom.of === 'boolean' && typeof value !== 'boolean') fail(`expected boolean, got &{${goPlain(value)}}`);
    else if (typeof value === 'object') fail(`expected any scalar, got &{${goPlain(value)}}`);
    return;
  }
  if (atom.kind === 'list') {
    const list = asList(value);
    if (list === undefined) return fail(`expected list, got &{${goPlain(value)}}`);
    const seen = new Set<PathElement>();
    for (const [index, item] of list.entries()) {
      let at = `[${index}]`;
      if (!atom.atomic) {
        const named = itemElement(atom, item);
        if (!('element' in named)) return fail(`element ${index}: ${named.problem}`);
        at = elementText(named.element);
        if (seen.has(named.element)) fail(`duplicate entries for key ${at}`);
        seen.add(named.element);
      }
      checkType(atom.items, item, path + at, problems);
    }
    return;
  }
  const map = asMap(value);
  if (map === undefined) return fail(`expected map, got &{${goPlain(value)}}`);
  for (const [name, inner] of Object.entries(map)) {
    const at = `${path}.${name}`;
    const child = fieldSchema(atom, name);
    if (child === undefined) {
      // The API server stops at the first problem of this level.
      problems.push(`${at}: field not declared in schema`);
      return;
    }
    checkType(child, inner, at, problems);
  }
}

/** `%T` */
function goType(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return '[]interface {}';
  return isObject(value) ? 'map[string]interface {}' : 'string';
}

/** `%#v` */
function goSyntax(value: unknown): string {
  if (value === null) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isObject(value))
    return `map[string]interface {}{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}

/** `%v` */
function goPlain(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`;
  if (isObject(value))
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${goPlain(value[key])}`)
      .join(' ')}]`;
  return String(value as string | number | boolean);
}

/** `right` laid over `left`: leaves of `right` win, what it does not name stays. Undefined for nothing at all. */
export function mergeTyped(schema: Schema, left: unknown, right: unknown): unknown {
  if (right === undefined) return left;
  const atom = atomOf(schema, right === null ? left : right);
  if (atom.kind === 'scalar' || atom.atomic) return right;
  if (atom.kind === 'list') {
    const rightList = asList(right) ?? [];
    const leftList = asList(left) ?? [];
    if (rightList.length === 0 && leftList.length === 0) return right;
    return mergeLists(atom, leftList, rightList);
  }
  const rightMap = asMap(right) ?? {};
  const leftMap = asMap(left) ?? {};
  if (Object.keys(rightMap).length === 0 && Object.keys(leftMap).length === 0) return right;
  const out: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(leftMap), ...Object.keys(rightMap)])) {
    const child = fieldSchema(atom, name);
    const before = getOwn(leftMap, name);
    const after = getOwn(rightMap, name);
    const merged = child === undefined ? (after === undefined ? before : after) : mergeTyped(child, before, after);
    if (merged !== undefined) setOwn(out, name, merged);
  }
  return out;
}

/** Shared items stand in the order of `right`; items of `left` alone keep their place between their neighbours. */
function mergeLists(atom: ListAtom, left: readonly unknown[], right: readonly unknown[]): unknown[] {
  const elementOf = (item: unknown): PathElement | undefined => {
    const named = itemElement(atom, item);
    return 'element' in named ? named.element : undefined;
  };
  const rights = right.map((item) => [elementOf(item), item] as const);
  const lefts = left.map((item) => [elementOf(item), item] as const);
  const inRight = new Set(rights.map(([element]) => element));
  const leftItems = new Map(lefts);
  const shared = rights.map(([element]) => element).filter((element) => leftItems.has(element));
  const done = new Set<PathElement | undefined>();
  const out: unknown[] = [];
  let l = 0;
  let r = 0;
  let s = 0;
  const take = (): void => {
    const [element, item] = rights[r] as (typeof rights)[number];
    out.push(mergeTyped(atom.items, leftItems.get(element), item));
    done.add(element);
    if (shared[s] === element) s++;
    r++;
  };
  while (l < lefts.length || r < rights.length) {
    const [element, item] = lefts[l] ?? [undefined, undefined];
    if (l < lefts.length && !inRight.has(element)) {
      out.push(item);
      l++;
      continue;
    }
    if (l < lefts.length && r < rights.length) {
      if (element === rights[r]?.[0]) {
        take();
        l++;
        continue;
      }
      // An item that both lists have is added at its place in `right`.
      if (element !== shared[s]) {
        l++;
        continue;
      }
    }
    if (l < lefts.length && done.has(element)) l++;
    if (r < rights.length) take();
    else if (l < lefts.length && !done.has(element)) l++;
  }
  return out;
}

/** The differences between two objects. No path is in two of the sets. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function compareTyped(schema: Schema, left: unknown, right: unknown): Comparison {
  const result: Comparison = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() };
  compare(schema, left, right, [], result);
  return result;
}

function compare(schema: Schema, left: unknown, right: unknown, path: readonly PathElement[], result: Comparison): void {
  const leftAtom = left === undefined ? undefined : atomOf(schema, left);
  const rightAtom = right === undefined ? undefined : atomOf(schema, right);
  const atom = (rightAtom ?? leftAtom) as Atom;
  if (leftAtom !== undefined && rightAtom !== undefined && leftAtom.kind !== rightAtom.kind) {
    // Another form of value: what was below is gone, what is below now is new, and the place itself changed.
    if (leftAtom.kind === 'map' && sizeOf(left) > 0) compareAs(leftAtom, left, undefined, path, result);
    if (rightAtom.kind === 'map' && sizeOf(right) > 0) compareAs(rightAtom, undefined, right, path, result);
    result.modified.insert(path);
    return;
  }
  if (compareAs(atom, left, right, path, result)) return;
  if (left === undefined) result.added.insert(path);
  else if (right === undefined) result.removed.insert(path);
}

/** Gives true when the value was compared as one leaf. */
function compareAs(atom: Atom, left: unknown, right: unknown, path: readonly PathElement[], result: Comparison): boolean {
  if (atom.kind === 'scalar' || atom.atomic || (sizeOf(left) === 0 && sizeOf(right) === 0)) {
    if (left === undefined) result.added.insert(path);
    else if (right === undefined) result.removed.insert(path);
    else if (!equalJson(left, right)) result.modified.insert(path);
    return true;
  }
  if (atom.kind === 'list') compareLists(atom, asList(left) ?? [], asList(right) ?? [], path, result);
  else compareMaps(atom, asMap(left) ?? {}, asMap(right) ?? {}, path, result);
  return false;
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : 0;
}

function compareMaps(
  atom: MapAtom,
  left: Record<string, unknown>,
  right: Record<string, unknown>,
  path: readonly PathElement[],
  result: Comparison,
): void {
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const child = fieldSchema(atom, name);
    if (child !== undefined) compare(child, getOwn(left, name), getOwn(right, name), [...path, fieldElement(name)], result);
  }
}

function compareLists(
  atom: ListAtom,
  left: readonly unknown[],
  right: readonly unknown[],
  path: readonly PathElement[],
  result: Comparison,
): void {
  const before = byElement(atom, left);
  const after = byElement(atom, right);
  const repeatedItems = (items: readonly unknown[], element: PathElement): unknown[] =>
    items.filter((item) => {
      const named = itemElement(atom, item);
      return 'element' in named && named.element === element;
    });
  for (const element of new Set([...before.unique.keys(), ...after.unique.keys(), ...before.repeated, ...after.repeated])) {
    const at = [...path, element];
    const twiceBefore = before.repeated.has(element);
    const twiceAfter = after.repeated.has(element);
    if (twiceBefore && twiceAfter) {
      if (!equalJson(repeatedItems(left, element), repeatedItems(right, element))) result.modified.insert(at);
    } else if (twiceBefore) {
      if (after.unique.has(element)) compare(atom.items, undefined, after.unique.get(element), at, result);
      result.removed.insert(at);
    } else if (twiceAfter) {
      if (before.unique.has(element)) compare(atom.items, before.unique.get(element), undefined, at, result);
      result.added.insert(at);
    } else {
      compare(atom.items, before.unique.get(element), after.unique.get(element), at, result);
    }
  }
}

/** The value without the paths of the set; a list or map that becomes empty by it goes too (undefined). */
export function removePaths(schema: Schema, value: unknown, set: FieldSet): unknown {
  const atom = atomOf(schema, value);
  if (atom.kind === 'scalar') return value;
  if (sizeOf(value) === 0 || atom.atomic) return undefined;
  if (atom.kind === 'list') {
    const kept: unknown[] = [];
    for (const item of asList(value) ?? []) {
      const named = itemElement(atom, item);
      if (!('element' in named)) kept.push(item);
      else if (!set.has([named.element])) {
        const below = set.below(named.element);
        const rest = below.empty ? item : removePaths(atom.items, item, below);
        kept.push(rest === undefined ? null : rest);
      }
    }
    return kept.length > 0 ? kept : undefined;
  }
  const out: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(asMap(value) ?? {})) {
    const element = fieldElement(name);
    if (set.has([element])) continue;
    const below = set.below(element);
    const child = fieldSchema(atom, name);
    const rest = below.empty || child === undefined ? inner : removePaths(child, inner, below);
    setOwn(out, name, rest === undefined ? null : rest);
  }
  return Object.keys(out).length > 0 ? out : undefined;
}
