import { TenantCache } from '@kubecast/concurrent-map';
import type { MapContestant } from '../map-contestant.ts';

/** With a TTL, and room for all entries: it evicts nothing here. */
export default function tenantCache(entries: number): MapContestant {
  const cache = new TenantCache<string>({ defaults: { ttlMs: 3_600_000, quota: 2 * entries } });
  const tenant = cache.tenant({ namespace: 'bench' });
  return { sync: true, get: (key) => tenant.get(key), set: (key, value) => tenant.set(key, value), close: () => undefined };
}
