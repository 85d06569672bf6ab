import type { Clock } from '@kubecast/clock';
import type { ConnectionStatus } from '../connection/connection.ts';
import type { RedisTarget } from '../connection/connection-options.ts';
import type { Owner } from '../values/envelope.ts';
import type { KeyEncoding } from '../values/key-template.ts';
import type { Inspection } from './inspection.ts';
import type { RetainedVersion, VersionRetention } from './retained.ts';

export interface ValuePublisherOptions {
  readonly redis: RedisTarget;
  readonly clock?: Clock;
  /** Default `{app}_{model}`. */
  readonly keyTemplate?: string;
  /** Default 'plain'. */
  readonly keyEncoding?: KeyEncoding;
  /** Replicas that must confirm a write. Default 0: none is asked. */
  readonly replicas?: number;
  /** How long they are waited for, in milliseconds; Redis may take 100 more. Default 1,000. */
  readonly replicaTimeoutMs?: number;
  /** Every command ends after this long. Default 5,000; at least 500 more than `replicaTimeoutMs`. */
  readonly commandTimeoutMs?: number;
  /**
   * How many versions of a value are kept under keys of their own, beside the plain key, and for how long: see {@link VersionRetention}. `false`: none,
   * and a rollback needs the old payload.
   */
  readonly versions?: VersionRetention | false;
  /** How the connection calls itself in CLIENT LIST. Default 'kubecast-publisher'. */
  readonly connectionName?: string;
}

/** A value to publish. */
export interface PublishItem extends Owner {
  readonly version: string;
  /** Anything that JSON can hold. */
  readonly payload: unknown;
  /** Default: one more than the stored envelope's. */
  readonly number?: number;
  /** Default: made by the template. */
  readonly key?: string;
  /** More fields for the template. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Replace a value that is no envelope. Default false. Never replaces another owner's envelope. */
  readonly adopt?: boolean;
  /** Versions that this write must not remove, whatever their count and age: those that are announced. */
  readonly keep?: readonly string[];
  readonly signal?: AbortSignal;
}

/** A version that is kept in Redis, to be made the current one again. */
export type RollbackItem = Omit<PublishItem, 'payload' | 'adopt'>;

/** What stands in Redis for one version of one owner. */
export interface ValueLook {
  readonly key: string;
  /** Under the plain key. */
  readonly current: Inspection;
  /** Under the key of the version that was asked for; 'absent' where no versions are kept. */
  readonly retained: Inspection;
  /** All versions that are kept, the newest last. */
  readonly versions: readonly RetainedVersion[];
}

export interface PublishReceipt {
  readonly key: string;
  /** 'unchanged': the very version and content stood there already; nothing was written. */
  readonly outcome: 'written' | 'unchanged';
  readonly number: number;
  readonly digest: string;
  /** SHA-1 of the bytes under the key, as `holds` takes it. */
  readonly fingerprint: string;
  /** Replicas that confirmed; 0 where none was asked. */
  readonly replicas: number;
}

/** What a compare-and-delete did: 'other': something else stands under the key and stays. */
export type DeleteOutcome = 'deleted' | 'absent' | 'other';

export interface PublisherCounters {
  readonly written: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly deleted: number;
  readonly failed: number;
}

/** Writes envelopes, and removes what it wrote. */
export interface ValuePublisher extends AsyncDisposable {
  /**
   * Writes the value under its key, whole or not at all. Safe to repeat: what stands there already is left as it is. Announce the version
   * only after this resolved.
   *
   * @throws PublishRefusedError nothing was written, and why; UnreplicatedError written, but too few replicas said so; RedisFailedError
   * nobody knows whether it was written: publish again; ValueError, KeyTemplateError, ClosedError.
   */
  publish(item: PublishItem): Promise<PublishReceipt>;
  /**
   * Publishes many values at the cost of a few round trips; each is judged and written by itself, as by `publish`. The results stand in the order of
   * the items, and one that is refused or fails keeps no other from being written. Never rejects but for the signal of an item.
   */
  publishAll(items: readonly PublishItem[]): Promise<readonly PromiseSettledResult<PublishReceipt>[]>;
  /**
   * Makes a kept version the current one again, byte for byte, with a number that is larger than all before it.
   *
   * @throws as `publish`; PublishRefusedError with reason 'not-retained' where the version is not kept.
   */
  rollback(item: RollbackItem): Promise<PublishReceipt>;
  /** What stands under the plain key of an owner and under that of one version. */
  look(item: Pick<PublishItem, keyof Owner | 'version' | 'key' | 'fields' | 'signal'>): Promise<ValueLook>;
  /**
   * Removes the key if exactly these bytes stand there, and the versions that are kept beside it: in one script, so that nothing written in between
   * is lost.
   *
   * @param expected the bytes, or the `fingerprint` of an inspection.
   */
  compareAndDelete(key: string, expected: Uint8Array | string, signal?: AbortSignal): Promise<DeleteOutcome>;
  /** Whether exactly the bytes with this fingerprint stand under a key. They are compared where they are, and not read. */
  holds(key: string, fingerprint: string, signal?: AbortSignal): Promise<boolean>;
  /** What stands under a key now. */
  inspect(key: string, signal?: AbortSignal): Promise<Inspection>;
  /** The key of an owner's value. @throws KeyTemplateError */
  keyOf(owner: Owner, fields?: Readonly<Record<string, string>>): string;
  /** Resolves once Redis answers. @throws RedisFailedError */
  ping(signal?: AbortSignal): Promise<void>;
  readonly status: ConnectionStatus;
  readonly counters: PublisherCounters;
  close(): Promise<void>;
}
