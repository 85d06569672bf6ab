import type { Entry } from '@kubecast/store';

/** Where a delta comes from. */
export type DeltaOrigin = 'initial' | 'watch' | 'relist' | 'resync' | 'snapshot' | 'regressed';

/** Why an object left. Only 'deleted' says that it was deleted on the server. */
export type DeleteCause = 'deleted' | 'deleted-or-unmatched' | 'scope-removed' | 'unknown';

export interface Delta<T> {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly entry: Entry<T>;
  /** What this handler was last given; only where the handler asked for it, since it keeps old bytes alive. */
  readonly previous?: Entry<T>;
  readonly origin: DeltaOrigin;
  /** For 'deleted': why it left. */
  readonly cause?: DeleteCause;
  /** For 'deleted': false where `entry` is the last state that was seen, not the last there was (found missing by a list). */
  readonly finalStateKnown?: boolean;
}
