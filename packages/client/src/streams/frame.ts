/** The type of a watch event (Kubernetes API concepts, efficient detection of changes). */
export type FrameType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** One watch event, not parsed. */
export interface Frame {
  readonly type: FrameType;
  /** The event's object, JSON in UTF-8. Borrowed until the next batch is asked for. */
  readonly object: Uint8Array;
}

export interface WatchOptions {
  readonly resourceVersion?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly timeoutSeconds?: number;
  readonly allowWatchBookmarks?: boolean;
  /** Streamed list (KEP-3157): existing objects first, then a bookmark annotated k8s.io/initial-events-end=true. */
  readonly sendInitialEvents?: boolean;
  readonly resourceVersionMatch?: 'NotOlderThan';
}

/**
 * Opens one watch and yields batches of frames as they arrive. Ends when the server ends the stream; throws a typed error for an
 * HTTP error, a broken connection or a line over the limit. An ERROR frame is yielded like any other.
 */
export type WatchFrames = (options: WatchOptions, signal: AbortSignal) => AsyncIterable<readonly Frame[]>;
