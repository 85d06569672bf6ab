import { setOwn, type Schema } from '@kubecast/crd';
import { coreTypes } from './core-types.ts';
import { crdTypes } from './crd-types.ts';
import { groupTypes } from './group-types.ts';
import { podTypes } from './pod-types.ts';
import { readField, readTypes, schemaOfText, type FieldText, type TypeText } from './type-notation.ts';
import { volumeTypes } from './volume-types.ts';

type Open = { -readonly [Name in keyof Schema]: Schema[Name] };

/** Where a schema is the use of a named type: its name, and what the field says beside it. */
export interface NamedUse {
  readonly name: string;
  readonly description?: string;
  readonly patchStrategy?: string;
}

const uses = new WeakMap<Schema, NamedUse>();

/** The type that a schema is the use of; undefined: it stands for itself. Documents refer to types by their names. */
export function namedUse(schema: Schema): NamedUse | undefined {
  return uses.get(schema);
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Types whose Go code reads and writes them in a form of their own. */
const special: ReadonlyMap<string, readonly [string, Schema]> = new Map<string, readonly [string, Schema]>([
  ['time', [`${meta}.Time`, { type: 'string', format: 'date-time' }]],
  ['microTime', [`${meta}.MicroTime`, { type: 'string', format: 'date-time' }]],
  // A number or a text; numbers may have a fraction.
  ['quantity', ['io.k8s.apimachinery.pkg.api.resource.Quantity', { 'x-kubernetes-preserve-unknown-fields': true }]],
  ['intOrString', ['io.k8s.apimachinery.pkg.util.intstr.IntOrString', { 'x-kubernetes-int-or-string': true }]],
]);

/** The types of the kinds that are served, made into schemas as they are asked for. */
class TypeTable {
  readonly #texts = new Map<string, TypeText>();
  readonly #places = new Map<string, string>();
  readonly #schemas = new Map<string, Schema>();

  constructor(texts: readonly string[]) {
    for (const text of texts)
      for (const type of readTypes(text)) {
        const full = `${type.packageName}.${type.name}`;
        this.#texts.set(full, type);
        if (!this.#places.has(type.name)) this.#places.set(type.name, full);
      }
    for (const [name, [full, schema]] of special) {
      this.#schemas.set(full, schema);
      this.#places.set(name, full);
      uses.set(schema, { name: full });
    }
  }

  schema(full: string): Schema {
    const known = this.#schemas.get(full);
    if (known !== undefined) return known;
    const type = this.#texts.get(full);
    if (type === undefined) throw new Error(`there is no built-in type ${full}`);
    const { head, description, packageName } = type;
    const named = (name: string): Schema => this.#named(packageName, name);
    const about = description === undefined ? {} : { description };
    if (head === 'any' || head === 'open') {
      const schema: Schema = { ...(head === 'open' ? { type: 'object' } : {}), ...about, 'x-kubernetes-preserve-unknown-fields': true };
      return this.#keep(full, schema);
    }
    // Another name of a simple type, which documents do not know.
    if (head !== '' && head !== 'atomic') {
      const schema = schemaOfText(head, named);
      this.#schemas.set(full, schema);
      return schema;
    }
    const properties: Record<string, Schema> = {};
    const fields = type.lines.map(readField);
    const required = fields.filter((field) => field.required).map((field) => field.name);
    const schema: Open = { type: 'object', ...about, properties };
    if (required.length > 0) schema.required = required;
    if (head === 'atomic') schema['x-kubernetes-map-type'] = 'atomic';
    // Known before its fields are: a type may lead back to itself.
    this.#keep(full, schema);
    for (const field of fields) setOwn(properties, field.name, fieldSchema(field, schemaOfText(field.type, named)));
    return schema;
  }

  #named(packageName: string, name: string): Schema {
    const own = `${packageName}.${name}`;
    return this.schema(this.#texts.has(own) ? own : (this.#places.get(name) ?? own));
  }

  #keep(full: string, schema: Schema): Schema {
    this.#schemas.set(full, schema);
    uses.set(schema, { name: full });
    return schema;
  }
}

/** The schema of a field: its type's, with what the field says beside it. */
function fieldSchema(field: FieldText, type: Schema): Schema {
  const { description, patch, nullable } = field;
  if (description === undefined && patch === undefined && !nullable && field.default === undefined) return type;
  const schema: Open = { ...type };
  if (description !== undefined) schema.description = description;
  if (nullable) schema.nullable = true;
  if (field.default !== undefined) schema.default = field.default;
  if (patch === 'none') {
    delete schema['x-kubernetes-patch-strategy'];
    delete schema['x-kubernetes-patch-merge-key'];
  } else if (patch !== undefined) {
    const [strategy = '', key] = patch.split(':');
    schema['x-kubernetes-patch-strategy'] = strategy;
    if (key !== undefined) schema['x-kubernetes-patch-merge-key'] = key;
  }
  const use = uses.get(type);
  if (use !== undefined)
    uses.set(schema, {
      name: use.name,
      ...(description === undefined ? {} : { description }),
      ...(patch === undefined ? {} : { patchStrategy: schema['x-kubernetes-patch-strategy'] as string }),
    });
  return schema;
}

let table: TypeTable | undefined;

/** The complete structure of a built-in type, by its name in OpenAPI documents. Made when it is first asked for. */
export function typeSchema(name: string): Schema {
  table ??= new TypeTable([coreTypes, podTypes, volumeTypes, groupTypes, crdTypes]);
  return table.schema(name);
}

const kinds = new Map<string, Schema>();

/** The schema of a built-in kind's objects. What metadata holds is the same for every kind, and checked elsewhere. */
export function builtinKindSchema(name: string): Schema {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const type = typeSchema(name);
  const schema: Schema = {
    ...type,
    properties: { kind: { type: 'string' }, apiVersion: { type: 'string' }, ...type.properties, metadata: { type: 'object' } },
  };
  kinds.set(name, schema);
  return schema;
}
