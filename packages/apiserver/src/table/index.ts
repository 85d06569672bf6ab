export { partialList, partialObject } from './partial-object.ts';
export { bookmarkTable, toTable, watchTable } from './table.ts';
export type { IncludeObject, TableOptions } from './table.ts';
