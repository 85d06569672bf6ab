/** One value that is wanted: the metadata of a model, at the version that is announced. */
export interface WantedPayload {
  /** Unique among all that are wanted; opaque. */
  readonly id: string;
  readonly namespace: string;
  readonly app: string;
  readonly model: string;
  readonly version: string;
}

/** What is held for a wanted value. */
export interface HeldPayload {
  /** 'missing': nothing was ever loaded. */
  readonly state: PayloadState;
  /** The version of the payload that is held; undefined where there is none or it cannot be known. */
  readonly version?: string;
  readonly payload?: unknown;
  /** The payload is known and is not in memory, since the budget is full: load() reads it again. */
  readonly evicted?: boolean;
  /** Milliseconds since the payload stopped being the announced one; 0 unless stale. */
  readonly staleForMs: number;
  /** Why it is not current, in words. */
  readonly reason?: string;
  /** Whether the reason is that the source is away: nothing that is wrong with this value. */
  readonly away?: boolean;
}

export type PayloadState = 'current' | 'stale' | 'unverified' | 'missing';

/** Where metadata comes from; `createModelIndex` makes one of the Redis loader. */
export interface PayloadSource {
  /** Wants this version; the same again is no work. */
  want(item: WantedPayload): void;
  /** No longer wanted: what is held in memory is dropped, nothing outside is touched. */
  forget(id: string): void;
  get(id: string): HeldPayload | undefined;
  /** As get(), but without the payload, and no use of it; without this method get() is called. */
  state?(id: string): HeldPayload | undefined;
  /** Reads what was evicted, once for all who wait. Undefined: not wanted any more. Without this method nothing is ever evicted. */
  load?(id: string, signal?: AbortSignal): Promise<HeldPayload | undefined>;
  /** Called when what is held for an id changed. */
  onChange(listener: (id: string) => void): Disposable;
  /** The ids whose values are wrong or not there; without it every id is looked at. */
  failing?(): Iterable<string>;
  /** Tries again what failed; values that are current cause no work. */
  resync(): void;
  /** Resolves when every value wanted so far was loaded or is known to be missing or malformed, or when the source turns out to be away. */
  settled(signal?: AbortSignal): Promise<void>;
}

/** The id of a model's metadata. Injective: names may hold any character. */
export function payloadId(namespace: string, app: string, model: string): string {
  return JSON.stringify([namespace, app, model]);
}
