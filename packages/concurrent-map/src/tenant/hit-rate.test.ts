import { createVirtualClock } from '@kubecast/clock/testing';
import { LRUCache } from 'lru-cache';
import { expect, test } from 'vitest';
import { TenantCache } from '../index.ts';
import { zipf } from '../testing/zipf.ts';

const CAPACITY = 1000;
const REQUESTS = 200_000;

function traces(): Readonly<Record<string, () => number>> {
  const { random } = createVirtualClock({ seed: 3 });
  const popular = zipf(50_000, 0.9, random);
  let scanned = 0;
  let requests = 0;
  let looped = 0;
  return {
    'Zipf 0.9 over 50,000 keys': popular,
    // Every tenth thousand of requests goes through keys that are never asked for again.
    'Zipf 0.9 with scans': () => ((requests += 1) % 10_000 < 3000 ? 1_000_000 + (scanned += 1) : popular()),
    'a loop over 1,500 keys': () => (looped += 1) % 1500,
  };
}

for (const [name, next] of Object.entries(traces())) {
  test(`the hit rate is at least that of lru-cache: ${name}`, () => {
    const tenant = new TenantCache<number>({ defaults: { quota: CAPACITY } }).tenant({ namespace: 'a' });
    const lru = new LRUCache<string, number>({ max: CAPACITY });
    let ours = 0;
    let theirs = 0;
    for (let i = 0; i < REQUESTS; i += 1) {
      const key = `key-${next()}`;
      if (tenant.get(key) === undefined) tenant.set(key, i);
      else ours += 1;
      if (lru.get(key) === undefined) lru.set(key, i);
      else theirs += 1;
    }
    console.log(`${name}: ${((100 * ours) / REQUESTS).toFixed(1)}% of requests, lru-cache ${((100 * theirs) / REQUESTS).toFixed(1)}%`);
    expect(ours).toBeGreaterThanOrEqual(theirs);
  });
}
