import type { Ask } from './ask.ts';
import { refusal } from './ask.ts';
import type { PolicyRule } from './rbac/policy-rule.ts';
import type { User } from './user.ts';

export interface Decision {
  readonly allowed: boolean;
  /** The binding that grants the right, or errors that occurred; often empty. */
  readonly reason: string;
}

/** All rights of a user, as rules. */
export interface Rights {
  readonly rules: readonly PolicyRule[];
  /** Bindings to roles that do not exist. */
  readonly errors: readonly string[];
}

/** Decides with the roles and bindings that are stored at the moment of the call. */
export interface Authorizer {
  decide(user: User, ask: Ask): Decision;
  /** All rights of the user in a namespace, including cluster-wide ones. */
  rights(user: User, namespace: string): Rights;
  /** The rules of a role; undefined if it does not exist. */
  roleRules(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined;
}

/** @throws StatusError 403 */
export function demand(authorizer: Authorizer, user: User, ask: Ask): void {
  const { allowed, reason } = authorizer.decide(user, ask);
  if (!allowed) throw refusal(user, ask, reason);
}

/** Its members may do everything, whatever is stored. */
export const mastersGroup = 'system:masters';

const all = ['*'];
const everything: readonly PolicyRule[] = [
  { verbs: all, apiGroups: all, resources: all, resourceNames: [], nonResourceURLs: [] },
  { verbs: all, apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: all },
];

/** Grants everything to every known user. */
export const alwaysAllow: Authorizer = {
  decide: () => ({ allowed: true, reason: '' }),
  rights: () => ({ rules: everything, errors: [] }),
  roleRules: () => everything,
};
