import type { Ask } from './ask.ts';
import { refusal } from './ask.ts';
import type { PolicyRule } from './rbac/policy-rule.ts';
import type { User } from './user.ts';

export interface Decision {
  readonly allowed: boolean;
  /** What gave the right, or what went wrong while looking for it; often empty. */
  readonly reason: string;
}

/** What a user has, as rules. */
export interface Rights {
  readonly rules: readonly PolicyRule[];
  /** Bindings to roles that are not there. */
  readonly errors: readonly string[];
}

/** Who may do what, as the server stands at this moment. */
export interface Authorizer {
  decide(user: User, ask: Ask): Decision;
  /** Everything that the user has in a namespace, cluster-wide rights included. */
  rights(user: User, namespace: string): Rights;
  /** The rules of a role; undefined where it is not there. */
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

/** Everybody who is known may do everything. */
export const alwaysAllow: Authorizer = {
  decide: () => ({ allowed: true, reason: '' }),
  rights: () => ({ rules: everything, errors: [] }),
  roleRules: () => everything,
};
