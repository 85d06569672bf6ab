export { ageOf, shortDuration } from './age.ts';
export { jsonPathValues } from './json-path.ts';
export { partialList, partialObject } from './partial-object.ts';
export { bookmarkTable, toTable, watchTable } from './table.ts';
export type { IncludeObject, MetaVersion, TableOptions } from './table.ts';
