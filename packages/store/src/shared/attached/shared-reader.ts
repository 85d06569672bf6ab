import type { LeasePool } from '@kubecast/shared-memory';
import type { EntrySource } from '../../entries/packed-entry.ts';
import type { KeyProbe } from '../../keys/key-probe.ts';
import type { Slab } from '../../records/slabs.ts';
import type { SharedMemory } from './shared-memory.ts';

export interface CopiedRecord {
  readonly slab: Slab;
  readonly offset: number;
}

/** What a snapshot needs of the view that it was taken of. */
export interface SharedReader<T> extends EntrySource<T> {
  readonly memory: SharedMemory;
  readonly probe: KeyProbe;
  readonly leases: LeasePool;
  readonly sequence: bigint;
  /** A record to keep; undefined if it is damaged, or the slot moved on. */
  keep(place: number): CopiedRecord | undefined;
  /** A record to look at, until the next is looked at. */
  glance(place: number): CopiedRecord | undefined;
  countDamaged(): void;
}
