import type { KeptRecord, StateLog, StateRecord } from '../stateful/stateful-map.ts';
import type { DurableMap } from './durable-map.ts';

/**
 * The log of a StatefulMap over a DurableMap, which it has for itself: `StatefulMap.open({ log: durableStates(map) })`. A state is shown when it is durable; its
 * version is the sequence of its write. When the disk refuses a write, the DurableMap gets back what the StatefulMap goes on to show.
 */
export function durableStates(map: DurableMap<StateRecord>): StateLog {
  const flushed = async (key: string, sequence: number, before: StateRecord | undefined): Promise<void> => {
    try {
      await map.flushed(sequence);
    } catch (error) {
      if (before === undefined) map.delete(key);
      else map.set(key, before);
      throw error;
    }
  };
  return {
    load: () => Promise.resolve(records(map)),
    async write(key, record) {
      const before = map.get(key);
      const sequence = map.set(key, record);
      await flushed(key, sequence, before);
      return sequence;
    },
    async remove(key) {
      const before = map.get(key);
      const sequence = map.delete(key);
      if (sequence !== undefined) await flushed(key, sequence, before);
    },
  };
}

function* records(map: DurableMap<StateRecord>): IterableIterator<[string, KeptRecord]> {
  for (const key of map.keys()) {
    const entry = map.entry(key);
    if (entry !== undefined) yield [key, { ...entry.value, version: entry.version }];
  }
}
