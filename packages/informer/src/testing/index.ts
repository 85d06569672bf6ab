export { ModelServer, wireState } from './model-server.ts';
export type { ModelEvent, ModelListener, ModelObject } from './model-server.ts';
export { ModelApi, bookmarkFrame, bytesOf, frameOf, matcher, wireObject } from './model-source.ts';
export type { ModelFault, ModelRequest, ModelRequestOptions, ModelSourceOptions, RequestKind } from './model-source.ts';
export { ModelConnectionError, ModelStatusError, statuses } from './model-status.ts';
export type { ModelStatus } from './model-status.ts';
export { createModelRig, lineOf, RIG_FILE, RIG_URL, thingType, TWIN } from './model-rig.ts';
export type { ModelRig, Thing } from './model-rig.ts';
export { memoryFiles } from './memory-files.ts';
