import { Worker } from 'node:worker_threads';
import { SharedMap } from '../threads/shared-map.ts';
import { overlaps } from './histories.ts';
import { checkLinearizable } from './linearizability.ts';
import { registerSpec } from './register-spec.ts';
import type { ThreadWork } from './node-thread-work.ts';
import { SYNC_WORDS, type ThreadReport } from './thread-client.ts';

export interface ThreadHistoryOptions {
  /** A module that calls serveThreadWork(). */
  readonly worker: URL;
  readonly histories: number;
  readonly seed?: number;
  readonly clients?: number;
  readonly keys?: number;
  /** Of each client in each history. */
  readonly operations?: number;
  /** Options of Node for the worker. */
  readonly execArgv?: readonly string[];
}

export interface ThreadHistoryReport {
  readonly histories: number;
  /** Histories in which two writes to one key overlap. */
  readonly overlapping: number;
  /** Calls that were killed. */
  readonly killed: number;
  /** What is wrong: histories that are not linearizable, and what the log and the map say of one another. At most 10. */
  readonly faults: readonly string[];
}

/** Rounds on one map, after which the threads send what they recorded. */
const BATCH = 250;

/** Runs histories of calls in threads of their own, and judges them. The map is small, so that its log goes round and its blocks are used again. */
export async function runThreadHistories(options: ThreadHistoryOptions): Promise<ThreadHistoryReport> {
  const { histories, seed = 1, clients = 4, keys = 3, operations = 8 } = options;
  const execArgv = options.execArgv ? { execArgv: [...options.execArgv] } : {};
  const workers = Array.from({ length: clients }, () => new Worker(options.worker, execArgv));
  const faults: string[] = [];
  let overlapping = 0;
  let killed = 0;
  let done = 0;
  try {
    while (done < histories && faults.length < 10) {
      const rounds = Math.min(BATCH, histories - done);
      const handle = new SharedMap<number>({ name: 'histories', changes: 64, maxBytes: 1 << 16, maxEntries: 64 }).share();
      const sync = new SharedArrayBuffer(SYNC_WORDS * 4);
      const reports = await Promise.all(
        workers.map((worker, client) =>
          ask<ThreadReport>(worker, { do: 'history', handle, sync, client, clients, rounds, operations, keys, seed: seed + done }),
        ),
      );
      for (const report of reports) faults.push(...report.faults);
      for (let round = 0; round < rounds; round += 1) {
        const history = reports.flatMap((report) => report.histories[round] ?? []);
        if (overlaps(history, 2) > 0) overlapping += 1;
        killed += history.filter(({ ended }) => ended === Infinity).length;
        const verdict = checkLinearizable(history, registerSpec);
        if (!verdict.linearizable)
          faults.push(`not linearizable (${verdict.key}): ${JSON.stringify(history.filter(({ key }) => key === verdict.key))}`);
      }
      done += rounds;
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return { histories: done, overlapping, killed, faults: faults.slice(0, 10) };
}

/** Sends a job to a worker, and waits for its answer. */
export function ask<R>(worker: Worker, job: ThreadWork): Promise<R> {
  return new Promise((resolve, reject) => {
    const onMessage = (report: R): void => {
      worker.off('error', onError);
      resolve(report);
    };
    const onError = (error: unknown): void => {
      worker.off('message', onMessage);
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    worker.once('message', onMessage);
    worker.once('error', onError);
    worker.postMessage(job);
  });
}
