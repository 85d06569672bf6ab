export { applyPatch, type ApplyResult } from './apply-patch.ts';
export { trackCreate, trackUpdate, type Write } from './track.ts';
export { typedRoot } from './typed-schema.ts';
