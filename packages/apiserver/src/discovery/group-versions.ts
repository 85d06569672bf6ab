import type { ServedResource } from '../served-resource.ts';

export interface GroupVersions {
  readonly group: string;
  /** Best first: the preferred one. */
  readonly versions: readonly string[];
}

/** The served groups in the order given, each with its versions by Kubernetes' priority; the core group is ''. */
export function groupVersions(resources: readonly ServedResource[]): GroupVersions[] {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of resources) {
    const versions = groups.get(group) ?? new Set();
    versions.add(version);
    groups.set(group, versions);
  }
  return [...groups].map(([group, versions]) => ({ group, versions: [...versions].sort(compareVersions) }));
}

/** v2 before v1 before v1beta2 before v1beta1 before v1alpha1 before anything else by the alphabet (kube version priority). */
export function compareVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    if (right !== undefined) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return right.stage - left.stage || right.major - left.major || right.minor - left.minor;
}

function parse(version: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return undefined;
  return { stage: match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
