import { DefinitionError } from '../errors.ts';
import { setOwn, type JsonObject } from '../schema/own-property.ts';
import type { Schema, ValidationRule } from '../schema/schema.ts';

/**
 * One field of a definition: its schema, and by its types what a reader gets (`T`) and what server-side apply may send (`A`:
 * everything may be left out but the keys of list-maps).
 */
export interface Field<T, A = T, Mode extends FieldMode = FieldMode> {
  readonly schema: Schema;
  readonly mode: Mode;
  /** Never set; carry the types. */
  readonly type?: T;
  readonly applyType?: A;
}

/** 'required' must be written; 'defaulted' may be left out and is always read; 'optional' may be absent. */
export type FieldMode = 'required' | 'optional' | 'defaulted';

export type Shape = Readonly<Record<string, Field<unknown, unknown>>>;

export type InferField<F> = F extends Field<infer T, unknown> ? T : never;
export type ApplyField<F> = F extends { readonly applyType?: infer A } ? Exclude<A, undefined> : never;

type NamesOf<S extends Shape, Mode extends FieldMode> = { [K in keyof S]: S[K] extends { readonly mode: Mode } ? K : never }[keyof S];
type Flat<T> = { [K in keyof T]: T[K] };
export type InferShape<S extends Shape> = Flat<
  { -readonly [K in NamesOf<S, 'required' | 'defaulted'>]: InferField<S[K]> } & {
    -readonly [K in NamesOf<S, 'optional'>]?: InferField<S[K]>;
  }
>;
export type ApplyShape<S extends Shape> = { -readonly [K in keyof S]?: ApplyField<S[K]> };

interface Described {
  readonly description?: string;
}

export interface StringOptions<E extends string = string> extends Described {
  readonly enum?: readonly E[];
  readonly pattern?: string;
  readonly format?: string;
  /** Characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
}

export interface NumberOptions extends Described {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly format?: string;
}

export interface ArrayOptions extends Described {
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface ObjectOptions extends Described {
  /** Keeps fields that the definition does not name (x-kubernetes-preserve-unknown-fields). */
  readonly preserveUnknown?: boolean;
  /** The object is written as a whole by server-side apply (x-kubernetes-map-type: atomic). */
  readonly atomic?: boolean;
  /** Rules in CEL; evaluated by the API server, and by `@kubecast/crd/cel`. */
  readonly rules?: readonly ValidationRule[];
}

