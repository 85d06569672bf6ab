export { DurableMap } from './durable-map.ts';
export type { DurableCounters, DurableMapOptions } from './durable-map.ts';
export {
  DurableClosedError,
  DurableDamagedError,
  DurableFolderError,
  DurableFormatError,
  DurableHeldError,
  DurablePendingError,
  DurableWriteError,
} from './durable-errors.ts';
export { LevelMissingError } from './level-module.ts';
export { durableStates } from './durable-states.ts';
