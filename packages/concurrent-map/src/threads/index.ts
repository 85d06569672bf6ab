export type { SharedMapHandle } from '../cells/layout.ts';
export { MapDamagedError, MapFullError, MapHandleError, SnapshotExpiredError } from '../errors.ts';
export type { SharedMapOptions } from './map-memory.ts';
export { SharedMap } from './shared-map.ts';
export type { AttachOptions } from './shared-map.ts';
