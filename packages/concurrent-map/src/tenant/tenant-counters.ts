/** What happened to one tenant's entries, or to those of several together. */
export interface TenantCounters {
  readonly hits: number;
  readonly misses: number;
  /** Entries that went because the quota was full. */
  readonly evictions: number;
  /** Entries that went because their time was over. */
  readonly expirations: number;
  /** Values that weigh more than the whole quota and were not taken. */
  readonly refusals: number;
  readonly entries: number;
  readonly weight: number;
  readonly quota: number;
}

export const noCounters: TenantCounters = {
  hits: 0,
  misses: 0,
  evictions: 0,
  expirations: 0,
  refusals: 0,
  entries: 0,
  weight: 0,
  quota: 0,
};

export function addCounters(a: TenantCounters, b: TenantCounters): TenantCounters {
  return {
    hits: a.hits + b.hits,
    misses: a.misses + b.misses,
    evictions: a.evictions + b.evictions,
    expirations: a.expirations + b.expirations,
    refusals: a.refusals + b.refusals,
    entries: a.entries + b.entries,
    weight: a.weight + b.weight,
    quota: a.quota + b.quota,
  };
}
