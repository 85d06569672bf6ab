export { applyPatch, type ApplyRequest, type ApplyResult } from './apply-patch.ts';
export { trackCreate, trackUpdate, type Write } from './track.ts';
export { FieldSet, pathText } from './field-set.ts';
export { typedRoot } from './typed-schema.ts';
