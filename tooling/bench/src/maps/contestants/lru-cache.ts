import { LRUCache } from 'lru-cache';
import type { MapContestant } from '../map-contestant.ts';

/** With a TTL, and room for all entries: it evicts nothing here. */
export default function lruCache(entries: number): MapContestant {
  const cache = new LRUCache<string, string>({ max: 2 * entries, ttl: 3_600_000 });
  return { sync: true, get: (key) => cache.get(key), set: (key, value) => cache.set(key, value), close: () => cache.clear() };
}
