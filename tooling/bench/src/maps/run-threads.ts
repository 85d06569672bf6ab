/** One map that several threads ask, nine reads to one write: a SharedMap, or a Map that this thread owns and answers messages for. */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { settle } from '../sync/measure.ts';
import type { Request } from './map-owner.ts';
import { keyOf, valueOf } from './requests.ts';
import { sharedMapFor } from './shared-maps.ts';
import type { ThreadReport, ThreadTask } from './thread.ts';

const [who = ''] = process.argv.slice(2);
const entries = Number(process.env['BENCH_OBJECTS']);
const seconds = Number(process.env['BENCH_SECONDS']);
const threads = Number(process.env['BENCH_THREADS']);
const shared = who === 'shared-map' ? sharedMapFor(entries) : undefined;
const map = shared ?? new Map<string, string>();
for (let i = 0; i < entries; i += 1) map.set(keyOf(i), valueOf(i));

const go = new Int32Array(new SharedArrayBuffer(4));
let ready = 0;
const begin = Promise.withResolvers<void>();
const reports = Array.from({ length: threads }, async (_, number): Promise<ThreadReport> => {
  const workerData: ThreadTask = { entries, seconds, seed: number + 1, go, ...(shared ? { handle: shared.share() } : {}) };
  const worker = new Worker(join(import.meta.dirname, `thread${extname(import.meta.filename)}`), { workerData });
  const { promise, resolve, reject } = Promise.withResolvers<ThreadReport>();
  worker.on('error', reject);
  worker.on('message', (message: 'ready' | Request | { readonly report: ThreadReport }) => {
    if (message === 'ready') {
      ready += 1;
      if (ready === threads) begin.resolve();
    } else if ('report' in message) resolve(message.report);
    else {
      const { id, key, value } = message;
      if (value !== undefined) map.set(key, value);
      worker.postMessage({ id, value: value ?? map.get(key) });
    }
  });
  const report = await promise;
  await worker.terminate();
  return report;
});
await begin.promise;
const cpu = process.cpuUsage();
const begun = performance.now();
Atomics.store(go, 0, 1);
Atomics.notify(go, 0);
const all = await Promise.all(reports);
const ms = performance.now() - begun;
const { user, system } = process.cpuUsage(cpu);
const requests = all.reduce((sum, { done }) => sum + done, 0);
console.log(
  JSON.stringify({
    perSecond: (1000 * requests) / ms,
    perCpuSecond: (1e6 * requests) / (user + system),
    // Of the thread that fared worst.
    p50Us: Math.max(...all.map(({ p50Us }) => p50Us)),
    p99Us: Math.max(...all.map(({ p99Us }) => p99Us)),
  }),
);
await settle();
