import type { Clock } from '@kubecast/clock';
import type { ConnectionStatus } from '../connection/connection.ts';
import type { TrackingStatus } from '../connection/tracking.ts';
import type { RedisTarget } from '../connection/connection-options.ts';
import type { KeyEncoding } from '../values/key-template.ts';
import type { LoaderCounters } from './loader-counters.ts';
import type { ValueForm } from '../values/read-value.ts';
import type { Held, LoadFailure, Wanted } from './wanted.ts';

export interface LoaderOptions<P = unknown> {
  readonly redis: RedisTarget;
  /** Where a value is read that the first connection does not show at the announced version: give it where `redis` reads from replicas. */
  readonly primary?: RedisTarget;
  readonly clock?: Clock;
  /** Default `{app}_{model}`. */
  readonly keyTemplate?: string;
  /** Default 'plain'. */
  readonly keyEncoding?: KeyEncoding;
  /** Default 'envelope'. */
  readonly form?: ValueForm;
  /**
   * Whether a publisher keeps versions under keys of their own, which are asked where the plain key does not hold the announced version. Default true; only
   * the form 'envelope' has such.
   */
  readonly versions?: boolean;
  /**
   * Milliseconds after its announcement at which a value that cannot prove its version is read again: it may have been written later, or read
   * from a replica that was behind. Default 1,000, 5,000 and 30,000; after that each `resync` reads it.
   */
  readonly recheckMs?: readonly number[];
  /**
   * Whether Redis is asked to tell of writes (CLIENT TRACKING) once a value cannot prove its version; over a connection of its own. It is a hint: what is
   * not told is found at the times of `recheckMs`. Default true; not used in a cluster.
   */
  readonly tracking?: boolean;
  /** Makes of a payload what is held; what it throws makes the value malformed. */
  readonly decode?: (payload: unknown, wanted: Wanted) => P;
  /** Keys in one MGET. Default 128. */
  readonly batchSize?: number;
  /** Commands in flight at once. Default 4. */
  readonly inFlight?: number;
  /** Bytes of values that may be on their way at once, as far as sizes are known. Default 32 MiB, of a budget (`payloadBytes`) at most an eighth. */
  readonly maxBytesInFlight?: number;
  /**
   * What payloads may take of memory, reckoned: a text costs its bytes, twice its length where a character is beyond Latin-1, and what is no text four times its
   * bytes. What is asked for least leaves first; `get` says `evicted` of it, and `load` reads it again. With a budget the text is held, and each `get` parses it
   * anew. Default: no bound, and what was parsed once stays so.
   */
  readonly payloadBytes?: number;
  /** A value of more bytes is not held: the failure TooLarge. Default: no bound. */
  readonly maxValueBytes?: number;
  /** Every command ends after this long, whatever happens. Default 5,000. */
  readonly commandTimeoutMs?: number;
  /** The first delay of a value that was not as announced; doubles, spread by half. Default 50. */
  readonly retryBaseMs?: number;
  /** No delay is longer. Default 30,000. */
  readonly retryMaxMs?: number;
  /** How the connection calls itself in CLIENT LIST. Default 'kubecast-loader'. */
  readonly connectionName?: string;
  readonly onStatus?: (status: ConnectionStatus) => void;
  /** Told of each new failure of a value, once for each kind of failure in a row. */
  readonly onFailure?: (id: string, failure: LoadFailure) => void;
}

export interface SettledOptions {
  /** Resolve when Redis turns out to be away. Default false. */
  readonly orAway?: boolean;
}

/** Values by id, loaded when their announced version changes. */
export interface Loader<P = unknown> extends AsyncDisposable {
  /**
   * Wants this version. The same version again is no work and no Redis command; a version equal to the one that is held needs none
   * either. Anything else is read in the next batch. Reading starts in a microtask of this turn.
   */
  want(wanted: Wanted): void;
  /** No longer wanted: what is held in memory is dropped, a read under way is ignored. Nothing in Redis is touched. */
  forget(id: string): void;
  /** Undefined if the id is not wanted. Synchronous, no I/O. */
  get(id: string): Held<P> | undefined;
  /** As `get`, but without the payload: it parses nothing, and is no use that keeps a payload in memory. */
  state(id: string): Held<P> | undefined;
  /**
   * Resolves with the announced value and its payload: at once where it is in memory, else after it was read; all who wait for one id share one read. Undefined
   * if the id is not wanted. Rejects with a NotLoadedError when the read fails or Redis is away; what is held stays as it is. Ends by its signal.
   */
  load(id: string, options?: { readonly signal?: AbortSignal }): Promise<Held<P> | undefined>;
  /** Called with an id after its payload or state changed by a load. What the listener throws is counted. */
  onChange(listener: (id: string) => void): Disposable;
  /**
   * Resolves when every value that was wanted at the call is loaded, or known not to be there as announced. While Redis is away it waits on;
   * with `orAway` it resolves then too: when the connection is refused or lost, when a command fails because Redis cannot answer, or when there is
   * no connection after 2 s.
   */
  settled(signal?: AbortSignal, options?: SettledOptions): Promise<void>;
  /** Tries again, at once, what failed, and looks again at what cannot prove its version. No command for anything else. */
  resync(): void;
  /** The values that failed, by id. */
  failures(): ReadonlyMap<string, LoadFailure>;
  readonly status: ConnectionStatus;
  /** Whether Redis tells of writes. */
  readonly tracking: TrackingStatus;
  readonly counters: LoaderCounters;
  /** Connects now instead of at the first want. */
  start(): void;
  /** Ends the connection and every wait; what is held can still be read. Idempotent, does not wait for Redis. */
  close(): Promise<void>;
}
