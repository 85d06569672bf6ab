import { parentPort, workerData } from 'node:worker_threads';
import { attach, type StoreHandle } from '@kubecast/store';
import type { Proven } from './shared-things.ts';

// Takes a lease and never gives it back: this thread is killed. It yields, since one runtime cannot end a thread that does not.
const view = attach<Proven>((workerData as { handle: StoreHandle }).handle);
const iteration = view.select();
iteration.next();
parentPort?.postMessage('pinned');
setInterval(() => iteration, 1_000);
