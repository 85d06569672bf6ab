import { invalidError, notSupportedError, requiredError, type FieldError } from '@kubecast/crd';
import type { BuiltinBehaviour, KubeObject, ServedResource } from '../served-resource.ts';
import { ageColumn, builtinResource, column, listAt, nameColumn, textAt } from './builtin-resource.ts';

const group = 'rbac.authorization.k8s.io';

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
    type: 'io.k8s.api.rbac.v1.Role',
    columns: [nameColumn, createdColumn],
  }),
  builtinResource({
    group,
    kind: 'ClusterRole',
    plural: 'clusterroles',
    scope: 'Cluster',
    columns: [nameColumn, createdColumn],
    type: 'io.k8s.api.rbac.v1.ClusterRole',
  }),
  builtinResource({
    group,
    kind: 'RoleBinding',
    plural: 'rolebindings',
    type: 'io.k8s.api.rbac.v1.RoleBinding',
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
    type: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  }),
];

export const serviceAccountResource: ServedResource = builtinResource({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  columns: [nameColumn, ageColumn],
  behaviour: { deleteAnswer: 'object' },
  type: 'io.k8s.api.core.v1.ServiceAccount',
});
