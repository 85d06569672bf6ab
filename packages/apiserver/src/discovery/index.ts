export { aggregatedDiscovery, aggregatedType, documentHash } from './aggregated-discovery.ts';
export { groupVersions } from './group-versions.ts';
export { coreVersions, groupDocument, groupList, resourceList } from './plain-discovery.ts';
export { rootPaths } from './root-paths.ts';
