export { adminUser, createApiServer } from './api-server.ts';
export type { ApiServer, ApiServerCounters } from './api-server.ts';
export { ApiServerError, DataFolderError, isApiServerError, ListenError } from './errors.ts';
export type { ApiServerErrorCode } from './errors.ts';
export type { ActiveFault, Fault, FaultMatch, FaultVerb } from './faults/fault.ts';
export type { Faults } from './faults/faults.ts';
export type { KubernetesRelease } from './release.ts';
export type { ApiServerOptions, ApiServerUser } from './options.ts';
