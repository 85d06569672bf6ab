import type { Schema } from '@kubecast/crd';
import { namedUse, typeSchema } from '../builtin/types/builtin-types.ts';
import { reference } from './schema-names.ts';

type Document = Record<string, unknown>;

/** Types whose schema in documents differs from the one that objects are validated with. */
const shown: ReadonlyMap<string, Document> = new Map<string, Document>([
  ['io.k8s.apimachinery.pkg.api.resource.Quantity', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
  ['io.k8s.apimachinery.pkg.util.intstr.IntOrString', { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }],
]);

/** The whole schema of a built-in kind; the names of the types that it refers to go into `types`. */
export function documentedKind(schema: Schema, types: Set<string>): Document {
  return expanded(schema, types);
}

/** The schemas of these types and of all that they refer to, by name. */
export function documentedTypes(names: Iterable<string>): Document {
  const types = new Set(names);
  const out: Document = {};
  // The set grows during the iteration.
  for (const name of types) out[name] = shown.get(name) ?? expanded(typeSchema(name), types);
  return out;
}

function documented(schema: Schema, types: Set<string>): Document {
  const use = namedUse(schema);
  if (use === undefined) return expanded(schema, types);
  types.add(use.name);
  const { description, patchStrategy } = use;
  if (description === undefined && patchStrategy === undefined) return reference(use.name);
  return {
    allOf: [reference(use.name)],
    ...(description === undefined ? {} : { description }),
    ...(patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': patchStrategy }),
  };
}

/** A schema as documents contain it, without what only concerns reading objects. */
function expanded(schema: Schema, types: Set<string>): Document {
  const out: Document = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'nullable' || key === 'x-kubernetes-preserve-unknown-fields') continue;
    if (key === 'properties')
      out[key] = Object.fromEntries(
        Object.entries(value as Record<string, Schema>).map(([name, child]) => [name, documented(child, types)]),
      );
    else if ((key === 'items' || key === 'additionalProperties') && typeof value === 'object')
      out[key] = documented(value as Schema, types);
    else out[key] = value;
  }
  return out;
}
