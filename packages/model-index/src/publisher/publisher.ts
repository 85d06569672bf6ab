import type { AppModel, AppModelApply } from '@kubecast/crd';
import type { WriteReceipt } from '@kubecast/client';
import type { KeyEncoding, PublishReceipt, RedisTarget, ValuePublisher, VersionRetention } from '@kubecast/redis-loader';
import type { Clock } from '@kubecast/clock';

/** What a publisher asks of the cluster. `appModelApi` makes one of a client. */
export interface AppModelApi {
  /** Undefined if there is none. */
  get(namespace: string, name: string, signal?: AbortSignal): Promise<AppModel | undefined>;
  /** Server-side apply. @throws AppModelChangedError if the object is not the one that `expected` names; nothing was written */
  apply(object: AppModelApply, options: ApplyOptions): Promise<{ readonly object: AppModel; readonly receipt: WriteReceipt }>;
}

export interface ApplyOptions {
  readonly fieldManager: string;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** What must stand there: the object that was read, or nothing. Undefined: whatever does. */
  readonly expected?: { readonly uid: string; readonly resourceVersion: string } | 'absent' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Model to metadata. A model that is not in it keeps the value that Redis holds, or gets the kept one of its announced version back. */
export type Payloads = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

export interface PublisherOptions {
  readonly appModels: AppModelApi;
  /** Where the values go. One of both; a publisher of values that is given stays the caller's to close. */
  readonly redis?: RedisTarget;
  readonly values?: ValuePublisher;
  readonly keyTemplate?: string;
  readonly keyEncoding?: KeyEncoding;
  /** Replicas of Redis that must confirm each value before it is announced. Default 0. */
  readonly replicas?: number;
  /** How many versions of each value are kept in Redis for a rollback, and for how long; `false`: none. */
  readonly versions?: VersionRetention | false;
  /** Used where an object names none. Default 'default'. */
  readonly namespace?: string;
  /** Default 'appmodels-manager'. */
  readonly fieldManager?: string;
  /** Take over fields that others own. Default true. */
  readonly force?: boolean;
  /** Put on every object. Default `iidp=iidp`: without it no pod sees the object. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

export interface PublishOptions {
  /** Instead of metadata.name, which must else be the lower-cased app. */
  readonly name?: string;
  /** Replace values that carry no envelope: a platform's own, from before. Default false. */
  readonly adopt?: boolean;
  /** Check everything, write nothing: neither to Redis nor to the cluster. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** What one publish did. */
export interface AppModelReceipt {
  /** For `waitFor` of an informer. */
  readonly appModel: WriteReceipt;
  /** As the cluster holds it now. */
  readonly object: AppModel;
  readonly values: readonly ValueReceipt[];
}

export interface ValueReceipt extends Omit<PublishReceipt, 'outcome'> {
  readonly model: string;
  readonly version: string;
  /**
   * 'unchanged': it stood there already. 'kept': nothing was given, and the announced version stood there. 'restored': nothing was given, and the
   * version was kept in Redis. 'planned': dry run.
   */
  readonly outcome: PublishReceipt['outcome'] | 'kept' | 'restored' | 'planned';
}

/** Where an app goes back to. */
export interface Rollback {
  /** metadata.name of the AppModel. */
  readonly name: string;
  /** Default: the publisher's. */
  readonly namespace?: string;
  /** Model to the version it goes back to. Default: each model to the version that was published before the announced one, where that is kept. */
  readonly models?: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
  /** What spec.version becomes. Default: it stays. */
  readonly version?: string;
}

/** Announces apps: metadata first, then the AppModel, so that nobody is told of a version that cannot be loaded. */
export interface Publisher extends AsyncDisposable {
  /**
   * Checks everything, writes each model's metadata to Redis, then applies the AppModel. Repeatable: what stands already is left as it is,
   * and causes neither a new value nor a new resourceVersion.
   *
   * The apply is bound to the AppModel that was read before the values were written: of two publishers at the same time one is told that the other
   * was faster.
   *
   * @throws ValidationError naming each bad path, or PublishRefusedError: nothing was written; PublishOvertakenError: another publisher was faster, and
   * what it announced stands; PublishFailedError: publish again.
   */
  publishAppModel(appModel: AppModel | AppModelApply, payloads: Payloads, options?: PublishOptions): Promise<AppModelReceipt>;
  /**
   * Announces versions that are kept in Redis again, without their metadata: what `publishAppModel` does for the announced object with other versions.
   *
   * @throws as `publishAppModel`; PublishRefusedError `NotRetained` where a version is not kept, or nothing is announced under the name.
   */
  rollback(to: Rollback, options?: Omit<PublishOptions, 'name' | 'adopt'>): Promise<AppModelReceipt>;
  /** The first half alone: the values are written, nothing is announced. */
  publishValues(appModel: AppModel | AppModelApply, payloads: Payloads, options?: PublishOptions): Promise<readonly ValueReceipt[]>;
  close(): Promise<void>;
}
