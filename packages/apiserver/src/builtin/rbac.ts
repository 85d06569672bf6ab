import { invalidError, isObject, type FieldError } from '@kubecast/crd';
import type { BuiltinBehaviour, KubeObject, ServedResource } from '../served-resource.ts';
import { ageColumn, builtinResource, column, listAt, nameColumn, textAt } from './builtin-resource.ts';
import { pathSegmentProblems } from './path-segment.ts';
import { aggregationErrors, policyRuleErrors, rbacGroup as group, roleRefErrors, subjectErrors } from './rbac-rules.ts';

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

const metadata = { update: ['create', 'update'] } as const;

/** Null and empty are the same to the server, which writes rules as null where there are none. */
const roleBehaviour = (namespaced: boolean): Partial<BuiltinBehaviour> => ({
  metadata,
  prepare(object: KubeObject): void {
    if (listAt(object, 'rules').length === 0) object['rules'] = null;
    for (const rule of listAt(object, 'rules'))
      for (const name of ['apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'])
        if (listAt(rule, name).length === 0) delete rule[name];
  },
  validate: (object: KubeObject) => [...policyRuleErrors(object, namespaced), ...(namespaced ? [] : aggregationErrors(object))],
});

const bindingBehaviour = (roleKinds: readonly string[]): Partial<BuiltinBehaviour> => ({
  metadata,
  prepare(object: KubeObject): void {
    const reference = isObject(object['roleRef']) ? object['roleRef'] : {};
    object['roleRef'] = { apiGroup: '', kind: '', name: '', ...reference };
    const filled = object['roleRef'] as Record<string, unknown>;
    if (filled['apiGroup'] === '') filled['apiGroup'] = group;
    for (const subject of listAt(object, 'subjects')) {
      const kind = textAt(subject, 'kind');
      if ((kind === 'User' || kind === 'Group') && textAt(subject, 'apiGroup') === '') subject['apiGroup'] = group;
      else if (subject['apiGroup'] === '') delete subject['apiGroup'];
    }
    if (Array.isArray(object['subjects']) && object['subjects'].length === 0) delete object['subjects'];
  },
  validate(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
    const part = (name: string): string => textAt(object, 'roleRef', name);
    const errors = [...roleRefErrors(object, roleKinds, pathSegmentProblems), ...subjectErrors(object, roleKinds.includes('Role'))];
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
    behaviour: roleBehaviour(true),
  }),
  builtinResource({
    group,
    kind: 'ClusterRole',
    plural: 'clusterroles',
    scope: 'Cluster',
    columns: [nameColumn, createdColumn],
    behaviour: roleBehaviour(false),
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
