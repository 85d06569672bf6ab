import { isObject } from '@kubecast/crd';
import { elementText, fieldName, isPathElement, type PathElement } from './path-element.ts';

interface Node {
  /** Whether the path up to here is a member, independently of what is below. */
  member: boolean;
  readonly children: Map<PathElement, Node>;
}

/**
 * A set of paths into an object: what a manager owns. A path and its parent are members independently of each other.
 * Immutable after construction but for `insert`; the operations share no nodes with their operands.
 */
export class FieldSet {
  readonly #root: Node = { member: false, children: new Map() };

  static of(...paths: readonly (readonly PathElement[])[]): FieldSet {
    const set = new FieldSet();
    for (const path of paths) set.insert(path);
    return set;
  }

  /** Adds a path. The empty path, the object itself, is ignored: nobody owns it. */
  insert(path: readonly PathElement[]): void {
    if (path.length === 0) return;
    let node = this.#root;
    for (const element of path) {
      let child = node.children.get(element);
      if (child === undefined) {
        child = { member: false, children: new Map() };
        node.children.set(element, child);
      }
      node = child;
    }
    node.member = true;
  }

  has(path: readonly PathElement[]): boolean {
    let node: Node | undefined = this.#root;
    for (const element of path) {
      node = node.children.get(element);
      if (node === undefined) return false;
    }
    return node.member;
  }

  get empty(): boolean {
    return isEmpty(this.#root);
  }

  /** What lies below one element, with paths that start there. */
  below(element: PathElement): FieldSet {
    const child = this.#root.children.get(element);
    return child === undefined ? new FieldSet() : FieldSet.#from({ member: false, children: child.children });
  }

  union(other: FieldSet): FieldSet {
    return FieldSet.#from(combine(this.#root, other.#root, (a, b) => a || b));
  }

  intersection(other: FieldSet): FieldSet {
    return FieldSet.#from(combine(this.#root, other.#root, (a, b) => a && b));
  }

  /** Paths that are members here and not there. Whether a parent is a member there says nothing about its children. */
  difference(other: FieldSet): FieldSet {
    return FieldSet.#from(combine(this.#root, other.#root, (a, b) => a && !b));
  }

  /** Only the paths below (and at) the top-level fields for which `keep` says so. */
  filterTop(keep: (name: string) => boolean): FieldSet {
    const root: Node = { member: false, children: new Map() };
    for (const [element, child] of this.#root.children) if (keep(fieldName(element) ?? '')) root.children.set(element, child);
    return FieldSet.#from(combine(root, empty(), (a) => a));
  }

  /**
   * The set with every declared field that has members below it made a member itself: to remove `a.b` from an object takes
   * `a` with it when nothing else is in it. `declared` is asked for the way down to a field.
   */
  withNamedParents(declared: (path: readonly PathElement[]) => boolean): FieldSet {
    const visit = (node: Node, path: readonly PathElement[]): Node => {
      const children = new Map<PathElement, Node>();
      for (const [element, child] of node.children) {
        const at = [...path, element];
        const copy = visit(child, at);
        if (copy.children.size > 0 && declared(at)) copy.member = true;
        children.set(element, copy);
      }
      return { member: node.member, children };
    };
    return FieldSet.#from(visit(this.#root, []));
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).empty && other.difference(this).empty;
  }

  /** All members: those of one level before what lies below them, each in the order of FieldsV1. That is the order of conflicts. */
  *paths(): IterableIterator<readonly PathElement[]> {
    yield* walk(this.#root, []);
  }

  /** FieldsV1 (meta.k8s.io/v1): `.` marks a member that has members below it. */
  toFieldsV1(): Record<string, unknown> {
    const write = (node: Node): Record<string, unknown> => {
      const out: Record<string, unknown> = {};
      for (const [element, child] of sorted(node)) {
        if (isEmpty(child)) continue;
        const inner = write(child);
        const held = child.member && Object.keys(inner).length > 0 ? { '.': {}, ...inner } : inner;
        out[element] = held;
      }
      return out;
    };
    return write(this.#root);
  }

  /** Undefined if the value is no FieldsV1. */
  static fromFieldsV1(fields: unknown): FieldSet | undefined {
    const root = read(fields, 0);
    if (root === undefined) return undefined;
    root.member = false;
    return FieldSet.#from(root);
  }

  static #from(root: Node): FieldSet {
    const set = new FieldSet();
    for (const [element, child] of root.children) set.#root.children.set(element, child);
    return set;
  }
}

const empty = (): Node => ({ member: false, children: new Map() });

function isEmpty(node: Node): boolean {
  if (node.member) return false;
  for (const child of node.children.values()) if (!isEmpty(child)) return false;
  return true;
}

function combine(a: Node, b: Node, rule: (a: boolean, b: boolean) => boolean): Node {
  const out: Node = { member: rule(a.member, b.member), children: new Map() };
  for (const element of new Set([...a.children.keys(), ...b.children.keys()])) {
    const child = combine(a.children.get(element) ?? empty(), b.children.get(element) ?? empty(), rule);
    if (child.member || child.children.size > 0) out.children.set(element, child);
  }
  return out;
}

function sorted(node: Node): [PathElement, Node][] {
  return [...node.children].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function* walk(node: Node, path: readonly PathElement[]): IterableIterator<readonly PathElement[]> {
  const children = sorted(node);
  for (const [element, child] of children) if (child.member) yield [...path, element];
  for (const [element, child] of children) yield* walk(child, [...path, element]);
}

/** Limit of the depth: what a client sends must not exhaust the stack. */
const depthLimit = 1000;

function read(fields: unknown, depth: number): Node | undefined {
  if (!isObject(fields) || depth > depthLimit) return undefined;
  const node = empty();
  const elements = Object.keys(fields);
  for (const element of elements) {
    if (element === '.') {
      node.member = true;
      continue;
    }
    if (!isPathElement(element)) return undefined;
    const child = read(fields[element], depth + 1);
    if (child === undefined) return undefined;
    node.children.set(element, child);
  }
  if (elements.length === 0) node.member = true;
  return node;
}

/** `.spec.items[name="a"].value` */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join('');
}
