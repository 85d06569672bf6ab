import { TimeSlice, type Clock } from '@kubecast/clock';
import type { TenantShard } from './tenant-shard.ts';
import type { TenantSpace } from './tenant-space.ts';

/** Entries that one slice removes at most. */
const SLICE_REMOVALS = 256;
/** Milliseconds that one slice takes at most; the clock is read at every sixteenth removal. */
const SLICE_MS = 1;
/** Parts of which more than this is expired are collected first. */
const MOSTLY_EXPIRED = 0.7;

export interface CollectionReport {
  readonly removed: number;
  readonly slices: number;
}

/** Removes every entry that is expired now, one slice a turn of the event loop. */
export async function collectExpired<V>(tenants: Iterable<TenantSpace<V>>, clock: Clock): Promise<CollectionReport> {
  const now = clock.now();
  let removed = 0;
  let slices = 1;
  let inSlice = 0;
  let begun = now;
  const mostly: { readonly tenant: TenantSpace<V>; readonly shard: TenantShard<V> }[] = [];
  const rest: typeof mostly = [];
  const slice = new TimeSlice(clock, SLICE_MS);
  for (const tenant of tenants) {
    for (const shard of tenant.shards()) {
      const part = shard.expiredPart(tenant.expiredUntil(now));
      if (part > 0) (part > MOSTLY_EXPIRED ? mostly : rest).push({ tenant, shard });
    }
    // Of tens of thousands of tenants only the look at each takes longer than a slice.
    if (slice.due()) await slice.yield();
  }
  for (const { tenant, shard } of mostly.concat(rest)) {
    for (;;) {
      // The TTL may be changed between two slices.
      const entry = shard.nextExpired(tenant.expiredUntil(now));
      if (!entry) break;
      tenant.expire(entry);
      removed += 1;
      inSlice += 1;
      if (inSlice < SLICE_REMOVALS && ((inSlice & 15) !== 0 || clock.now() - begun < SLICE_MS)) continue;
      await clock.yield();
      slices += 1;
      inSlice = 0;
      begun = clock.now();
    }
  }
  return { removed, slices };
}
