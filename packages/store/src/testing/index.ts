export { testRecord } from './model-object.ts';
export type { TestObject } from './model-object.ts';
export { createVirtualClock } from './virtual-clock.ts';
export type { VirtualClock } from './virtual-clock.ts';
