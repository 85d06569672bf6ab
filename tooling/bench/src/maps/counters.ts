import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ConcurrentMap } from '@kubecast/concurrent-map';

/** A number for each key, to which many asyncs add one. Between its reading and its writing an update awaits, as one that asks a server does. */
export interface Counters {
  add(key: string): Promise<unknown>;
  get(key: string): number | Promise<number>;
  close?(): Promise<unknown>;
}

const other = (): Promise<void> => Promise.resolve();

/** One update at a time, in the order of the calls: what programs build of promises. */
function promiseLock(): <R>(section: () => Promise<R>) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (section) => {
    const run = last.then(section, section);
    last = run;
    return run;
  };
}

function locked(locks: number): Counters {
  const map = new Map<string, number>();
  const all = Array.from({ length: locks }, promiseLock);
  const hash = (key: string): number => {
    let sum = 0;
    for (let i = 0; i < key.length; i += 1) sum = (Math.imul(sum, 31) + key.charCodeAt(i)) >>> 0;
    return sum % locks;
  };
  return {
    add: (key) =>
      (all[hash(key)] as ReturnType<typeof promiseLock>)(async () => {
        const read = map.get(key) ?? 0;
        await other();
        map.set(key, read + 1);
      }),
    get: (key) => map.get(key) ?? 0,
  };
}

function messages(): Counters {
  const worker = new Worker(join(import.meta.dirname, `counter-owner${extname(import.meta.filename)}`));
  const waiting = new Map<number, (value: number) => void>();
  let last = 0;
  worker.on('message', ({ id, value }: { readonly id: number; readonly value: number }) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  const ask = (key: string, add: number): Promise<number> =>
    new Promise((resolve) => {
      const id = (last += 1);
      waiting.set(id, resolve);
      worker.postMessage({ id, key, add });
    });
  return { add: (key) => ask(key, 1), get: (key) => ask(key, 0), close: () => worker.terminate() };
}

const ways: Readonly<Record<string, () => Counters>> = {
  unguarded() {
    const map = new Map<string, number>();
    return {
      async add(key) {
        const read = map.get(key) ?? 0;
        await other();
        map.set(key, read + 1);
      },
      get: (key) => map.get(key) ?? 0,
    };
  },
  'one-lock': () => locked(1),
  'many-locks': () => locked(64),
  messages,
  withKey() {
    const map = new ConcurrentMap<number>();
    return {
      add: (key) =>
        map.withKey(key, async () => {
          const read = map.get(key) ?? 0;
          await other();
          map.set(key, read + 1);
        }),
      get: (key) => map.get(key) ?? 0,
    };
  },
  compareAndSet() {
    const map = new ConcurrentMap<number>();
    return {
      async add(key) {
        for (;;) {
          const entry = map.entry(key);
          await other();
          if (map.compareAndSet(key, entry?.version, (entry?.value ?? 0) + 1) !== undefined) return;
        }
      },
      get: (key) => map.get(key) ?? 0,
    };
  },
  compute() {
    const map = new ConcurrentMap<number>();
    return {
      async add(key) {
        await other();
        map.compute(key, (value) => (value ?? 0) + 1);
      },
      get: (key) => map.get(key) ?? 0,
    };
  },
};

export function countersOf(who: string): Counters {
  const way = ways[who];
  if (!way) throw new Error(`there is no way ${who}`);
  return way();
}
