import type { Environment } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { getOwn, isObject } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';
import { equalValues } from './library/equal-values.ts';

/** The type that a rule sees at one place of a schema, and how JSON there becomes a value of it. */
export interface ValueType {
  /** As the library names it. */
  readonly name: string;
  convert(value: unknown): unknown;
}

const reserved = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if'],
  ...['import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
]);

/** The escaped name of a field in rules; undefined for a name that cannot be escaped. */
export function escapedName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/u.test(name)) return undefined;
  return name.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}

/** What an object of named fields is to the library: it tells types by constructors, so each place has its own. */
class Fields extends Map<string, unknown> {}

const wholeMeta: Schema = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
  },
};

/** The types of one schema's places, known to one environment. */
export class SchemaTypes {
  readonly #env: Environment;
  readonly #known = new Map<Schema, ValueType | undefined>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Undefined where the schema does not say what a value is: rules cannot look there. `whole`: the object has identity and metadata. */
  of(schema: Schema, whole = false): ValueType | undefined {
    if (!whole && this.#known.has(schema)) return this.#known.get(schema);
    const type = this.#make(schema, whole || schema['x-kubernetes-embedded-resource'] === true);
    if (!whole) this.#known.set(schema, type);
    return type;
  }

  #make(schema: Schema, whole: boolean): ValueType | undefined {
    if (schema['x-kubernetes-int-or-string'] === true)
      return { name: 'dyn', convert: (value) => (typeof value === 'number' ? toInt(value) : value) };
    switch (schema.type) {
      case 'string':
        return textType(schema.format);
      case 'integer':
        return { name: 'int', convert: (value) => (typeof value === 'number' ? toInt(value) : value) };
      case 'number':
        return { name: 'double', convert: (value) => value };
      case 'boolean':
        return { name: 'bool', convert: (value) => value };
      case 'array': {
        const items = schema.items === undefined ? undefined : this.of(schema.items);
        if (items === undefined) return undefined;
        return {
          name: `list<${items.name}>`,
          convert: (value) => (Array.isArray(value) ? value.map((item) => (item === null ? null : items.convert(item))) : value),
        };
      }
      case 'object':
        return typeof schema.additionalProperties === 'object' ? this.#mapOf(schema.additionalProperties) : this.#fieldsOf(schema, whole);
      case undefined:
      default:
        return whole ? this.#fieldsOf(schema, whole) : undefined;
    }
  }

  #mapOf(values: Schema): ValueType | undefined {
    const type = this.of(values);
    if (type === undefined) return undefined;
    return {
      name: `map<string, ${type.name}>`,
      convert: (value) =>
        isObject(value) ? new Map(Object.keys(value).map((key) => [key, value[key] === null ? null : type.convert(value[key])])) : value,
    };
  }

  #fieldsOf(schema: Schema, whole: boolean): ValueType {
    const name = `object${this.#types++}`;
    // One class for each type: the library tells a value's type by it.
    const Own = class extends Fields {};
    const fields: Record<string, string> = Object.create(null) as Record<string, string>;
    const known: { readonly name: string; readonly escaped: string; readonly type: ValueType }[] = [];
    const add = (properties: Schema['properties'], own: boolean): void => {
      for (const property of Object.keys(properties ?? {})) {
        if (own && whole && getOwn(wholeMeta.properties, property) !== undefined) continue;
        const escaped = escapedName(property);
        const type = this.of(getOwn(properties, property) as Schema);
        if (escaped === undefined || escaped === '__proto__' || type === undefined) continue;
        fields[escaped] = type.name;
        known.push({ name: property, escaped, type });
      }
    };
    if (whole) add(wholeMeta.properties, false);
    add(schema.properties, true);
    this.#env.registerType(name, { ctor: Own, fields });
    this.#env.registerOperator(`${name} == ${name}`, equalValues);
    return {
      name,
      convert(value) {
        if (!isObject(value)) return value;
        const converted = new Own();
        for (const field of known) {
          const inner = getOwn(value, field.name);
          // Rules see a null field as absent.
          if (inner !== undefined && inner !== null) converted.set(field.escaped, field.type.convert(inner));
        }
        return converted;
      },
    };
  }

  #types = 0;
}

function toInt(value: number): unknown {
  return Number.isInteger(value) ? BigInt(value) : value;
}

function textType(format: string | undefined): ValueType {
  const to = (name: string, read: (text: string) => unknown): ValueType => ({
    name,
    convert: (value) => (typeof value === 'string' ? read(value) : value),
  });
  switch (format) {
    case 'byte':
      return to('bytes', (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
    case 'date':
      return to('google.protobuf.Timestamp', (text) => new Date(`${text}T00:00:00Z`));
    case 'date-time':
      // The format accepts small letters, but the server cannot parse such a time: a rule that uses it fails.
      return to('google.protobuf.Timestamp', (text) => (/[tz]/u.test(text) ? text : new Date(text)));
    case 'duration':
      return to('google.protobuf.Duration', readDuration);
    case undefined:
    default:
      return { name: 'string', convert: (value) => value };
  }
}

const units = new Map<string, bigint>([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** A Go duration; other texts that the format accepts cannot be used in rules. */
function readDuration(text: string): unknown {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/u.exec(text);
  if (match === null || text.length > 60) return text;
  let nanos = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] as string).matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/gu)) {
    const size = units.get(unit) ?? 0n;
    nanos += BigInt(whole === '' ? 0 : whole) * size;
    if (fraction !== '') nanos += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  if (match[1] === '-') nanos = -nanos;
  return new Duration(nanos / 1_000_000_000n, Number(nanos % 1_000_000_000n));
}
