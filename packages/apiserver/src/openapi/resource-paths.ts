import type { ServedResource } from '../served-resource.ts';
import { scaleName } from './meta-schemas.ts';
import { metaPrefix, reference, schemaName } from './schema-names.ts';

type Document = Record<string, unknown>;

const query = (name: string, description: string, type = 'string'): Document => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});
const inPath = (name: string, description: string): Document => ({
  name,
  in: 'path',
  description,
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

const pretty = query('pretty', "If 'true', then the output is pretty printed.");
const dryRun = query('dryRun', 'When present, indicates that modifications should not be persisted. Valid value: All.');
const fieldManager = query(
  'fieldManager',
  'fieldManager is a name associated with the actor or entity that is making these changes. This field is required for apply requests.',
);
// kubectl lets the server validate fields if and only if this parameter is declared for PATCH of the kind.
const fieldValidation = query(
  'fieldValidation',
  'fieldValidation instructs the server on how to handle objects in the request containing unknown or duplicate fields: Ignore, Warn (the default) or Strict.',
);
const force = query(
  'force',
  'Force is going to "force" Apply requests. It means user will re-acquire conflicting fields owned by other people.',
  'boolean',
);

const deleteParameters: readonly Document[] = [
  dryRun,
  query('gracePeriodSeconds', 'The duration in seconds before the object should be deleted.', 'integer'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'Removes an object that can no longer be read, at your own risk.', 'boolean'),
  query('orphanDependents', 'Deprecated: use propagationPolicy.', 'boolean'),
  query('propagationPolicy', 'Whether and how garbage collection will be performed.'),
];

const resourceVersion = query('resourceVersion', 'The version that the result may be served from.');

const listParameters: readonly Document[] = [
  query('allowWatchBookmarks', 'allowWatchBookmarks requests watch events with type "BOOKMARK".', 'boolean'),
  query('continue', 'The token of the next page.'),
  query('fieldSelector', 'A selector to restrict the list of returned objects by their fields.'),
  query('labelSelector', 'A selector to restrict the list of returned objects by their labels.'),
  query('limit', 'The most items to return.', 'integer'),
  resourceVersion,
  query('resourceVersionMatch', 'How resourceVersion is applied to a list.'),
  query('sendInitialEvents', 'A watch begins with the objects that are there.', 'boolean'),
  query('shardSelector', 'A selector for a part of the objects.'),
  query('timeoutSeconds', 'Ends the request after this time.', 'integer'),
  query('watch', 'Watch for changes.', 'boolean'),
];

const answerTypes = ['application/json', 'application/yaml'];

interface Operation {
  readonly verb: string;
  readonly action: string;
  /** The words of the operation's name around those of the kind: `list`, `ForAllNamespaces`. */
  readonly named: readonly [string, string];
  readonly description: string;
  readonly parameters?: readonly Document[];
  readonly body?: { readonly types: readonly string[]; readonly schema: string };
  readonly answer: string;
  readonly codes?: readonly (readonly [string, string])[];
  readonly gvk?: Document;
}

/** The paths of one resource, with what a client may ask and send there. */
export function resourcePaths(resource: ServedResource): Document {
  const { group, version, kind, plural } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const namespaced = resource.scope === 'Namespaced';
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const own = schemaName(resource);
  const list = schemaName(resource, resource.listKind);
  const namespace = namespaced ? [inPath('namespace', 'object name and auth scope, such as for teams and projects')] : [];
  const name = inPath('name', `name of the ${kind}`);
  const gvk = { group, kind, version };
  const path = (parameters: readonly Document[], operations: readonly Operation[]): Document => ({
    parameters: [...parameters, pretty],
    ...Object.fromEntries(operations.map((one) => [one.verb, operation(`${camel}_${version}`, words, gvk, one)])),
  });
  const custom = resource.builtin === undefined;
  // A custom kind names the types that it takes.
  const taken = custom ? answerTypes : ['*/*'];
  const sends = { types: taken, schema: own };
  const scope = namespaced ? 'Namespaced' : '';
  const camel = camelGroup(group === '' ? 'core' : group);
  const words = `${capital(camel)}${capital(version)}`;
  const patchTypes = [
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(custom ? [] : ['application/strategic-merge-patch+json']),
  ];
  const of = (what: string): string => `${scope}${kind}${what === 'the object' ? '' : capital(what)}`;
  const read = (answer: string, what: string): Operation => ({
    verb: 'get',
    action: 'get',
    named: ['read', of(what)],
    description: `read ${what} of the specified ${kind}`,
    ...(custom ? { parameters: [resourceVersion] } : {}),
    answer,
  });
  const replace = (schema: string, what: string): Operation => ({
    verb: 'put',
    action: 'put',
    named: ['replace', of(what)],
    description: `replace ${what} of the specified ${kind}`,
    parameters: [dryRun, fieldManager, fieldValidation],
    body: { types: taken, schema },
    answer: schema,
    codes: [['201', 'Created']],
  });
  const patch = (answer: string, what: string): Operation => ({
    verb: 'patch',
    action: 'patch',
    named: ['patch', of(what)],
    description: `partially update ${what} of the specified ${kind}`,
    parameters: [dryRun, fieldManager, fieldValidation, force],
    body: { types: patchTypes, schema: `${metaPrefix}.Patch` },
    answer,
    // A custom object that a patch creates is answered with 201 nevertheless.
    ...(custom ? {} : { codes: [['201', 'Created']] as const }),
  });
  const items: Operation = {
    verb: 'get',
    action: 'list',
    named: ['list', of('the object')],
    description: `list or watch objects of kind ${kind}`,
    parameters: listParameters,
    answer: list,
  };
  const create: Operation = {
    verb: 'post',
    action: 'post',
    named: ['create', of('the object')],
    description: `create a ${kind}`,
    parameters: [dryRun, fieldManager, fieldValidation],
    body: sends,
    answer: own,
    codes: [
      ['201', 'Created'],
      ['202', 'Accepted'],
    ],
  };
  const deleteAll: Operation = {
    verb: 'delete',
    action: 'deletecollection',
    named: ['delete', `Collection${of('the object')}`],
    description: `delete collection of ${kind}`,
    ...(custom
      ? { parameters: listParameters }
      : { parameters: [...listParameters, ...deleteParameters], body: { types: taken, schema: `${metaPrefix}.DeleteOptions` } }),
    answer: `${metaPrefix}.Status`,
  };
  const has = (verb: (typeof resource.verbs)[number]): boolean => resource.verbs.includes(verb);
  const paths: Document = {
    [collection]: path(namespace, [items, ...(has('create') ? [create] : []), ...(has('deletecollection') ? [deleteAll] : [])]),
    [`${collection}/{name}`]: path(
      [...namespace, name],
      [
        read(own, 'the object'),
        replace(own, 'the object'),
        {
          verb: 'delete',
          action: 'delete',
          named: ['delete', of('the object')],
          description: `delete a ${kind}`,
          parameters: deleteParameters,
          body: { types: taken, schema: `${metaPrefix}.DeleteOptions` },
          answer: `${metaPrefix}.Status`,
          codes: [['202', 'Accepted']],
        },
        patch(own, 'the object'),
      ],
    ),
  };
  if (namespaced) {
    const { parameters = [], ...everywhere } = items;
    paths[`${root}/${plural}`] = path(parameters, [{ ...everywhere, named: ['list', `${kind}ForAllNamespaces`] }]);
  }
  if (resource.subresources.status === true)
    paths[`${collection}/{name}/status`] = path([...namespace, name], [read(own, 'status'), replace(own, 'status'), patch(own, 'status')]);
  if (resource.subresources.scale !== undefined) {
    const scale = { group: 'autoscaling', kind: 'Scale', version: 'v1' };
    paths[`${collection}/{name}/scale`] = path(
      [...namespace, name],
      [read(scaleName, 'scale'), replace(scaleName, 'scale'), patch(scaleName, 'scale')].map((one) =>
        custom ? one : { ...one, gvk: scale },
      ),
    );
  }
  return paths;
}

/** Words of a group's name: `iidpCom`, `rbacAuthorization`. */
function camelGroup(group: string): string {
  return group
    .replace(/\.k8s\.io$/, '')
    .split(/[.-]/)
    .map((word, index) => (index === 0 ? word : capital(word)))
    .join('');
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function operation(tag: string, words: string, gvk: Document, one: Operation): Document {
  const content = (types: readonly string[], schema: string): Document =>
    Object.fromEntries(types.map((type) => [type, { schema: reference(schema) }]));
  const answers = [['200', 'OK'], ...(one.codes ?? [])] as const;
  return {
    tags: [tag],
    description: one.description,
    operationId: `${one.named[0]}${words}${one.named[1]}`,
    ...(one.parameters === undefined ? {} : { parameters: one.parameters }),
    ...(one.body === undefined
      ? {}
      : { requestBody: { content: content(one.body.types, one.body.schema), ...(one.verb === 'delete' ? {} : { required: true }) } }),
    responses: {
      ...Object.fromEntries(answers.map(([code, description]) => [code, { description, content: content(answerTypes, one.answer) }])),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': one.action,
    'x-kubernetes-group-version-kind': one.gvk ?? gvk,
  };
}
