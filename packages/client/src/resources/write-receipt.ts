import type { Key } from '@kubecast/store';

/** What a write left behind, for `informer.waitFor`. That of a dry run, which leaves nothing, is nothing to wait for. */
export interface WriteReceipt {
  readonly key: Key;
  /** `''` where neither the answer nor the caller told it: that of an eviction without a precondition. */
  readonly uid: string;
  /** The written object's resourceVersion; absent where the server tells none (the Status that answers a delete). */
  readonly version?: string;
  /** Whether the object is gone (deleted at once, or its last finalizer removed), not merely marked. */
  readonly gone: boolean;
}
