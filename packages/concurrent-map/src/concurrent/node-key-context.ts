import { AsyncLocalStorage } from 'node:async_hooks';

/** The keys that the running chain of asyncs holds, by the lock that gave them. Node, Bun and Deno all have AsyncLocalStorage. */
const context = new AsyncLocalStorage<ReadonlyMap<object, ReadonlySet<string>>>();

export function keysWithin(lock: object): ReadonlySet<string> | undefined {
  return context.getStore()?.get(lock);
}

/** Runs `section` as one that holds `key`, beside what its caller holds already. */
export function withinKey<R>(lock: object, within: ReadonlySet<string> | undefined, key: string, section: () => R): R {
  const keys = new Set(within);
  keys.add(key);
  return context.run(new Map(context.getStore()).set(lock, keys), section);
}
