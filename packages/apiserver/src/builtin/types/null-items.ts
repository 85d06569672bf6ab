import { getOwn, isObject, type Schema } from '@kubecast/crd';
import { namedUse, typeSchema } from './builtin-types.ts';

const schemas = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/**
 * What Go's decoder makes of null items in the lists of a built-in kind: the empty value of their type, `{}`, `''`, `0` or `false`. Changes `object`,
 * and nothing in lists whose items may be anything.
 */
export function decodeNullItems(schema: Schema, object: unknown): void {
  const type = schemaIn(schema, object);
  if (Array.isArray(object)) {
    const { items } = type;
    if (items === undefined) return;
    for (let at = 0; at < object.length; at++) {
      if (object[at] === null) object[at] = emptyOf(items);
      decodeNullItems(items, object[at]);
    }
    return;
  }
  if (!isObject(object)) return;
  const others = isObject(type.additionalProperties) ? (type.additionalProperties as Schema) : undefined;
  for (const [name, value] of Object.entries(object)) {
    const property = getOwn(type.properties, name) ?? others;
    if (property !== undefined) decodeNullItems(property, value);
  }
}

function emptyOf({ type }: Schema): unknown {
  return type === 'object' ? {} : (empty.get(String(type)) ?? null);
}

const empty: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['string', ''],
  ['integer', 0],
  ['number', 0],
  ['boolean', false],
]);

/** Where a field of a CRD's schema holds a schema, or something else, what is there decides. */
function schemaIn(schema: Schema, value: unknown): Schema {
  const name = namedUse(schema)?.name;
  if (name?.startsWith(`${schemas}.JSONSchemaPropsOr`) !== true) return schema;
  const props = typeSchema(`${schemas}.JSONSchemaProps`);
  if (isObject(value)) return props;
  return Array.isArray(value) && name.endsWith('OrArray') ? { type: 'array', items: props } : schema;
}
