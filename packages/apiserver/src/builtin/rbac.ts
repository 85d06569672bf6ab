import { notSupportedError, requiredError, type FieldError } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../served-resource.ts';
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

const bindingBehaviour = {
  prepare(object: KubeObject): void {
    const reference = object['roleRef'] as Record<string, unknown> | undefined;
    if (reference !== undefined) reference['apiGroup'] ??= group;
    for (const subject of listAt(object, 'subjects')) subject['apiGroup'] ??= subject['kind'] === 'ServiceAccount' ? '' : group;
    for (const subject of listAt(object, 'subjects')) if (subject['apiGroup'] === '') delete subject['apiGroup'];
  },
  validate(object: KubeObject): readonly FieldError[] {
    const errors: FieldError[] = [];
    if (!['Role', 'ClusterRole'].includes(textAt(object, 'roleRef', 'kind')))
      errors.push(notSupportedError('roleRef.kind', textAt(object, 'roleRef', 'kind'), ['ClusterRole', 'Role']));
    if (textAt(object, 'roleRef', 'name') === '') errors.push(requiredError('roleRef.name'));
    return errors;
  },
};

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
    behaviour: bindingBehaviour,
  }),
  builtinResource({
    group,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    scope: 'Cluster',
    columns: bindingColumns,
    behaviour: bindingBehaviour,
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
