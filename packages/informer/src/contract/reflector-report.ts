/** Something worth a line in a log: it cost an object or a detour, and nothing else stopped for it. */
export interface ReflectorReport {
  readonly kind:
    | 'corrupt-object'
    /** A function of the program threw or gave what it may not give; the message names the object and the function. */
    | 'program-error'
    /** Watches ended again and again without bringing anything; a list follows. */
    | 'fruitless-watches'
    | 'late-bookmark'
    | 'streamed-list-given-up'
    | 'probe-refused'
    | 'snapshot-unused'
    | 'snapshot-foreign'
    | 'snapshot-damaged'
    | 'snapshot-failed';
  readonly message: string;
  /** What a function of the program threw. Its text may quote the object, so it is not part of `message`, and not enumerable. */
  readonly cause?: unknown;
}

/** Plain counters of one reflector. All grow only. */
export interface ReflectorCounters {
  /** Lists begun, streamed or paged. */
  lists: number;
  /** Lists that reached their end. */
  listsDone: number;
  /** Seconds spent in lists. */
  listSeconds: number;
  /** Watches begun, the streamed list's own included. */
  watches: number;
  /** Watch events, without bookmarks. */
  events: number;
  bookmarks: number;
  /** Failures that were waited out. */
  failures: number;
  /** 410 answers. */
  expired: number;
  /** 429 answers. */
  rateLimited: number;
  /** Streams that went silent. */
  idle: number;
  /** Times that the server was found to have gone back. */
  regressions: number;
  probes: number;
  /** Objects that could not be read, and were skipped. */
  corrupt: number;
  /** Throws of the program's own functions (index extractors, transform, custom stores), and results of theirs that cannot be used. */
  programErrors: number;
  /** Watches that ended without moving the version, although the server answered. */
  fruitless: number;
  /** Events that were not newer than what was seen, and were skipped. */
  duplicates: number;
  /** Times that the event loop was given a turn amid decoding. */
  yields: number;
  /** Objects of a saved file that were dropped, since the file was of another server. */
  foreign: number;
}

export function newReflectorCounters(): ReflectorCounters {
  return {
    lists: 0,
    listsDone: 0,
    listSeconds: 0,
    watches: 0,
    events: 0,
    bookmarks: 0,
    failures: 0,
    expired: 0,
    rateLimited: 0,
    idle: 0,
    regressions: 0,
    probes: 0,
    corrupt: 0,
    programErrors: 0,
    fruitless: 0,
    duplicates: 0,
    yields: 0,
    foreign: 0,
  };
}
