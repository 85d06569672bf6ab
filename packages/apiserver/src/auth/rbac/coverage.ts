import { urlCovers, type PolicyRule } from './policy-rule.ts';

const nothing: PolicyRule = { verbs: [], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };

/**
 * The rights of `wanted` that the rules `owned` do not include, as a refusal lists them: one line a resource with its verbs, sorted.
 * Each right must be granted by a single rule.
 */
export function missingRights(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): string[] {
  const missing = wanted.flatMap(atoms).filter((atom) => !owned.some((rule) => covers(rule, atom)));
  const together = new Map<string, PolicyRule>();
  for (const atom of missing) {
    const { verbs, ...target } = atom;
    // Rights on paths are listed one by one.
    const key = JSON.stringify(atom.nonResourceURLs.length > 0 ? atom : target);
    const known = together.get(key);
    together.set(key, known === undefined ? atom : { ...known, verbs: [...known.verbs, ...verbs] });
  }
  return [...new Set([...together.values()].map(described))].sort();
}

/** The rule as rules of one verb for one thing each. */
function atoms(rule: PolicyRule): PolicyRule[] {
  const out: PolicyRule[] = [];
  const names: readonly (readonly string[])[] = rule.resourceNames.length === 0 ? [[]] : rule.resourceNames.map((name) => [name]);
  for (const group of rule.apiGroups)
    for (const resource of rule.resources)
      for (const verb of rule.verbs)
        for (const resourceNames of names)
          out.push({ ...nothing, apiGroups: [group], resources: [resource], verbs: [verb], resourceNames });
  for (const url of rule.nonResourceURLs) for (const verb of rule.verbs) out.push({ ...nothing, nonResourceURLs: [url], verbs: [verb] });
  return out;
}

function covers(owned: PolicyRule, atom: PolicyRule): boolean {
  const within = (list: readonly string[], wanted: readonly string[]): boolean =>
    list.includes('*') || wanted.every((one) => list.includes(one));
  const [resource = ''] = atom.resources;
  const slash = resource.indexOf('/');
  return (
    within(owned.verbs, atom.verbs) &&
    within(owned.apiGroups, atom.apiGroups) &&
    (within(owned.resources, atom.resources) || (slash > 0 && owned.resources.includes(`*${resource.slice(slash)}`))) &&
    atom.nonResourceURLs.every((url) => owned.nonResourceURLs.some((mine) => urlCovers(mine, url))) &&
    (owned.resourceNames.length === 0 ||
      (atom.resourceNames.length > 0 && atom.resourceNames.every((name) => owned.resourceNames.includes(name))))
  );
}

function described(rule: PolicyRule): string {
  const part = (name: string, list: readonly string[]): string[] => (list.length === 0 ? [] : [`${name}:${quotedList(list)}`]);
  return `{${[
    ...part('APIGroups', rule.apiGroups),
    ...part('Resources', rule.resources),
    ...part('NonResourceURLs', rule.nonResourceURLs),
    ...part('ResourceNames', rule.resourceNames),
    ...part('Verbs', rule.verbs),
  ].join(', ')}}`;
}

/** A list of texts as the server's messages have it: `["a" "b"]`. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map((one) => JSON.stringify(one)).join(' ')}]`;
}
