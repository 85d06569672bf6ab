export { createTestCluster } from './create-test-cluster.ts';
export type { TestClusterOptions } from './create-test-cluster.ts';
export { EmbeddedCluster } from './embedded-cluster.ts';
export type { InstallOptions } from './install-crds.ts';
export { RealCluster } from './real-cluster.ts';
export type { RealClusterOptions } from './real-cluster.ts';
export type { ServiceAccountTokenOptions } from './service-account-token.ts';
export { adminUser, certificateUser, nobodyUser, serviceAccountUser } from './test-cluster.ts';
export type { TestCluster } from './test-cluster.ts';
