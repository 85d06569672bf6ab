/** The reflector's waits, in milliseconds. The defaults are those of the best cores, or measured on the real API server. */
export interface ReflectorLimits {
  /** Back-off: first bound, largest bound, and how long without a failure resets it. Full jitter. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  readonly backoffResetMs: number;
  /**
   * The largest bound while nobody answers at all: a connection that is refused or reset costs a server little, and its pods wait for it.
   * A thousand of them are 200 tries a second, spread evenly.
   */
  readonly unreachableMaxMs: number;
  /** The largest bound while the resource is not served (its CRD is missing). */
  readonly goneMaxMs: number;
  /** A stream on which neither event nor bookmark came for this long is dead. A quiet server sends a bookmark each 60 s. */
  readonly idleMs: number;
  /** A streamed list that brings no new object for this long is reported ... */
  readonly bookmarkWarnMs: number;
  /** ... and for this long is given up for a paged list. */
  readonly bookmarkDeadlineMs: number;
  /** The longest that a streamed list may take to its end, however busy it is. */
  readonly streamedListMs: number;
  /** "Too large resource version" for this long: the server went back. */
  readonly regressedAfterMs: number;
  /** 5xx answers to a watch for this long: list again. */
  readonly serverErrorsMs: number;
  /** 429 answers to a watch for this long: list again. */
  readonly rateLimitedMs: number;
  /**
   * The longest time between two lists while each watch ends within ten seconds without bringing anything. Watches that live longer than that, and
   * still bring nothing, are listed over at most as often as `repairMaxMs` says.
   */
  readonly fruitlessMaxMs: number;
  /** How long a server that cannot stream lists is remembered as such. */
  readonly streamedListMemoryMs: number;
  /** Asked of the server for each watch: a random number of seconds between these. */
  readonly watchMinSeconds: number;
  readonly watchMaxSeconds: number;
  /** The first list starts after a random part of this: for fleets that start at once. */
  readonly startJitterMs: number;
  /** Other work gets its turn after this much decoding at a stretch. */
  readonly sliceMs: number;
  /** Objects that could not be read are listed for again after this long, and twice as long each time it did not help, up to the second. */
  readonly repairMs: number;
  readonly repairMaxMs: number;
  /**
   * After a watch that ended before its time it is asked whether the server shows the objects in another form (a changed CRD), and once more
   * after this long, since the server's own answer to that may come late.
   */
  readonly formLagMs: number;
  /** A full list each so often, besides resync; 0: never. */
  readonly relistMs: number;
}

export const defaultLimits: ReflectorLimits = {
  backoffBaseMs: 800,
  backoffMaxMs: 30_000,
  backoffResetMs: 120_000,
  unreachableMaxMs: 10_000,
  goneMaxMs: 3_000,
  idleMs: 75_000,
  bookmarkWarnMs: 10_000,
  bookmarkDeadlineMs: 30_000,
  streamedListMs: 300_000,
  regressedAfterMs: 60_000,
  serverErrorsMs: 60_000,
  rateLimitedMs: 300_000,
  fruitlessMaxMs: 300_000,
  streamedListMemoryMs: 1_800_000,
  watchMinSeconds: 300,
  watchMaxSeconds: 600,
  startJitterMs: 0,
  sliceMs: 4,
  repairMs: 60_000,
  repairMaxMs: 3_600_000,
  formLagMs: 10_000,
  relistMs: 0,
};
