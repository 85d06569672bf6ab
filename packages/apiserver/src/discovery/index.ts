export { aggregatedDiscovery, aggregatedType, documentHash } from './aggregated-discovery.ts';
export { compareVersions, groupVersions } from './group-versions.ts';
export { coreVersions, groupDocument, groupList, resourceList, storageVersionHash } from './plain-discovery.ts';
