import { ageOf } from '../table/age.ts';
import type { BuiltinBehaviour, Column, KubeObject, ServedResource, Verb } from '../served-resource.ts';
import { textOf } from '../status/text-of.ts';
import { builtinKindSchema } from './types/builtin-types.ts';

const verbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export interface BuiltinOptions {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly withoutCollectionDelete?: boolean;
  /** The name of its type in OpenAPI documents: `io.k8s.api.core.v1.Pod`. */
  readonly type: string;
  readonly columns: readonly Column[];
  /** `group/version/Kind` of what is stored, where that is another kind. */
  readonly storage?: string;
  readonly status?: boolean;
  readonly scale?: NonNullable<ServedResource['subresources']['scale']>;
  readonly generation?: boolean;
  readonly deprecationWarning?: string;
  readonly behaviour?: Partial<BuiltinBehaviour>;
}

/** A built-in kind with the behaviour that most share: answers of a DELETE are a Status, PUT needs a version and an object that exists. */
export function builtinResource(options: BuiltinOptions): ServedResource {
  const { group = '', version = 'v1', kind } = options;
  return {
    group,
    version,
    kind,
    plural: options.plural,
    scope: options.scope ?? 'Namespaced',
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    verbs: options.withoutCollectionDelete === true ? verbs.filter((verb) => verb !== 'deletecollection') : verbs,
    // Built on first use, so that the server starts fast.
    get schema() {
      return builtinKindSchema(options.type);
    },
    columns: options.columns,
    subresources: {
      ...(options.status === true ? { status: true } : {}),
      ...(options.scale === undefined ? {} : { scale: options.scale }),
    },
    generation: options.generation === true,
    selectableFields: [],
    storage: options.storage ?? `${group === '' ? '' : `${group}/`}${version}/${kind}`,
    ...(options.deprecationWarning === undefined ? {} : { deprecationWarning: options.deprecationWarning }),
    builtin: { deleteAnswer: 'status', putCreates: false, unconditionalPut: true, ...options.behaviour },
  };
}

const metadataOf = (object: KubeObject): Record<string, unknown> => object['metadata'] as Record<string, unknown>;

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  cell: (object) => metadataOf(object)['name'] ?? '',
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
  cell: (object, now) => ageOf(metadataOf(object)['creationTimestamp'], now),
};

/** A column of text. */
export function column(name: string, cell: (object: KubeObject, now: number) => unknown, priority = 0, type = 'string'): Column {
  return { name, type, description: '', priority, cell };
}

/** Follows names into an object; undefined where one is missing. */
export function at(object: unknown, ...names: readonly (string | number)[]): unknown {
  let value = object;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string | number, unknown>)[name];
  }
  return value;
}

export function listAt(object: unknown, ...names: readonly (string | number)[]): readonly KubeObject[] {
  const value = at(object, ...names);
  return Array.isArray(value) ? (value as KubeObject[]) : [];
}

export function textAt(object: unknown, ...names: readonly (string | number)[]): string {
  return textOf(at(object, ...names));
}
