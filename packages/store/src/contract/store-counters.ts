/** What is counted of the objects that are kept parsed (the hot tier), and of reads from bytes (the packed tier); a picture of the moment. */
export interface HotCounters {
  /** Reads of values. */
  readonly cacheRequests: number;
  /** Reads that found the value parsed: hits of the hot tier. */
  readonly cacheHits: number;
  /** Reads that parsed the value from its bytes: hits of the packed tier. */
  readonly packedReads: number;
  /** Objects that are kept parsed. */
  readonly hotObjects: number;
  /** What the parsed objects cost, reckoned. */
  readonly hotBytes: number;
  /** Objects that were read often enough to be kept parsed. */
  readonly promotions: number;
  /** Parsed objects that were let go for room. One whose object changed or went is not counted. */
  readonly evictions: number;
}

/** What a store counts, since it was made; a picture of the moment. */
export interface StoreCounters extends HotCounters {
  readonly objects: number;
  /** Bytes of records in use, their headers of 64 bytes included. */
  readonly recordBytes: number;
  /** Bytes that the slabs hold in all, outside the JavaScript heap. */
  readonly reservedBytes: number;
  /** Records that compaction moved. */
  readonly movedRecords: number;
  /** Records of a file whose bytes were not those that were saved; they read as absent. */
  readonly damaged: number;
}
