import { DefinitionError } from '../errors.ts';
import type { ApplyField, Field, FieldMode, InferField } from './field.ts';
import type { KubernetesObject, ObjectMeta } from '../schema/object-meta.ts';
import { labelProblems, subdomainProblems } from '../schema/object-names.ts';
import type { ResourceType } from '../schema/resource-type.ts';
import type { Schema, ValidationRule } from '../schema/schema.ts';
import { structuralErrors } from '../validation/structural-errors.ts';

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'integer' | 'number' | 'string' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  readonly format?: string;
  readonly priority?: number;
}

export interface DefinitionOptions<Spec, Status> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  /** Default: the kind with `List` at its end. */
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly description?: string;
  readonly spec: Spec;
  readonly status?: Status;
  /** Rules in CEL about the whole object; of metadata they see the name and generateName. */
  readonly rules?: readonly ValidationRule[];
  /** Whether status is a subresource of its own. Default: whether there is a status. */
  readonly statusSubresource?: boolean;
  readonly columns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly string[];
}

/** A custom resource, defined once: its type, its place on the API server, its schema. */
export interface ResourceDefinition<T = unknown, A = unknown> extends ResourceType<T> {
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** The schema of the whole object, as the manifest carries it. */
  readonly schema: Schema;
  readonly statusSubresource: boolean;
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields: readonly string[];
  /** Never set; carries the type that server-side apply takes. */
  readonly applyType?: A;
}

type AnyField = Field<unknown, unknown>;
type Part<Name extends string, F> =
  F extends Field<unknown, unknown, infer Mode extends FieldMode>
    ? Mode extends 'required'
      ? { [K in Name]: InferField<F> }
      : { [K in Name]?: InferField<F> }
    : unknown;
type ApplyPart<Name extends string, F> = F extends AnyField ? { [K in Name]?: ApplyField<F> } : unknown;
type Flat<T> = { [K in keyof T]: T[K] };

export type ObjectOf<Spec, Status> = Flat<
  KubernetesObject & Part<'spec', Spec> & Part<'status', Status extends Field<infer T, infer A> ? Field<T, A, 'optional'> : undefined>
>;

/** What server-side apply of a resource takes: everything may be left out but its identity. */
export type ApplyOf<Spec, Status> = Flat<
  { apiVersion: string; kind: string; metadata: ObjectMeta & { name: string } } & ApplyPart<'spec', Spec> & ApplyPart<'status', Status>
>;

/** The type of a definition's objects. */
export type Infer<D> = D extends ResourceType<infer T> ? T : never;
/** The type that server-side apply of a definition's objects takes. */
export type InferApply<D> = D extends ResourceDefinition<unknown, infer A> ? A : never;

/**
 * Defines a custom resource once. Everything else comes from the definition: `Infer` and `InferApply` (types), `toManifest` (the
 * CustomResourceDefinition), `checkObject` (validation before a write), `schema` for pruning and defaulting.
 * Throws DefinitionError for what no API server accepts: bad names, a schema that is not structural.
 */
export function defineResource<Spec extends AnyField, Status extends AnyField | undefined = undefined>(
  options: DefinitionOptions<Spec, Status>,
): ResourceDefinition<ObjectOf<Spec, Status>, ApplyOf<Spec, Status>> {
  const { group, version, kind, plural, scope } = options;
  const subject = `${kind}.${group}`;
  const bad = [
    ...(group.includes('.') ? subdomainProblems(group) : ['must be a domain with at least one dot']).map(
      (problem) => `group ${JSON.stringify(group)} ${problem}`,
    ),
    ...[
      ['version', version],
      ['plural', plural],
      ['kind', kind.toLowerCase()],
    ].flatMap(([what = '', name = '']) => labelProblems(name).map((problem) => `${what} ${JSON.stringify(name)}: ${problem}`)),
  ];
  const schema: Schema = {
    type: 'object',
    ...(options.description === undefined ? {} : { description: options.description }),
    properties: { spec: options.spec.schema, ...(options.status === undefined ? {} : { status: options.status.schema }) },
    ...(options.spec.mode === 'required' ? { required: ['spec'] } : {}),
    ...(options.rules === undefined ? {} : { 'x-kubernetes-validations': options.rules }),
  };
  bad.push(...structuralErrors(schema, 'schema').map((error) => `${error.field}: ${error.message}`));
  if (bad.length > 0) throw new DefinitionError(`the definition of ${subject} cannot be served: ${bad.join('; ')}`);
  return {
    group,
    version,
    kind,
    plural,
    scope,
    schema,
    singular: options.singular ?? kind.toLowerCase(),
    listKind: options.listKind ?? `${kind}List`,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    statusSubresource: options.statusSubresource ?? options.status !== undefined,
    columns: options.columns ?? [],
    selectableFields: options.selectableFields ?? [],
  };
}
