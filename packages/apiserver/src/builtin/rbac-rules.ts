import { invalidError, notSupportedError, requiredError, subdomainProblems, type FieldError } from '@kubecast/crd';
import type { KubeObject } from '../served-resource.ts';
import { listAt, textAt } from './builtin-resource.ts';
import { labelSelectorErrors } from './label-selector.ts';

// The rules of k8s.io/kubernetes/pkg/apis/rbac/validation.

export const rbacGroup = 'rbac.authorization.k8s.io';

/** What is wrong with the rules of a Role, or of a ClusterRole, which may name paths. */
export function policyRuleErrors(object: KubeObject, namespaced: boolean): FieldError[] {
  return listAt(object, 'rules').flatMap((rule, index) => ruleErrors(rule, namespaced, `rules[${index}]`));
}

function ruleErrors(rule: KubeObject, namespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const has = (name: string): boolean => listAt(rule, name).length > 0;
  if (!has('verbs')) errors.push(requiredError(`${path}.verbs`, 'verbs must contain at least one value'));
  if (has('nonResourceURLs')) {
    const field = `${path}.nonResourceURLs`;
    if (namespaced) errors.push(invalidError(field, rule['nonResourceURLs'], 'namespaced rules cannot apply to non-resource URLs'));
    if (has('apiGroups') || has('resources') || has('resourceNames'))
      errors.push(invalidError(field, rule['nonResourceURLs'], 'rules cannot apply to both regular resources and non-resource URLs'));
    return errors;
  }
  if (!has('apiGroups')) errors.push(requiredError(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (!has('resources')) errors.push(requiredError(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

/** What is wrong with the selectors of a ClusterRole that gathers the rules of others. */
export function aggregationErrors(object: KubeObject): FieldError[] {
  if ((object['aggregationRule'] ?? null) === null) return [];
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = listAt(object, 'aggregationRule', 'clusterRoleSelectors');
  if (selectors.length === 0) return [requiredError(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return selectors.flatMap((selector, index) => {
    const place = `${field}[${index}]`;
    const errors = labelSelectorErrors(selector, place);
    // The server makes a selector of it as well, which is null where it cannot.
    return errors.length === 0 ? [] : [...errors, invalidError(place, null, 'invalid label selector.')];
  });
}

/** What is wrong with the reference of a binding. */
export function roleRefErrors(
  object: KubeObject,
  kinds: readonly string[],
  nameProblems: (name: string) => readonly string[],
): FieldError[] {
  const errors: FieldError[] = [];
  const part = (name: string): string => textAt(object, 'roleRef', name);
  if (part('apiGroup') !== rbacGroup) errors.push(notSupportedError('roleRef.apiGroup', part('apiGroup'), [rbacGroup]));
  if (!kinds.includes(part('kind'))) errors.push(notSupportedError('roleRef.kind', part('kind'), kinds));
  const name = part('name');
  if (name === '') errors.push(requiredError('roleRef.name'));
  else errors.push(...nameProblems(name).map((problem) => invalidError('roleRef.name', name, problem)));
  return errors;
}

const subjectKinds = ['ServiceAccount', 'User', 'Group'];

/** What is wrong with the subjects of a binding. In a namespace a service account without one is of that namespace. */
export function subjectErrors(object: KubeObject, namespaced: boolean): FieldError[] {
  return listAt(object, 'subjects').flatMap((subject, index) => {
    const path = `subjects[${index}]`;
    const errors: FieldError[] = [];
    const part = (name: string): string => textAt(subject, name);
    const name = part('name');
    if (name === '') errors.push(requiredError(`${path}.name`));
    switch (part('kind')) {
      case 'ServiceAccount':
        if (name !== '') errors.push(...subdomainProblems(name).map((problem) => invalidError(`${path}.name`, name, problem)));
        if (part('apiGroup') !== '') errors.push(notSupportedError(`${path}.apiGroup`, part('apiGroup'), ['']));
        if (!namespaced && part('namespace') === '') errors.push(requiredError(`${path}.namespace`));
        break;
      case 'User':
      case 'Group':
        if (part('apiGroup') !== rbacGroup) errors.push(notSupportedError(`${path}.apiGroup`, part('apiGroup'), [rbacGroup]));
        break;
      default:
        errors.push(notSupportedError(`${path}.kind`, part('kind'), subjectKinds));
    }
    return errors;
  });
}
