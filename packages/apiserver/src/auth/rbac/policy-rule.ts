import type { Ask } from '../ask.ts';

/** One rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** The rules of a stored object; a value that is not a list of strings counts as an empty list. */
export function readRules(value: unknown): readonly PolicyRule[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[])
    .filter((rule): rule is Record<string, unknown> => typeof rule === 'object' && rule !== null)
    .map((rule) => ({
      verbs: texts(rule['verbs']),
      apiGroups: texts(rule['apiGroups']),
      resources: texts(rule['resources']),
      resourceNames: texts(rule['resourceNames']),
      nonResourceURLs: texts(rule['nonResourceURLs']),
    }));
}

/** The rule as JSON, without empty lists. */
export function writtenRule(rule: PolicyRule): Record<string, readonly string[]> {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  return {
    verbs,
    ...(apiGroups.length === 0 ? {} : { apiGroups }),
    ...(resources.length === 0 ? {} : { resources }),
    ...(resourceNames.length === 0 ? {} : { resourceNames }),
    ...(nonResourceURLs.length === 0 ? {} : { nonResourceURLs }),
  };
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** Whether the rule allows the request. `*` is everything; `a/b` and `*` + `/b` name a subresource, which `a` alone does not include. */
export function ruleAllows(rule: PolicyRule, ask: Ask): boolean {
  if (!has(rule.verbs, ask.verb)) return false;
  if ('path' in ask) return rule.nonResourceURLs.some((url) => urlCovers(url, ask.path));
  if (!has(rule.apiGroups, ask.group)) return false;
  if (rule.resourceNames.length > 0 && !rule.resourceNames.includes(ask.name)) return false;
  if (ask.subresource === '') return has(rule.resources, ask.resource);
  return has(rule.resources, `${ask.resource}/${ask.subresource}`) || rule.resources.includes(`*/${ask.subresource}`);
}

function has(list: readonly string[], wanted: string): boolean {
  return list.includes(wanted) || list.includes('*');
}

/** `*` matches any path; at the end of a URL it matches any rest. */
export function urlCovers(url: string, path: string): boolean {
  return url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')));
}
