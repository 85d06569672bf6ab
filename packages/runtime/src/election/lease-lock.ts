import type { Lease } from '@kubecast/crd';

/** How an elector reads and writes its one Lease. `leaseLock` makes one of a client. Failures carry the API server's status. */
export interface LeaseLock {
  /** namespace/name, for messages. */
  readonly name: string;
  /** Undefined if there is none. */
  get(signal: AbortSignal): Promise<Lease | undefined>;
  create(lease: Lease, signal: AbortSignal): Promise<Lease>;
  /** Writes with the resourceVersion that the Lease carries: refused with 409 if another wrote since. */
  replace(lease: Lease, signal: AbortSignal): Promise<Lease>;
}
