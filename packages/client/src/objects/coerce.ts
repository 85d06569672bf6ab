import type { Schema } from '@kubecast/crd';
import { shareExactTexts } from '@kubecast/exact-json';
import { jsonType, type Path } from './paths.ts';

/** One value that was read as another type. */
export interface Coercion {
  readonly path: Path;
  readonly from: string;
  readonly to: number | boolean;
}

/**
 * A copy of the value in which strings stand as the numbers and booleans that the schema asks for, where that loses nothing, and each
 * change. `"5"` becomes 5, `"true"` true; `"5.0"`, `"0x5"`, `" 5"`, `"yes"` and what a double cannot hold exactly stay what they are, for the
 * check to refuse. An int-or-string stays a string.
 */
export function coerce<T>(schema: Schema, value: T): { readonly value: T; readonly changes: readonly Coercion[] } {
  const changes: Coercion[] = [];
  const result = walk(schema, value, [], changes) as T;
  return { value: result, changes };
}

function walk(schema: Schema, value: unknown, path: Path, changes: Coercion[]): unknown {
  if (typeof value === 'string') {
    const read = schema['x-kubernetes-int-or-string'] === true ? undefined : readAs(schema.type, value);
    if (read === undefined) return value;
    changes.push({ path, from: value, to: read });
    return read;
  }
  if (Array.isArray(value))
    return schema.items === undefined
      ? value
      : shareExactTexts(
          value,
          value.map((item, index) => walk(schema.items as Schema, item, [...path, index], changes)),
        );
  if (jsonType(value) !== 'object') return value;
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value as object)) {
    const own = schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const of = own ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    const read = of === undefined ? item : walk(of, item, [...path, name], changes);
    Object.defineProperty(copy, name, { value: read, enumerable: true, configurable: true, writable: true });
  }
  return shareExactTexts(value as object, copy);
}

function readAs(type: Schema['type'], text: string): number | boolean | undefined {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (type !== 'integer' && type !== 'number') return undefined;
  // JSON's own form of a number, and only if writing it again gives the same text: nothing is rounded.
  if (!(type === 'integer' ? /^-?(0|[1-9]\d*)$/ : /^-?(0|[1-9]\d*)(\.\d+)?$/).test(text)) return undefined;
  const number = Number(text);
  // Beyond 2^53 a number does not tell which integer was meant, though it may be written alike.
  if (type === 'integer' && !Number.isSafeInteger(number)) return undefined;
  return String(number) === text ? number : undefined;
}
