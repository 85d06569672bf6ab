import { equalJson, isObject } from '@kubecast/crd';
import { forbidden, notFound } from '../../status/status-error.ts';
import { textOf } from '../../status/text-of.ts';
import type { KubeObject } from '../../served-resource.ts';
import type { Context } from '../../verbs/context.ts';
import { mastersGroup } from '../authorizer.ts';
import { missingRights, quotedList } from './coverage.ts';
import { readRules, type PolicyRule } from './policy-rule.ts';
import { rbacGroup } from './rbac-authorizer.ts';

const all = ['*'];
const everything: readonly PolicyRule[] = [
  { verbs: all, apiGroups: all, resources: all, resourceNames: [], nonResourceURLs: [] },
  { verbs: all, apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: all },
];

/**
 * A user who writes a role or a binding must have the rights that it grants, or the verb `escalate` on the role, or `bind` on the role that is
 * bound. A change of finalizers and owners alone grants nothing new and is not checked.
 * @throws StatusError 403; 404 for a binding to a role that is not there, under the kind of the binding
 */
export function checkGranting(context: Context, object: KubeObject, old: KubeObject | undefined): void {
  const { resource, user } = context;
  if (resource.group !== rbacGroup || user.groups.includes(mastersGroup)) return;
  if (old !== undefined && equalJson(withoutUpkeep(object), withoutUpkeep(old))) return;
  if (resource.plural === 'roles' || resource.plural === 'clusterroles') checkRole(context, object, old);
  else checkBinding(context, object);
}

function checkRole(context: Context, object: KubeObject, old: KubeObject | undefined): void {
  const { authorizer, user, path, resource } = context;
  const namespace = path.namespace ?? '';
  const ask = { group: rbacGroup, version: '*', resource: resource.plural, subresource: '', namespace, name: path.name ?? '' };
  if (authorizer.decide(user, { ...ask, verb: 'escalate' }).allowed) return;
  refuseGrant(context, object, readRules(object['rules']));
  const gathers = [object, old].some((role) => isObject(role?.['aggregationRule']) && hasSelectors(role['aggregationRule']));
  if (gathers && missingRights(authorizer.rights(user, namespace).rules, everything).length > 0)
    throw forbidden(resource, nameOf(object), 'must have cluster-admin privileges to use the aggregationRule');
}

function checkBinding(context: Context, object: KubeObject): void {
  const { authorizer, user, path } = context;
  const reference = isObject(object['roleRef']) ? object['roleRef'] : {};
  const kind = textOf(reference['kind']);
  const name = textOf(reference['name']);
  const namespace = path.namespace ?? '';
  if (kind === 'Role' || kind === 'ClusterRole') {
    const resource = kind === 'Role' ? 'roles' : 'clusterroles';
    const group = textOf(reference['apiGroup']);
    if (authorizer.decide(user, { verb: 'bind', group, version: '*', resource, subresource: '', namespace, name }).allowed) return;
  }
  const rules = authorizer.roleRules(kind, namespace, name);
  if (rules === undefined) throw notFound(context.resource, name);
  refuseGrant(context, object, rules);
}

function refuseGrant(context: Context, object: KubeObject, rules: readonly PolicyRule[]): void {
  const { authorizer, user, path, resource } = context;
  const owned = authorizer.rights(user, path.namespace ?? '');
  const missing = missingRights(owned.rules, rules);
  if (missing.length === 0) return;
  const errors = owned.errors.length === 0 ? '' : `; resolution errors: [${owned.errors.join(', ')}]`;
  throw forbidden(
    resource,
    nameOf(object),
    `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}${errors}`,
  );
}

function hasSelectors(rule: Record<string, unknown>): boolean {
  return Array.isArray(rule['clusterRoleSelectors']) && rule['clusterRoleSelectors'].length > 0;
}

function nameOf(object: KubeObject): string {
  return isObject(object['metadata']) ? textOf(object['metadata']['name']) : '';
}

function withoutUpkeep(object: KubeObject): KubeObject {
  const metadata = { ...(object['metadata'] as Record<string, unknown>) };
  for (const name of ['ownerReferences', 'finalizers', 'managedFields', 'resourceVersion']) delete metadata[name];
  return { ...object, metadata };
}
