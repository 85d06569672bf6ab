import { objectMetaSchema } from '../schema/object-meta-schema.ts';
import { isObject } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';

/** True: the value surely fits. False: it may or may not, and the full check says. */
type Fits = (value: unknown) => boolean;

const compiled = new WeakMap<Schema, Fits>();
const never: Fits = () => false;

/** Parts of a schema that the quick check does not know: whoever has one of them is left to the full check. */
const SLOW = [
  'pattern',
  'enum',
  'minLength',
  'maxLength',
  'multipleOf',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'default',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
] as const;

/**
 * Whether a value surely fits a schema, told without making anything: most objects do, and to know it must cost less than to copy them. Only the
 * plain parts of a schema are known here (types, required fields, properties, items, limits of numbers and lists); a null, a default that would
 * be filled in, or anything else makes it say no.
 */
export function surelyFits(schema: Schema, value: unknown): boolean {
  let fits = compiled.get(schema);
  if (fits === undefined) compiled.set(schema, (fits = compile(schema)));
  return fits(value);
}

function compile(schema: Schema): Fits {
  if (SLOW.some((part) => schema[part] !== undefined)) return never;
  switch (schema.type) {
    case 'string':
      return schema.format === undefined ? (value) => typeof value === 'string' : never;
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'integer':
    case 'number':
      return compileNumber(schema);
    case 'array':
      return compileArray(schema);
    case 'object':
      return compileObject(schema);
    case undefined:
    default:
      return never;
  }
}

function compileNumber({ type, format, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): Fits {
  // The full check compares with limits that are not plain integers in ways of its own, and exclusive limits are rare.
  if (exclusiveMinimum === true || exclusiveMaximum === true) return never;
  if ((minimum !== undefined && !Number.isSafeInteger(minimum)) || (maximum !== undefined && !Number.isSafeInteger(maximum))) return never;
  if (format !== undefined && (type === 'number' || (format !== 'int32' && format !== 'int64'))) return never;
  const least = Math.max(minimum ?? -Infinity, format === 'int32' ? -2147483648 : -Infinity);
  const most = Math.min(maximum ?? Infinity, format === 'int32' ? 2147483647 : Infinity);
  if (type === 'integer') return (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
  return (value) => typeof value === 'number' && value >= least && value <= most;
}

function compileArray(schema: Schema): Fits {
  const { items, minItems = 0, maxItems = Infinity } = schema;
  const list = schema['x-kubernetes-list-type'];
  // Duplicates are looked for by the full check.
  const unique = list === 'set' || list === 'map';
  const fits = items === undefined ? undefined : compile(items);
  return (value) => {
    if (!Array.isArray(value) || value.length < minItems || value.length > maxItems || (unique && value.length > 1)) return false;
    if (fits !== undefined) for (let i = 0; i < value.length; i += 1) if (!fits(value[i])) return false;
    return true;
  };
}

function compileObject({ properties = {}, required = [], additionalProperties }: Schema): Fits {
  const known = new Map(Object.entries(properties).map(([name, schema]) => [name, compile(schema)]));
  // A field that is absent and has a default would be there: the full check fills it in.
  const filled = Object.entries(properties).flatMap(([name, schema]) => (schema.default === undefined ? [] : [name]));
  const needed = [...new Set([...required, ...filled])];
  const others = typeof additionalProperties === 'object' ? compile(additionalProperties) : undefined;
  return (value) => {
    if (!isObject(value)) return false;
    for (const name of needed) if (!Object.hasOwn(value, name)) return false;
    for (const name in value) {
      if (!Object.hasOwn(value, name)) continue;
      const fits = known.get(name) ?? others;
      if (fits !== undefined && !fits(value[name])) return false;
    }
    return true;
  };
}

// Names as nearly all are; what is longer or otherwise is the full check's to judge.
const PLAIN_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/u;
const PLAIN_KEY = /^(?:[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/u;
const PLAIN_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/u;
const DOTS = /\.\.|\.-|-\./u;

/** The same for metadata: plain names and keys, no owners and no finalizers. */
export function metaSurelyFits(meta: unknown, namespaced: boolean): boolean {
  if (!isObject(meta) || !surelyFits(objectMetaSchema, meta)) return false;
  const { name, namespace, generateName, labels, annotations, ownerReferences, finalizers } = meta;
  if (generateName !== undefined || ownerReferences !== undefined || finalizers !== undefined) return false;
  if (!PLAIN_NAME.test(name as string) || (namespaced ? !PLAIN_NAME.test(namespace as string) : namespace !== undefined)) return false;
  for (const key in labels as Record<string, string> | undefined) {
    if (!PLAIN_KEY.test(key) || DOTS.test(key) || !PLAIN_VALUE.test((labels as Record<string, string>)[key] as string)) return false;
  }
  let size = 0;
  for (const key in annotations as Record<string, string> | undefined) {
    if (!PLAIN_KEY.test(key) || DOTS.test(key)) return false;
    // A UTF-16 unit has at most three bytes.
    size += (key.length + ((annotations as Record<string, string>)[key] as string).length) * 3;
  }
  return size <= 262_144;
}
