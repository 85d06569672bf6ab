import { invalidError, notSupportedError, requiredError, type FieldError } from '@kubecast/crd';
import type { BuiltinBehaviour, KubeObject, ServedResource } from '../served-resource.ts';
import { ageColumn, builtinResource, column, listAt, nameColumn, textAt } from './builtin-resource.ts';
import { atomic, fields, flag, kindSchema, labelSelector, listMap, localReference, text } from './schema-parts.ts';

const group = 'rbac.authorization.k8s.io';

const rules = atomic(
  fields(
    {
      verbs: atomic(text(), 'Verbs is a list of Verbs that apply to ALL the ResourceKinds contained in this rule.'),
      apiGroups: atomic(text()),
      resources: atomic(text()),
      resourceNames: atomic(text()),
      nonResourceURLs: atomic(text()),
    },
    undefined,
    { required: ['verbs'] },
  ),
  'Rules holds all the PolicyRules for this role.',
);
const subjects = atomic(
  fields({ kind: text(), apiGroup: text(), name: text(), namespace: text() }, undefined, {
    required: ['kind', 'name'],
    'x-kubernetes-map-type': 'atomic',
  }),
  'Subjects holds references to the objects the role applies to.',
);
const roleRef = fields({ apiGroup: text(), kind: text(), name: text() }, 'RoleRef can reference a Role or a ClusterRole.', {
  required: ['kind', 'name'],
  'x-kubernetes-map-type': 'atomic',
});

const createdColumn = column('Created At', (object) => textAt(object, 'metadata', 'creationTimestamp'), 0, 'date');
const roleColumn = column('Role', (object) => `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`);

const subjectNames = (object: KubeObject, kind: string): string =>
  listAt(object, 'subjects')
    .filter((subject) => subject['kind'] === kind)
    .map((subject) => (kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/${textAt(subject, 'name')}` : textAt(subject, 'name')))
    .join(', ');

const bindingColumns = [
  nameColumn,
  roleColumn,
  ageColumn,
  column('Users', (object) => subjectNames(object, 'User'), 1),
  column('Groups', (object) => subjectNames(object, 'Group'), 1),
  column('ServiceAccounts', (object) => subjectNames(object, 'ServiceAccount'), 1),
];

const bindingBehaviour = (roleKinds: readonly string[]): Partial<BuiltinBehaviour> => ({
  prepare(object: KubeObject): void {
    const reference = object['roleRef'] as Record<string, unknown> | undefined;
    if (reference !== undefined) reference['apiGroup'] ??= group;
    for (const subject of listAt(object, 'subjects')) subject['apiGroup'] ??= subject['kind'] === 'ServiceAccount' ? '' : group;
    for (const subject of listAt(object, 'subjects')) if (subject['apiGroup'] === '') delete subject['apiGroup'];
    if (Array.isArray(object['subjects']) && object['subjects'].length === 0) delete object['subjects'];
  },
  validate(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
    const errors: FieldError[] = [];
    const part = (name: string): string => textAt(object, 'roleRef', name);
    if (!roleKinds.includes(part('kind'))) errors.push(notSupportedError('roleRef.kind', part('kind'), roleKinds));
    if (part('name') === '') errors.push(requiredError('roleRef.name'));
    // The server shows the struct and not its JSON.
    const shown = { APIGroup: part('apiGroup'), Kind: part('kind'), Name: part('name') };
    if (old !== undefined && ['apiGroup', 'kind', 'name'].some((name) => part(name) !== textAt(old, 'roleRef', name)))
      errors.push(invalidError('roleRef', shown, 'cannot change roleRef'));
    return errors;
  },
});

export const rbacResources: readonly ServedResource[] = [
  builtinResource({
    group,
    kind: 'Role',
    plural: 'roles',
    schema: kindSchema('Role is a namespaced, logical grouping of PolicyRules.', { rules }),
    columns: [nameColumn, createdColumn],
  }),
  builtinResource({
    group,
    kind: 'ClusterRole',
    plural: 'clusterroles',
    scope: 'Cluster',
    columns: [nameColumn, createdColumn],
    schema: kindSchema('ClusterRole is a cluster level, logical grouping of PolicyRules.', {
      rules,
      aggregationRule: fields({ clusterRoleSelectors: atomic(labelSelector) }),
    }),
  }),
  builtinResource({
    group,
    kind: 'RoleBinding',
    plural: 'rolebindings',
    schema: kindSchema('RoleBinding references a role, but does not contain it.', { subjects, roleRef }),
    columns: bindingColumns,
    behaviour: bindingBehaviour(['Role', 'ClusterRole']),
  }),
  builtinResource({
    group,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    scope: 'Cluster',
    columns: bindingColumns,
    behaviour: bindingBehaviour(['ClusterRole']),
    schema: kindSchema('ClusterRoleBinding references a ClusterRole, but does not contain it.', { subjects, roleRef }),
  }),
];

export const serviceAccountResource: ServedResource = builtinResource({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  columns: [nameColumn, ageColumn],
  behaviour: { deleteAnswer: 'object' },
  schema: kindSchema(
    'ServiceAccount binds together a name, understood by users, a principal that can be authenticated, and a set of secrets.',
    {
      secrets: listMap(
        ['name'],
        fields({
          kind: text(),
          namespace: text(),
          name: text(),
          uid: text(),
          apiVersion: text(),
          resourceVersion: text(),
          fieldPath: text(),
        }),
      ),
      imagePullSecrets: atomic(localReference),
      automountServiceAccountToken: flag(),
    },
  ),
});
