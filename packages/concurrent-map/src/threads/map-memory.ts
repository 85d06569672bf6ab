import { growable } from '@kubecast/shared-memory';
import { MapHandleError, MapOptionsError } from '../errors.ts';
import { CONTROL_WORDS, FORMAT, LEVELS, LOG_LENGTH, MAP_FORMAT, MAX_ENTRIES, SEED, type SharedMapHandle } from '../cells/layout.ts';
import { levelsFor, tableBytes } from '../cells/slot-table.ts';

export interface SharedMapOptions {
  /** Named in errors. Default `map`. */
  readonly name?: string;
  /** Bytes of records at most, the kept history of changes included; address space is reserved, memory is taken as it is filled. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Keys at most. Default 1,048,576. */
  readonly maxEntries?: number;
  /** Changes that are kept for snapshots and subscribers, rounded up to a power of two. Default 16,384. */
  readonly changes?: number;
}

export const LEAST_BYTES: number = 1 << 16;
const MOST_BYTES = 2 ** 31 - LEAST_BYTES;
const MOST_ENTRIES = 1 << 24;
const MOST_CHANGES = 1 << 16;

/** @throws MapOptionsError naming the option. */
export function createMemory(options: SharedMapOptions): SharedMapHandle {
  const { name = 'map', maxBytes = 1 << 26, maxEntries = 1 << 20, changes = 1 << 14 } = options;
  if (typeof name !== 'string') throw new MapOptionsError(`the option "name" of a SharedMap is a string, not ${typeof name}`);
  const check = (option: string, value: number, least: number, most: number): void => {
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new MapOptionsError(
        `the option "${option}" of the map "${name}" is a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}, not ${String(value)}`,
      );
  };
  check('maxBytes', maxBytes, LEAST_BYTES, MOST_BYTES);
  check('maxEntries', maxEntries, 1, MOST_ENTRIES);
  check('changes', changes, 1, MOST_CHANGES);
  const length = 2 ** Math.max(4, Math.ceil(Math.log2(changes)));
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
  control[FORMAT] = MAP_FORMAT;
  control[SEED] = crypto.getRandomValues(new Int32Array(1))[0] as number;
  control[LOG_LENGTH] = length;
  control[MAX_ENTRIES] = maxEntries;
  control[LEVELS] = 1;
  return {
    format: MAP_FORMAT,
    name,
    control: control.buffer as SharedArrayBuffer,
    log: new SharedArrayBuffer(length * 8),
    table: growable(tableBytes(1), tableBytes(levelsFor(maxEntries))),
    data: growable(LEAST_BYTES, maxBytes),
  };
}

/** @throws MapHandleError for what is no handle of a map of this version. */
export function checkHandle(handle: SharedMapHandle): void {
  const parts: readonly unknown[] = [handle?.control, handle?.log, handle?.table, handle?.data];
  if (handle?.format !== MAP_FORMAT || !parts.every((part) => part instanceof SharedArrayBuffer))
    throw new MapHandleError('this is no handle of a SharedMap of this version; pass what share() gave, unchanged');
  if (new Int32Array(handle.control)[FORMAT] !== MAP_FORMAT) throw new MapHandleError('the map of this handle is of another version');
}
