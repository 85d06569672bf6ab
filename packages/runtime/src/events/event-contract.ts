import type { Clock } from '@kubecast/clock';
import type { Event, ResourceType } from '@kubecast/crd';

/** An object that an event is about: only its metadata is read. */
export interface Regarded {
  readonly metadata: {
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

/** How events are written. `eventSink` makes one of a client. Failures carry the API server's status. */
export interface EventSink {
  create(event: Event, signal: AbortSignal): Promise<void>;
  /** A JSON merge patch. */
  patch(namespace: string, name: string, patch: object, signal: AbortSignal): Promise<void>;
}

export interface EventRecorderOptions {
  readonly sink: EventSink;
  /** `iidp.com/controller`: who reports. A qualified name, checked when the recorder is made. */
  readonly controller: string;
  /** The process: the pod's name. Cut at 128 bytes. */
  readonly instance: string;
  readonly clock?: Clock;
  /** Events about one object that may come at once. Default 25. */
  readonly burst?: number;
  /** Afterwards one each so many milliseconds. Default 300,000. */
  readonly refillMs?: number;
  /** Milliseconds between writes of the counts of what repeats. Default 60,000. */
  readonly flushMs?: number;
  /** Told of each event that is not written, and why. Must not throw. */
  readonly onError?: (error: unknown) => void;
}

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** Why, CamelCase; cut at 128 bytes. */
  readonly reason: string;
  /** What was done or tried, CamelCase; cut at 128 bytes. */
  readonly action: string;
  /** For people; cut at 1,024 bytes. */
  readonly note: string;
}

/** What became of the calls of `record`: each is counted once as created, repeated, dropped, refused or failed. */
export interface EventCounters {
  readonly created: number;
  /** Repeats that were counted in a series. */
  readonly repeated: number;
  /** Of both, those whose note was combined with similar ones. */
  readonly combined: number;
  /** Over the object's budget, over the bound of what waits, cut off by the end, or after it. */
  readonly dropped: number;
  /** What no server would take: a type that is neither Normal nor Warning, no reason, no action. */
  readonly refused: number;
  /** Writes that were given up. */
  readonly failed: number;
  /** Events that were gone (their time to live was over) and were made anew. */
  readonly recreated: number;
}

/** Records events (events.k8s.io/v1). Never waits and never throws: an event is a courtesy. */
export interface EventRecorder {
  record(type: ResourceType, object: Regarded, event: EventNote): void;
  /** Writes what waits and the counts of all series. While the server is away that takes as long as the server is waited for: some two minutes. */
  flush(): Promise<void>;
  /** Flushes, then ends; what is not written by the deadline (default 5,000 ms) is dropped and counted. Idempotent. */
  stop(options?: { readonly deadlineMs?: number }): Promise<void>;
  readonly counters: EventCounters;
}
