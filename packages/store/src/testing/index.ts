export { testRecord } from './model-object.ts';
export type { TestObject } from './model-object.ts';
