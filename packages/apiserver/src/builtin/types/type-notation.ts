import type { Schema } from '@kubecast/crd';

/** A type as it was written. */
export interface TypeText {
  /** The Go package as OpenAPI names it: `io.k8s.api.core.v1`. */
  readonly packageName: string;
  readonly name: string;
  /** What stands behind the name on its line: `atomic`, `open`, `any`, or a type that it is another name of. */
  readonly head: string;
  readonly description: string | undefined;
  readonly lines: readonly string[];
}

/** A field of a type as it was written. */
export interface FieldText {
  readonly name: string;
  readonly required: boolean;
  readonly type: string;
  readonly description: string | undefined;
  /** What a list or an object says of its merging, where it is not what its form says: `merge,retainKeys:name`, `none`. */
  readonly patch: string | undefined;
  /** Null is a value of it that is shown: a list or a time that Go writes whether it is empty or not. */
  readonly nullable: boolean;
  readonly default: unknown;
}

/**
 * Reads types of the Go API, in the order of their fields. `@PACKAGE` begins a package, a line without indentation a type, an indented one a
 * field: `name! type words # description`, with `!` where it is required. Types are
 *
 * - `string int32 int64 bool double bytes time microTime quantity intOrString object any`, and `string:A|B` for one of these texts;
 * - `[T]` for a list that is replaced as a whole, `set[T]`, `map(a,b)[T]` for a list that merges by these keys, `plain[T]`;
 * - `{T}` for a map by the user's own names, `atomic{T}` for one that is owned as a whole;
 * - the name of another type: of its own package, else of any that has it.
 *
 * The words are `null`, `patch=STRATEGY:KEY` and `="DEFAULT"`.
 */
export function readTypes(text: string): TypeText[] {
  const types: TypeText[] = [];
  let packageName = '';
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) lines.push(line.slice(2));
    else if (line.startsWith('@')) packageName = line.slice(1);
    else if (line !== '') {
      const [first, description] = described(line);
      const space = first.indexOf(' ');
      const name = space < 0 ? first : first.slice(0, space);
      lines = [];
      types.push({ packageName, name, head: space < 0 ? '' : first.slice(space + 1), description, lines });
    }
  }
  return types;
}

export function readField(line: string): FieldText {
  const [first, description] = described(line);
  const [name = '', type = '', ...words] = first.split(' ');
  const required = name.endsWith('!');
  const patch = words.find((word) => word.startsWith('patch='))?.slice('patch='.length);
  const value = words.find((word) => word.startsWith('='))?.slice(1);
  return {
    name: required ? name.slice(0, -1) : name,
    required,
    type,
    description,
    patch,
    nullable: words.includes('null'),
    default: value === undefined ? undefined : JSON.parse(value),
  };
}

function described(line: string): [string, string | undefined] {
  const mark = line.indexOf(' # ');
  return mark < 0 ? [line, undefined] : [line.slice(0, mark), line.slice(mark + 3)];
}

const list = /^(|set|plain|map\(([\w,]+)\))\[(.+)\]$/;
const map = /^(|atomic|granular)\{(.+)\}$/;

/** The schema of a type as a field names it; `named` gives those of other types. */
export function schemaOfText(type: string, named: (name: string) => Schema): Schema {
  const asList = list.exec(type);
  if (asList !== null) {
    const [, form = '', keys, item = ''] = asList;
    const items = schemaOfText(item, named);
    if (form === 'plain') return { type: 'array', items };
    if (keys === undefined) return { type: 'array', items, 'x-kubernetes-list-type': form === 'set' ? 'set' : 'atomic' };
    const names = keys.split(',');
    return {
      type: 'array',
      items,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': names,
      'x-kubernetes-patch-merge-key': names[0] as string,
      'x-kubernetes-patch-strategy': 'merge',
    };
  }
  const asMap = map.exec(type);
  if (asMap !== null) {
    const schema: Schema = { type: 'object', additionalProperties: schemaOfText(asMap[2] as string, named) };
    return asMap[1] === '' ? schema : { ...schema, 'x-kubernetes-map-type': asMap[1] as 'atomic' | 'granular' };
  }
  if (type.startsWith('string:')) return { type: 'string', enum: type.slice('string:'.length).split('|') };
  return scalars.get(type) ?? named(type);
}

const scalars: ReadonlyMap<string, Schema> = new Map<string, Schema>([
  ['string', { type: 'string' }],
  ['int32', { type: 'integer', format: 'int32' }],
  ['int64', { type: 'integer', format: 'int64' }],
  ['double', { type: 'number', format: 'double' }],
  ['bool', { type: 'boolean' }],
  ['bytes', { type: 'string', format: 'byte' }],
  ['object', { type: 'object' }],
]);
