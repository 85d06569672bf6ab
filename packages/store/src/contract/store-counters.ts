/** What a store counts, since it was made; a picture of the moment. */
export interface StoreCounters {
  readonly objects: number;
  /** Bytes of records in use, their headers of 64 bytes included. */
  readonly recordBytes: number;
  /** Bytes that the slabs hold in all, outside the JavaScript heap. */
  readonly reservedBytes: number;
  /** Records that compaction moved. */
  readonly movedRecords: number;
  /** Reads of values. */
  readonly cacheRequests: number;
  /** Reads that found the value parsed. */
  readonly cacheHits: number;
  /** What the parsed objects cost, reckoned. */
  readonly hotBytes: number;
  readonly promotions: number;
  readonly evictions: number;
  /** Records of a file whose bytes were not those that were saved; they read as absent. */
  readonly damaged: number;
}
