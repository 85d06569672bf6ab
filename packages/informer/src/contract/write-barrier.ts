import type { WriteReceipt } from '@kubecast/client';
import type { Entry, Key, ScopeId } from '@kubecast/store';
import { compareResourceVersions } from '@kubecast/store';

/** Where an informer stood before a write began: what the write's receipt is measured by. */
export interface WriteBarrier {
  readonly key: Key;
  readonly scope: ScopeId;
  readonly epoch: number;
  /** The newest version that was seen; every change up to it is in the view. */
  readonly version: string;
  /** What the view held under the key. */
  readonly held: { readonly uid: string; readonly version: string } | undefined;
  /** Whether an object of this key, had it been there, would be in the view for sure. */
  readonly complete: boolean;
}

export function barrierOf<T>(
  key: Key,
  entry: Entry<T> | undefined,
  scope: { readonly id: ScopeId; readonly epoch: number; readonly version: string; readonly complete: boolean },
): WriteBarrier {
  const { id, epoch, version, complete } = scope;
  return { key, scope: id, epoch, version, held: entry === undefined ? undefined : { uid: entry.uid, version: entry.version }, complete };
}

/**
 * Whether a write that began after the barrier was taken was answered by a server that went back. A new version is above every older one, so a version at
 * or below the barrier's is one of a write that changed nothing, and shows the object as it stood before, or it is proof. The first is told by
 * the view, which had every change up to the barrier's version. Receipts of deletes show the version before the delete, and prove nothing.
 */
export function provesRegression(receipt: WriteReceipt, barrier: WriteBarrier): boolean {
  const { version } = receipt;
  if (receipt.gone || version === undefined || barrier.version === '') return false;
  const order = compareResourceVersions(version, barrier.version);
  if (order !== -1 && order !== 0) return false;
  if (barrier.held === undefined || barrier.held.uid !== receipt.uid) return barrier.complete;
  return version !== barrier.held.version;
}
