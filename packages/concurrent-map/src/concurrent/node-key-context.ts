import { AsyncLocalStorage } from 'node:async_hooks';

/** What a running chain of asyncs holds. Tasks that were started within it keep the context when the holder has ended: `live` tells them so. */
export interface Hold {
  live: boolean;
}

/** The holds of the running chain of asyncs, by the lock that gave them and by key. Node, Bun and Deno all have AsyncLocalStorage. */
const context = new AsyncLocalStorage<ReadonlyMap<object, ReadonlyMap<string, Hold>>>();

/** The hold of a key that the running chain of asyncs is within, if its holder has not ended. */
export function holdWithin(lock: object, key: string): Hold | undefined {
  const hold = context.getStore()?.get(lock)?.get(key);
  return hold?.live === true ? hold : undefined;
}

/** Runs `section` within the hold of a key, beside what its caller holds already. The caller ends the hold by `live = false`. */
export function runWithin<R>(lock: object, key: string, hold: Hold, section: () => R): R {
  const holds = new Map(context.getStore());
  holds.set(lock, new Map(holds.get(lock)).set(key, hold));
  return context.run(holds, section);
}
