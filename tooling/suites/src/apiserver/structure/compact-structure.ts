import type { Json } from '../target.ts';

/** Each type by its name, as its fields in one word each: `name! string`, `ports map(port,protocol)[ServicePort] merge:port`. */
export type Structure = Readonly<Record<string, readonly string[]>>;

const prefix = '#/components/schemas/';

/** The structure of these kinds in an OpenAPI v3 document, and of all that they refer to. Descriptions are left out, and defaults. */
export function compactStructure(document: Json, kinds: readonly string[]): Structure {
  const schemas = document['components']?.['schemas'] ?? {};
  const out: Record<string, readonly string[]> = {};
  const names = new Set(
    Object.keys(schemas).filter((name) => {
      const about = schemas[name]?.['x-kubernetes-group-version-kind'] as unknown as readonly { kind: string }[] | undefined;
      return about?.length === 1 && kinds.includes(about[0]?.kind ?? '');
    }),
  );
  for (const name of names) {
    const schema = schemas[name] ?? {};
    const required = (schema['required'] ?? []) as unknown as readonly string[];
    const fields = Object.entries(schema['properties'] ?? {}).map(
      ([field, one]) => `${field}${required.includes(field) ? '!' : ''} ${typeText(one, names)}`,
    );
    const form = typeText(schema, names);
    out[name] = fields.length === 0 ? [form] : [...(form === 'object' ? [] : [form]), ...fields.sort()];
  }
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One type in a word; the names of the types that it refers to go into `names`. */
function typeText(schema: Json, names: Set<string>): string {
  const all = schema['allOf'] as unknown as readonly Json[] | undefined;
  const to = (schema['$ref'] ?? all?.[0]?.['$ref']) as unknown as string | undefined;
  const name = to?.slice(prefix.length);
  if (name !== undefined) names.add(name);
  const parts = [name === undefined ? ownText(schema, names) : name.slice(name.lastIndexOf('.') + 1)];
  const strategy = schema['x-kubernetes-patch-strategy'];
  if (strategy !== undefined) parts.push(`${String(strategy)}:${String(schema['x-kubernetes-patch-merge-key'] ?? '')}`);
  if (schema['x-kubernetes-map-type'] !== undefined) parts.push(String(schema['x-kubernetes-map-type']));
  return parts.join(' ');
}

function ownText(schema: Json, names: Set<string>): string {
  const type = schema['type'] as unknown as string | undefined;
  if (type === 'array') {
    const keys = schema['x-kubernetes-list-map-keys'] as unknown as readonly string[] | undefined;
    const form = schema['x-kubernetes-list-type'] ?? '';
    return `${String(form)}${keys === undefined ? '' : `(${keys.join()})`}[${typeText(schema['items'] ?? {}, names)}]`;
  }
  if (type === 'object' && schema['additionalProperties'] !== undefined) return `{${typeText(schema['additionalProperties'], names)}}`;
  const one = (schema['oneOf'] ?? []) as unknown as readonly { type: string }[];
  const allowed = schema['enum'] as unknown as readonly string[] | undefined;
  return [
    type ?? (one.length === 0 ? 'any' : one.map((form) => form.type).join('|')),
    ...(schema['format'] === undefined ? [] : [String(schema['format'])]),
    ...(allowed === undefined ? [] : [JSON.stringify(allowed)]),
  ].join(' ');
}

/** What may be asked at each path, in one word for each operation: its name, parameters, bodies and answers. */
export function compactPaths(document: Json): Structure {
  const names = (list: Json | undefined): string =>
    ((list ?? []) as unknown as readonly { name: string }[])
      .map((one) => one.name)
      .sort()
      .join();
  const content = (holder: Json | undefined): string => {
    const types = Object.entries(holder?.['content'] ?? {});
    return types.map(([type, one]) => `${type}=${String(one['schema']?.['$ref']).slice(prefix.length)}`).join();
  };
  return Object.fromEntries(
    Object.entries(document['paths'] ?? {}).map(([path, operations]) => [
      path,
      Object.entries(operations)
        .map(([verb, one]) =>
          verb === 'parameters'
            ? `parameters ${names(one)}`
            : [
                verb,
                String(one['operationId']),
                `(${names(one['parameters'])})`,
                content(one['requestBody']),
                ...Object.entries(one['responses'] ?? {}).map(([code, answer]) => `${code}:${content(answer)}`),
                String(one['x-kubernetes-action']),
                JSON.stringify(one['tags']),
                Object.entries(one['x-kubernetes-group-version-kind'] ?? {})
                  .map(([name, value]) => `${name}=${String(value)}`)
                  .sort()
                  .join(),
              ].join(' '),
        )
        .sort(),
    ]),
  );
}
