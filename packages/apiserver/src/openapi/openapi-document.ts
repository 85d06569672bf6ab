import type { Schema } from '@kubecast/crd';
import { groupVersions } from '../discovery/index.ts';
import type { ServedResource } from '../served-resource.ts';
import { documentedKind, documentedTypes } from './built-in-schemas.ts';
import {
  apiVersionDescription,
  kindDescription,
  metadataDescription,
  metaSchemas,
  scaleName,
  scaleSchema,
  scaleTypes,
} from './meta-schemas.ts';
import { resourcePaths } from './resource-paths.ts';
import { described, metaPrefix, reference, schemaName } from './schema-names.ts';

type Document = Record<string, unknown>;

/** The keys of the index: `api/v1`, `apis/iidp.com/v1`, in the order of discovery. */
export function documentKeys(resources: readonly ServedResource[]): string[] {
  return groupVersions(resources).flatMap(({ group, versions }) =>
    versions.map((version) => (group === '' ? `api/${version}` : `apis/${group}/${version}`)),
  );
}

/** The OpenAPI 3.0 document of one group and version; undefined where nothing is served. `key` is one of `documentKeys`. */
export function openApiDocument(resources: readonly ServedResource[], key: string): Document | undefined {
  const [root, first = '', second = ''] = key.split('/');
  const [group, version] = root === 'api' ? ['', first] : [first, second];
  const own = resources.filter((resource) => resource.group === group && resource.version === version);
  if (own.length === 0) return undefined;
  const builtin = own[0]?.builtin !== undefined;
  const schemas: Document = {};
  const paths: Document = {};
  const types = new Set([`${metaPrefix}.ObjectMeta`, `${metaPrefix}.ListMeta`]);
  for (const resource of own) {
    schemas[schemaName(resource)] = kindSchema(resource, types);
    schemas[schemaName(resource, resource.listKind)] = listSchema(resource);
    if (resource.subresources.scale !== undefined) {
      schemas[scaleName] = scaleSchema;
      for (const name of scaleTypes) types.add(name);
    }
    Object.assign(paths, resourcePaths(resource));
  }
  return {
    openapi: '3.0.0',
    info: builtin ? { title: 'Kubernetes', version: 'unversioned' } : { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
    paths,
    components: {
      schemas: { ...schemas, ...documentedTypes(types), ...metaSchemas() },
      ...(builtin ? { securitySchemes } : {}),
    },
    ...(builtin ? { security: [{ BearerToken: [] }] } : {}),
  };
}

const securitySchemes = {
  BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
};

const gvk = (resource: ServedResource, kind: string): readonly Document[] => [{ group: resource.group, kind, version: resource.version }];

/** `types`: takes the names of the built-in types that it refers to. */
function kindSchema(resource: ServedResource, types: Set<string>): Document {
  const schema = resource.builtin === undefined ? plain(resource.schema) : documentedKind(resource.schema, types);
  const { properties, ...rest } = schema as Document & { properties?: Document };
  return {
    ...rest,
    type: 'object',
    properties: {
      ...properties,
      apiVersion: { type: 'string', description: apiVersionDescription },
      kind: { type: 'string', description: kindDescription },
      metadata: described(`${metaPrefix}.ObjectMeta`, metadataDescription),
    },
    'x-kubernetes-group-version-kind': gvk(resource, resource.kind),
  };
}

function listSchema(resource: ServedResource): Document {
  return {
    type: 'object',
    description: `${resource.listKind} is a list of ${resource.kind}`,
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: apiVersionDescription },
      items: {
        type: 'array',
        description: `List of ${resource.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        items: reference(schemaName(resource)),
      },
      kind: { type: 'string', description: kindDescription },
      metadata: described(`${metaPrefix}.ListMeta`, metadataDescription),
    },
    'x-kubernetes-group-version-kind': gvk(resource, resource.listKind),
  };
}

/** A structural schema is OpenAPI already, but for embedded objects, whose names are implied. */
function plain(schema: Schema): Document {
  const out: Document = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties')
      out[key] = Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([name, child]) => [name, plain(child)]));
    else if ((key === 'items' || key === 'additionalProperties') && typeof value === 'object') out[key] = plain(value as Schema);
    else out[key] = value;
  }
  return out;
}
