import type { ServedResource } from '../served-resource.ts';
import { groupVersions } from './group-versions.ts';

/** What the root names: discovery's own paths, and `others`, by the alphabet. */
export function rootPaths(resources: readonly ServedResource[], others: readonly string[]): { readonly paths: readonly string[] } {
  const groups = groupVersions(resources).flatMap(({ group, versions }) =>
    group === ''
      ? versions.map((version) => `/api/${version}`)
      : [`/apis/${group}`, ...versions.map((version) => `/apis/${group}/${version}`)],
  );
  return { paths: ['/api', '/apis', '/apis/', ...groups, ...others].sort() };
}
