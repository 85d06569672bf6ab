import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What a running chain of asyncs holds: a key of a lock. Tasks that were started within it keep the context when the holder has ended; `end()` tells them so.
 * Holds form a chain from the innermost outwards.
 */
export class Hold {
  readonly lock: object;
  readonly key: string;
  outer: Hold | undefined;
  live = true;

  /** Within what its maker holds already. */
  constructor(lock: object, key: string) {
    this.lock = lock;
    this.key = key;
    this.outer = firstLive(context.getStore());
  }

  end(): void {
    this.live = false;
  }
}

/** Node, Bun and Deno all have AsyncLocalStorage. */
const context = new AsyncLocalStorage<Hold>();

/** Holds that ended are cut out of the chain: tasks that start one another for ever would make it longer and longer. */
function firstLive(hold: Hold | undefined): Hold | undefined {
  let first = hold;
  while (first !== undefined && !first.live) first = first.outer;
  if (first !== undefined) {
    let outer = first.outer;
    while (outer !== undefined && !outer.live) outer = outer.outer;
    first.outer = outer;
  }
  return first;
}

/** The hold of a key that the running chain of asyncs is within, if its holder has not ended. */
export function holdWithin(lock: object, key: string): Hold | undefined {
  for (let hold = firstLive(context.getStore()); hold !== undefined; hold = firstLive(hold.outer))
    if (hold.lock === lock && hold.key === key) return hold;
  return undefined;
}

/** Runs `section` within a hold. The caller ends the hold. */
export function runWithin<R>(hold: Hold, section: () => R): R {
  return context.run(hold, section);
}
