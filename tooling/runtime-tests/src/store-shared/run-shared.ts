import { createVirtualClock } from '@kubecast/clock/testing';
import { Worker } from 'node:worker_threads';
import { attach, type StoreHandle } from '@kubecast/store';
import {
  EXPIRED,
  FAULTS,
  FLAG_WORDS,
  FREEZE,
  FROZEN,
  GETS,
  GROW,
  LASTING,
  POINTS,
  READER,
  READER_WORDS,
  recordOf,
  SELECTS,
  STOP,
  UNLEASED,
  WRITES,
  type Proven,
} from './shared-things.ts';

/** The share of the writer's steps that put an object. */
const PUTS = 0.8;
/** At least this is written while room is looked for: more than fits into the slabs that are open. */
const CHURN_BYTES = 8 << 20;
const RECORD_BYTES = Array.from({ length: 100 }, (_, id) => recordOf(id, id).object.length).reduce((sum, length) => sum + length) / 100;

export interface SharedRunOptions {
  readonly seconds: number;
  readonly objects: number;
  readonly seed: number;
  readonly leaseMs: number;
  readonly progress?: (line: string) => void;
}

export interface SharedRunResult {
  readonly ok: boolean;
  readonly writes: number;
  readonly gets: number;
  readonly selects: number;
  readonly expired: number;
  readonly faults: readonly string[];
  readonly slotGrowths: number;
  readonly recordMB: number;
  /** What the readers did while the writer stood still in the middle of a write, and after it was killed. */
  readonly getsWhileFrozen: number;
  readonly getsAfterKill: number;
  /** Records' bytes did not grow any more once the lease of a killed reader was over. */
  readonly pinReleased: boolean;
}

const READERS = 2;

function next(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/**
 * Two readers and a writer, each a thread: readers prove every object that they get and never yield; the store grows under them; a reader with
 * a lease is killed; the writer is stopped in the middle of a write, and killed there.
 */
export async function runShared(options: SharedRunOptions): Promise<SharedRunResult> {
  const { seconds, objects, seed, leaseMs, progress = () => undefined } = options;
  const flags = new Int32Array(new SharedArrayBuffer(FLAG_WORDS * 4));
  const orders = { flags: flags.buffer, objects, seconds, seed, leaseMs };
  const writer = new Worker(new URL('./writer-worker.ts', import.meta.url), { workerData: orders });
  writer.on('error', (error) => progress(`writer: ${String(error)}`));
  const handle = (await next(writer)) as StoreHandle;
  const sum = (word: number): number => {
    let total = 0;
    for (let i = 0; i < READERS; i += 1) total += Atomics.load(flags, READER + i * READER_WORDS + word);
    return total;
  };
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await sleep(2);
  };

  const readers = Array.from(
    { length: READERS },
    (_, number) =>
      new Worker(new URL('./reader-worker.ts', import.meta.url), { workerData: { flags: flags.buffer, handle, number, objects } }),
  );
  const told = Promise.all(readers.map(next)) as Promise<{ faults: string[] }[]>;

  // A reader with a lease is killed in the first third.
  const pin = new Worker(new URL('./pin-worker.ts', import.meta.url), { workerData: { handle } });
  await next(pin);
  await pin.terminate();

  await until(() => sum(GETS) > 0 || sum(FAULTS) > 0);
  const firstBytes = handle.slots.byteLength;
  Atomics.store(flags, GROW, 1);
  const end = performance.now() + seconds * 1000;
  let shown = performance.now();
  // A writer that gets little time needs longer than `seconds` for its full size.
  while ((performance.now() < end || Atomics.load(flags, LASTING) < objects) && sum(FAULTS) === 0) {
    await sleep(20);
    if (performance.now() - shown > 5_000) {
      shown = performance.now();
      progress(
        `${Math.round((end - shown) / 1000)} s left, ${Atomics.load(flags, WRITES)} writes, ${sum(GETS)} gets, ${sum(SELECTS)} selects, ${Atomics.load(flags, LASTING)} objects`,
      );
    }
  }
  // Each growth is by a quarter; told by the size, since this thread may look away for several of them.
  const slotGrowths = Math.round(Math.log(handle.slots.byteLength / firstBytes) / Math.log(1.25));
  // It has its full size, and the lease of the killed is over. What a live reader walks over stays for as long as its own lease, so none walks now: all that
  // is written from here finds room that was left. A lease that never ended would hold the room of everything written since.
  Atomics.store(flags, POINTS, 1);
  await until(() => sum(UNLEASED) === READERS || sum(FAULTS) > 0);
  const records = handle.records.byteLength;
  const writes = Atomics.load(flags, WRITES);
  const churn = Math.max(CHURN_BYTES, records / 2) / (PUTS * RECORD_BYTES);
  await until(() => Atomics.load(flags, WRITES) - writes >= churn || sum(FAULTS) > 0);
  const pinReleased = handle.records.byteLength - records <= CHURN_BYTES / 2;
  Atomics.store(flags, POINTS, 0);

  Atomics.store(flags, FREEZE, 1);
  await until(() => Atomics.load(flags, FROZEN) === 1);
  const atFreeze = sum(GETS);
  const selectsAtFreeze = sum(SELECTS);
  await until(() => (sum(GETS) - atFreeze > 2_000 && sum(SELECTS) - selectsAtFreeze > 4) || sum(FAULTS) > 0);
  const getsWhileFrozen = sum(GETS) - atFreeze;
  await Promise.race([writer.terminate(), sleep(1_000)]);
  const atKill = sum(GETS);
  const selectsAtKill = sum(SELECTS);
  await until(() => (sum(GETS) - atKill > 2_000 && sum(SELECTS) - selectsAtKill > 4) || sum(FAULTS) > 0);
  const getsAfterKill = sum(GETS) - atKill;
  // A reader that comes now can still read the store. The writer is dead and expires no lease; a slow machine needs longer for the walk than the lease lasts.
  const late = [...attach<Proven>(handle, { clock: createVirtualClock() }).select()].length;
  Atomics.store(flags, STOP, 1);
  const reports = await told;
  await Promise.all(readers.map((reader) => reader.terminate()));
  const faults = reports.flatMap((report) => report.faults);
  if (late < Atomics.load(flags, LASTING)) faults.push(`a late reader found ${late} of ${Atomics.load(flags, LASTING)}`);
  return {
    ok: faults.length === 0 && sum(FAULTS) === 0 && slotGrowths >= 4 && pinReleased && getsWhileFrozen > 0 && getsAfterKill > 0,
    writes: Atomics.load(flags, WRITES),
    gets: sum(GETS),
    selects: sum(SELECTS),
    expired: sum(EXPIRED),
    faults,
    slotGrowths,
    recordMB: Math.round(handle.records.byteLength / 1e5) / 10,
    getsWhileFrozen,
    getsAfterKill,
    pinReleased,
  };
}
