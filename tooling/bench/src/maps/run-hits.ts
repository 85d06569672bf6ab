/** The part of the requests that a full cache answers, for three kinds of requests, and what a request costs. */
import { TenantCache } from '@kubecast/concurrent-map';
import { LRUCache } from 'lru-cache';
import { settle } from '../sync/measure.ts';
import { observeCollections } from './collections.ts';
import { zipf } from '@kubecast/concurrent-map/testing';
import { randomFractions, randomNumbers } from './requests.ts';

const [who = ''] = process.argv.slice(2);
const requests = Number(process.env['BENCH_OBJECTS']);
const CAPACITY = 1_000;
const KEYS = 50_000;

interface Cache {
  get(key: string): number | undefined;
  set(key: string, value: number): unknown;
}
function cache(): Cache {
  if (who === 'lru-cache') return new LRUCache<string, number>({ max: CAPACITY });
  return new TenantCache<number>({ defaults: { quota: CAPACITY } }).tenant({ namespace: 'bench' });
}

const popular = zipf(KEYS, 0.9, randomFractions(randomNumbers(3)));
const traces: Readonly<Record<string, (request: number) => number>> = {
  zipfPercent: popular,
  // Of every ten thousand requests three thousand go through keys that are never asked for again.
  scanPercent: (request) => (request % 10_000 < 3_000 ? KEYS + request : popular()),
  loopPercent: (request) => request % (CAPACITY + CAPACITY / 2),
};
const figures: Record<string, number> = {};
let ms = 0;
const collections = observeCollections();
for (const [name, trace] of Object.entries(traces)) {
  const keys = Array.from({ length: requests }, (_, i) => `namespace/name-${trace(i)}`);
  const held = cache();
  let hits = 0;
  const begun = performance.now();
  for (let i = 0; i < requests; i += 1) {
    const key = keys[i] as string;
    if (held.get(key) === undefined) held.set(key, i);
    else hits += 1;
  }
  ms += performance.now() - begun;
  figures[name] = (100 * hits) / requests;
}
const { count, totalMs } = await collections.end();
figures['perSecond'] = (3 * 1000 * requests) / ms;
figures['collections'] = count;
figures['collectionMs'] = totalMs;
console.log(JSON.stringify(figures));
await settle();
