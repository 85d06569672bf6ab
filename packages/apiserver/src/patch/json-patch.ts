import { copyJson, equalJson, isObject, setOwn } from '@kubecast/crd';

/** The patch cannot be applied to this object (RFC 6902). */
export class JsonPatchError extends Error {}

export interface JsonPatchOperation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

/**
 * Applies the operations in order to a copy. As the API server's library: `replace` of a name that an existing object lacks adds it, an operation
 * without a value has null, a path is split at its slashes without a look at what precedes the first, and an index may be negative, counted from the end.
 * @throws JsonPatchError
 */
export function jsonPatch(target: unknown, operations: readonly (JsonPatchOperation | null)[]): unknown {
  const root = { '': copyJson(target) };
  for (const operation of operations) apply(root, operation);
  return root[''];
}

function apply(root: { '': unknown }, operation: JsonPatchOperation | null): void {
  // A null among the operations is decoded as an operation without a kind.
  if (operation === null) throw new JsonPatchError('Unexpected kind: unknown');
  const path = pointer(operation.path);
  switch (operation.op) {
    case 'add':
      return add(root, path, valueOf(operation));
    case 'remove':
      return void remove(root, path);
    case 'replace': {
      const { parent, last } = locate(root, path);
      if (Array.isArray(parent)) parent[index(last, parent.length - 1)] = copyJson(valueOf(operation));
      else setOwn(parent as Record<string, unknown>, last, copyJson(valueOf(operation)));
      return;
    }
    case 'move': {
      const value = remove(root, pointer(operation.from));
      return add(root, path, value);
    }
    case 'copy':
      return add(root, path, read(root, pointer(operation.from)));
    case 'test': {
      const wanted = Object.hasOwn(operation, 'value') ? operation.value : null;
      let found: unknown;
      try {
        found = read(root, path);
      } catch (error) {
        if (wanted === null) return;
        throw error;
      }
      if (!equalJson(found, wanted)) throw new JsonPatchError('test failed');
      return;
    }
    default:
      throw new JsonPatchError(`Unexpected kind: ${String(operation.op)}`);
  }
}

function valueOf(operation: JsonPatchOperation): unknown {
  return Object.hasOwn(operation, 'value') ? operation.value : null;
}

/** The names of a JSON pointer (RFC 6901), below the root's one name ''. */
function pointer(path: unknown): string[] {
  if (typeof path !== 'string') throw new JsonPatchError('path is missing');
  if (path === '') return [''];
  return [
    '',
    ...path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
  ];
}

function child(container: unknown, name: string): unknown {
  if (Array.isArray(container)) return container[index(name, container.length - 1)];
  if (isObject(container) && Object.hasOwn(container, name)) return container[name];
  throw new JsonPatchError(`${name} is missing`);
}

function read(root: unknown, path: readonly string[]): unknown {
  let value: unknown = root;
  for (const name of path) value = child(value, name);
  return value;
}

function locate(root: unknown, path: readonly string[]): { parent: unknown[] | Record<string, unknown>; last: string } {
  const parent = read(root, path.slice(0, -1));
  if (!Array.isArray(parent) && !isObject(parent)) throw new JsonPatchError('the parent is no container');
  return { parent, last: path.at(-1) as string };
}

function add(root: unknown, path: readonly string[], value: unknown): void {
  const { parent, last } = locate(root, path);
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : index(last, parent.length), 0, copyJson(value));
  else setOwn(parent, last, copyJson(value));
}

function remove(root: unknown, path: readonly string[]): unknown {
  const { parent, last } = locate(root, path);
  const value = child(parent, last);
  if (Array.isArray(parent)) parent.splice(index(last, parent.length - 1), 1);
  else delete parent[last];
  return value;
}

/** An index from 0 to `maximum`, as Go's strconv.Atoi reads it; -1 is `maximum`. */
function index(text: string, maximum: number): number {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  const at = number < 0 ? maximum + 1 + number : number;
  if (!(at >= 0 && at <= maximum)) throw new JsonPatchError(`the index ${text} is out of bounds`);
  return at + 0;
}
