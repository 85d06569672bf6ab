/** What the server does instead of answering, or in addition to it. */
export type Fault =
  /** Cuts the connection without an answer. On a watch, `afterEvents` lets that many events through first. */
  | { readonly type: 'drop'; readonly afterEvents?: number }
  /** Accepts the request and never answers it; on a watch, with `afterEvents`, falls silent after them. */
  | { readonly type: 'stall'; readonly afterEvents?: number }
  /** Answers after this many milliseconds. */
  | { readonly type: 'slow'; readonly ms: number }
  /** Answers with a failure as the API server words it. `retryAfterSeconds` becomes the Retry-After header as well. */
  | {
      readonly type: 'status';
      readonly code: 401 | 403 | 404 | 409 | 410 | 429 | 500 | 503 | 504;
      readonly retryAfterSeconds?: number;
      readonly message?: string;
    }
  /** A watch is answered 200 and then an ERROR event with this code. */
  | { readonly type: 'watch-error'; readonly code: 410 | 500; readonly afterEvents?: number }
  /** Swallows bookmarks: those that end the initial events, the periodic ones, or all. */
  | { readonly type: 'missing-bookmark'; readonly which?: 'initial-events-end' | 'periodic' | 'all' }
  /** Cuts the connection in the middle of a line of a watch or of a list's body. */
  | { readonly type: 'truncate'; readonly afterEvents?: number }
  /** Ends a watch cleanly after this many events. */
  | { readonly type: 'end-watch'; readonly afterEvents?: number }
  /** Answers lists from a state that many revisions old, and watches with a delay: as a server with an outdated cache. */
  | { readonly type: 'lag'; readonly revisions?: number; readonly ms?: number };

export type FaultVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** Which requests a fault concerns; what is left out matches everything. */
export interface FaultMatch {
  readonly verb?: FaultVerb | readonly FaultVerb[];
  readonly group?: string;
  /** The plural: `appmodels`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  /** The user of the request. */
  readonly user?: string;
  /** How many requests; without it all until the fault is removed. */
  readonly times?: number;
}

export interface RequestFacts {
  readonly verb: FaultVerb;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly user: string;
}

/** An active fault. Disposing it deactivates it for later requests. */
export interface ActiveFault extends Disposable {
  /** Requests that it caught. */
  readonly hits: number;
  remove(): void;
}
