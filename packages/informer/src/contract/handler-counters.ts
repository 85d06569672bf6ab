/** Plain counters of one handler. */
export interface HandlerCounters {
  /** Deltas handed to the handler. */
  delivered: number;
  /** Deltas for which it threw or rejected. */
  errors: number;
  /** Changes folded into one that waited already. */
  coalesced: number;
  /** Adds and deletes that cancelled out before they reached the handler. */
  cancelled: number;
  /** Times that only the key was kept of what waits, since the buffer or what it may pin was full. */
  unpinned: number;
  /** Changes dropped by the overflow policy 'resync'; the replay after it hands the objects out again. */
  dropped: number;
  /** Replays of the store. */
  replays: number;
  /** Keys whose final state never reached the handler: what waited when it was removed. */
  lost: number;
  /** Throws of its filter; the object is treated as not matching. */
  filterErrors: number;
}

export function newHandlerCounters(): HandlerCounters {
  return { delivered: 0, errors: 0, coalesced: 0, cancelled: 0, unpinned: 0, dropped: 0, replays: 0, lost: 0, filterErrors: 0 };
}