export interface MapOptions extends Described {
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

type Required<T, A = T> = Field<T, A, 'required'>;

function field<T, A = T>(schema: Schema): Required<T, A> {
  return { schema, mode: 'required' };
}

export function string<const E extends string = string>(options: StringOptions<E> = {}): Field<E, E, 'required'> {
  return field<E>({ type: 'string', ...options });
}

export function integer(options: NumberOptions = {}): Field<number, number, 'required'> {
  return field<number>({ type: 'integer', ...options });
}

export function number(options: NumberOptions = {}): Field<number, number, 'required'> {
  return field<number>({ type: 'number', ...options });
}

export function boolean(options: Described = {}): Field<boolean, boolean, 'required'> {
  return field<boolean>({ type: 'boolean', ...options });
}

/** An integer or a string, as ports and quantities are (x-kubernetes-int-or-string). */
export function intOrString(options: Described & { readonly pattern?: string } = {}): Field<number | string, number | string, 'required'> {
  return field<number | string>({ 'x-kubernetes-int-or-string': true, ...options });
}

/** Any JSON value, kept as it is. */
export function unknown(options: Described = {}): Field<unknown, unknown, 'required'> {
  return field<unknown>({ 'x-kubernetes-preserve-unknown-fields': true, ...options });
}

/** A list that is written as a whole (x-kubernetes-list-type left at its default, atomic). */
export function array<T, A, M extends FieldMode>(items: Field<T, A, M>, options: ArrayOptions = {}): Field<T[], T[], 'required'> {
  return field<T[]>({ type: 'array', items: items.schema, ...options });
}

/** A list of distinct scalars; server-side apply merges it by value. */
export function set<T extends string | number | boolean, A, M extends FieldMode>(
  items: Field<T, A, M>,
  options: ArrayOptions = {},
): Field<T[], T[], 'required'> {
  return field<T[]>({ type: 'array', items: items.schema, 'x-kubernetes-list-type': 'set', ...options });
}

/** A list of objects that server-side apply merges by the keys, which must be required or have a default. */
export function listMap<T extends object, A extends object, M extends FieldMode, const K extends keyof T & string>(
  items: Field<T, A, M>,
  options: ArrayOptions & { readonly keys: readonly K[] },
): Field<T[], (A & Pick<T, K>)[], 'required'> {
  const { keys, ...rest } = options;
  if (keys.length === 0) throw new DefinitionError('listMap: keys must name at least one field of its items');
  for (const key of keys) {
    const property = items.schema.properties?.[key];
    if (property === undefined || (property.default === undefined && items.schema.required?.includes(key) !== true)) {
      throw new DefinitionError(`listMap: the key ${JSON.stringify(key)} must be a field of the items, required or with a default`);
    }
  }
  return field<T[], (A & Pick<T, K>)[]>({
    type: 'array',
    items: items.schema,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    ...rest,
  });
}

/** An object with free names. */
export function map<T, A, M extends FieldMode>(
  values: Field<T, A, M>,
  options: MapOptions = {},
): Field<Record<string, T>, Record<string, A>, 'required'> {
  return field<Record<string, T>, Record<string, A>>({ type: 'object', additionalProperties: values.schema, ...options });
}

/** An object with named fields, in the order given. A field is required unless `optional` or `withDefault` says otherwise. */
export function object<const S extends Shape>(shape: S, options: ObjectOptions = {}): Field<InferShape<S>, ApplyShape<S>, 'required'> {
  const { preserveUnknown, atomic, rules, ...rest } = options;
  const properties: JsonObject = {};
  const required: string[] = [];
  for (const [name, child] of Object.entries(shape)) {
    setOwn(properties, name, child.schema);
    if (child.mode === 'required') required.push(name);
  }
  return field<InferShape<S>, ApplyShape<S>>({
    type: 'object',
    properties: properties as Record<string, Schema>,
    ...(required.length > 0 ? { required } : {}),
    ...(preserveUnknown === true ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    ...(atomic === true ? { 'x-kubernetes-map-type': 'atomic' as const } : {}),
    ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
    ...rest,
  });
}

/** A whole Kubernetes object inside of another; its apiVersion, kind and metadata are kept, and so is all else in it. */
export function embeddedResource(
  options: Described = {},
): Field<
  { apiVersion: string; kind: string; [name: string]: unknown },
  { apiVersion: string; kind: string; [name: string]: unknown },
  'required'
> {
  return field({ type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true, ...options });
}

export function optional<T, A>(inner: Field<T, A>): Field<T, A, 'optional'> {
  return { schema: inner.schema, mode: 'optional' };
}

export function nullable<T, A, M extends FieldMode>(inner: Field<T, A, M>): Field<T | null, A | null, M> {
  return { schema: { ...inner.schema, nullable: true }, mode: inner.mode };
}

/** May be left out on a write; the API server fills the value in, on reads of older objects too. */
export function withDefault<T, A>(inner: Field<T, A>, value: NoInfer<T>): Field<T, A, 'defaulted'> {
  return { schema: { ...inner.schema, default: value }, mode: 'defaulted' };
}

/** The field with additional rules in CEL: each must be true, with `self` as the field's value. Existing rules are kept. */
export function withRules<T, A, M extends FieldMode>(inner: Field<T, A, M>, ...rules: readonly ValidationRule[]): Field<T, A, M> {
  const known = inner.schema['x-kubernetes-validations'] ?? [];
  return { schema: { ...inner.schema, 'x-kubernetes-validations': [...known, ...rules] }, mode: inner.mode };
}
