import { isObject } from '@kubecast/crd';
import type { ObjectTable } from '../../storage/object-table.ts';
import type { Storage } from '../../storage/storage.ts';
import { objectKey, parseStored, type StoredObject } from '../../storage/stored-object.ts';
import type { User } from '../user.ts';
import type { Ask } from '../ask.ts';
import { mastersGroup, type Authorizer, type Decision, type Rights } from '../authorizer.ts';
import { accountUser } from '../service-account-names.ts';
import { readRules, ruleAllows, type PolicyRule } from './policy-rule.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

/** One binding as one of its subjects has it. */
interface Grant {
  readonly binding: string;
  /** Where a Role is looked for; empty: the binding is the cluster's, and a Role gives nothing there. */
  readonly namespace: string;
  readonly roleKind: string;
  readonly roleName: string;
  /** `RoleBinding "b/ns" of Role "r" to User "u"`. */
  readonly says: string;
}

/** The grants of one namespace, or of the cluster, by subject. */
type BySubject = Map<string, Grant[]>;

const allowedMaster: Decision = { allowed: true, reason: '' };

/**
 * Decides by the Roles, ClusterRoles and bindings that are stored. Bindings are looked up by who asks, so that a decision costs what the asking
 * user has and not what is stored; the index is made anew by the first decision after a binding changed. A role is read when it is asked for.
 * Members of system:masters are never looked up.
 */
export class RbacAuthorizer implements Authorizer {
  readonly #roles: ObjectTable;
  readonly #clusterRoles: ObjectTable;
  readonly #roleBindings: ObjectTable;
  readonly #clusterRoleBindings: ObjectTable;
  /** What was read of an object goes with it. */
  readonly #rules = new WeakMap<StoredObject, readonly PolicyRule[]>();
  readonly #read = new WeakMap<StoredObject, readonly (readonly [string, Grant])[]>();
  #cluster: BySubject = new Map();
  #byNamespace = new Map<string, BySubject>();
  #indexed: readonly [number, number] = [-1, -1];

  constructor(storage: Storage) {
    this.#roles = storage.table(`${rbacGroup}/roles`);
    this.#clusterRoles = storage.table(`${rbacGroup}/clusterroles`);
    this.#roleBindings = storage.table(`${rbacGroup}/rolebindings`);
    this.#clusterRoleBindings = storage.table(`${rbacGroup}/clusterrolebindings`);
  }

  decide(user: User, ask: Ask): Decision {
    if (user.groups.includes(mastersGroup)) return allowedMaster;
    const namespace = 'path' in ask ? '' : ask.namespace;
    const missing = new Set<string>();
    for (const grant of this.#grants(user, namespace)) {
      const rules = this.roleRules(grant.roleKind, grant.namespace, grant.roleName);
      if (rules === undefined) missing.add(notThere(grant));
      else if (rules.some((rule) => ruleAllows(rule, ask))) return { allowed: true, reason: `RBAC: allowed by ${grant.says}` };
    }
    return { allowed: false, reason: missing.size === 0 ? '' : `RBAC: ${aggregate([...missing])}` };
  }

  rights(user: User, namespace: string): Rights {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    const seen = new Set<string>();
    for (const grant of this.#grants(user, namespace)) {
      // A binding that names the user twice gives its role once.
      if (seen.has(grant.binding)) continue;
      seen.add(grant.binding);
      const given = this.roleRules(grant.roleKind, grant.namespace, grant.roleName);
      if (given === undefined) errors.push(notThere(grant));
      else rules.push(...given);
    }
    return { rules, errors };
  }

  roleRules(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined {
    const table = kind === 'Role' ? this.#roles : kind === 'ClusterRole' ? this.#clusterRoles : undefined;
    const stored = kind === 'Role' && namespace === '' ? undefined : table?.get(objectKey(kind === 'Role' ? namespace : '', name));
    if (stored === undefined) return undefined;
    let rules = this.#rules.get(stored);
    if (rules === undefined) {
      rules = readRules(parseStored(stored)['rules']);
      this.#rules.set(stored, rules);
    }
    return rules;
  }

  *#grants(user: User, namespace: string): Generator<Grant> {
    this.#index();
    const inNamespace = namespace === '' ? undefined : this.#byNamespace.get(namespace);
    for (const index of [this.#cluster, inNamespace]) {
      if (index === undefined) continue;
      yield* index.get(`User ${user.name}`) ?? [];
      for (const group of user.groups) yield* index.get(`Group ${group}`) ?? [];
    }
  }

  #index(): void {
    const [cluster, namespaced] = this.#indexed;
    if (cluster !== this.#clusterRoleBindings.changes) {
      this.#cluster = new Map();
      for (const stored of this.#clusterRoleBindings.current('')) add(this.#cluster, this.#readBinding(stored));
    }
    if (namespaced !== this.#roleBindings.changes) {
      this.#byNamespace = new Map();
      for (const stored of this.#roleBindings.current('')) {
        let index = this.#byNamespace.get(stored.namespace);
        if (index === undefined) this.#byNamespace.set(stored.namespace, (index = new Map()));
        add(index, this.#readBinding(stored));
      }
    }
    this.#indexed = [this.#clusterRoleBindings.changes, this.#roleBindings.changes];
  }

  #readBinding(stored: StoredObject): readonly (readonly [string, Grant])[] {
    let read = this.#read.get(stored);
    if (read === undefined) {
      read = readBinding(stored);
      this.#read.set(stored, read);
    }
    return read;
  }
}

function add(index: BySubject, grants: readonly (readonly [string, Grant])[]): void {
  for (const [subject, grant] of grants) {
    const known = index.get(subject);
    if (known === undefined) index.set(subject, [grant]);
    else known.push(grant);
  }
}

/** The grants of a binding by subject, `User NAME` or `Group NAME`: a ServiceAccount is the user of its tokens. */
function readBinding(stored: StoredObject): (readonly [string, Grant])[] {
  const { roleRef, subjects } = parseStored(stored);
  if (!isObject(roleRef) || !Array.isArray(subjects)) return [];
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const kind = stored.namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
  const binding = stored.namespace === '' ? stored.name : `${stored.name}/${stored.namespace}`;
  const roleKind = text(roleRef['kind']);
  const roleName = text(roleRef['name']);
  const grants: (readonly [string, Grant])[] = [];
  for (const subject of subjects as readonly unknown[]) {
    if (!isObject(subject)) continue;
    const name = text(subject['name']);
    const namespace = text(subject['namespace']) || stored.namespace;
    const sort = text(subject['kind']);
    const account = sort === 'ServiceAccount';
    if (account && namespace === '') continue;
    if (!account && sort !== 'User' && sort !== 'Group') continue;
    const shown = account ? `ServiceAccount ${JSON.stringify(`${name}/${namespace}`)}` : `${sort} ${JSON.stringify(name)}`;
    const says = `${kind} ${JSON.stringify(binding)} of ${roleKind} ${JSON.stringify(roleName)} to ${shown}`;
    grants.push([
      account ? `User ${accountUser(namespace, name)}` : `${sort} ${name}`,
      { binding: `${kind} ${binding}`, namespace: stored.namespace, roleKind, roleName, says },
    ]);
  }
  return grants;
}

/** What is said of a role that a binding refers to and nobody made. */
function notThere({ roleKind, roleName }: Grant): string {
  return `${roleKind.toLowerCase()}.${rbacGroup} ${JSON.stringify(roleName)} not found`;
}

function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`;
}
