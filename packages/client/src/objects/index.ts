export { batchPatch, type BatchOptions, type BatchSummary, type PatchResult, type PatchTarget } from './batch-patch.ts';
export { coerce, type Coercion } from './coerce.ts';
export { diff, jsonPatch, mergePatch, MergePatchError, pointer, type Difference } from './diff.ts';
export { deepCopy, formatPath, getAt, PathError, removeAt, setAt, type Found, type JsonType, type Path } from './paths.ts';
export { SafeAs, viewAs, type Fallback, type SafeAsCounters, type Viewed } from './safe-as.ts';
