import type { AppModel, AppModelApply } from '@kubecast/crd';
import type { WriteReceipt } from '@kubecast/client';
import {
  createValuePublisher,
  describeOwner,
  isPublishRefused,
  payloadDigest,
  type Inspection,
  type KeyEncoding,
  type PublishReceipt,
  type RedisTarget,
  type ValuePublisher,
} from '@kubecast/redis-loader';
import type { Clock } from '@kubecast/clock';
import { PublishFailedError, PublishRefusedError, type RefusedValue } from './publish-errors.ts';
import { checkExisting, planPublish, type PlannedModel, type PublishPlan } from './publisher-plan.ts';

/** What a publisher asks of the cluster. `appModelApi` makes one of a client. */
export interface AppModelApi {
  /** Undefined if there is none. */
  get(namespace: string, name: string, signal?: AbortSignal): Promise<AppModel | undefined>;
  /** Server-side apply. */
  apply(object: AppModelApply, options: ApplyOptions): Promise<{ readonly object: AppModel; readonly receipt: WriteReceipt }>;
}

export interface ApplyOptions {
  readonly fieldManager: string;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Model to metadata. A model that is not in it keeps the value that Redis holds, if that is the announced version. */
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
  /** 'unchanged': it stood there already. 'kept': nothing was given, and the announced version stood there. 'planned': dry run. */
  readonly outcome: PublishReceipt['outcome'] | 'kept' | 'planned';
}

/** Announces apps: metadata first, then the AppModel, so that nobody is told of a version that cannot be loaded. */
export interface Publisher extends AsyncDisposable {
  /**
   * Checks everything, writes each model's metadata to Redis, then applies the AppModel. Repeatable: what stands already is left as it is,
   * and causes neither a new value nor a new resourceVersion.
   *
   * @throws ValidationError naming each bad path, or PublishRefusedError: nothing was written; PublishFailedError: publish again.
   */
  publishAppModel(appModel: AppModel | AppModelApply, payloads: Payloads, options?: PublishOptions): Promise<AppModelReceipt>;
  /** The first half alone: the values are written, nothing is announced. */
  publishValues(appModel: AppModel | AppModelApply, payloads: Payloads, options?: PublishOptions): Promise<readonly ValueReceipt[]>;
  close(): Promise<void>;
}

/** No I/O before the first publish. @throws what the publisher of values throws for a Redis target or template that cannot be read */
export function createPublisher(options: PublisherOptions): Publisher {
  return new AppModelPublisher(options);
}

interface Item {
  readonly model: PlannedModel;
  readonly key: string;
  /** Absent: nothing was given. A copy: what is written is what was given at the call. */
  readonly payload?: { readonly value: unknown; readonly digest: string };
}

class AppModelPublisher implements Publisher {
  readonly #o: PublisherOptions;
  readonly #values: ValuePublisher;

  constructor(options: PublisherOptions) {
    if ((options.redis === undefined) === (options.values === undefined))
      throw new TypeError('createPublisher: give redis or values, one of both');
    this.#o = options;
    this.#values =
      options.values ??
      createValuePublisher({
        redis: options.redis as RedisTarget,
        ...(options.clock === undefined ? {} : { clock: options.clock }),
        ...(options.keyTemplate === undefined ? {} : { keyTemplate: options.keyTemplate }),
        ...(options.keyEncoding === undefined ? {} : { keyEncoding: options.keyEncoding }),
        ...(options.replicas === undefined ? {} : { replicas: options.replicas }),
      });
  }

  async publishAppModel(appModel: AppModel | AppModelApply, payloads: Payloads, options: PublishOptions = {}): Promise<AppModelReceipt> {
    const { fieldManager = 'appmodels-manager', force = true } = this.#o;
    const { dryRun = false, signal } = options;
    const plan = this.#plan(appModel, options);
    const items = this.#itemsOf(plan, payloads);
    const subject = `AppModel ${plan.namespace}/${plan.name}`;
    const existing = await this.#phase(
      'read',
      `${subject} could not be read; nothing was written`,
      () => this.#o.appModels.get(plan.namespace, plan.name, signal),
      signal,
    );
    checkExisting(plan, existing);
    // What the server would refuse (no such namespace, no permission, another's fields) is found before a value is replaced: by a dry run,
    // where the object is new or somebody else's fields are respected.
    if ((!force || existing === undefined) && !dryRun)
      await this.#phase(
        'apply',
        `${subject} would be refused; nothing was written`,
        () => this.#o.appModels.apply(plan.object, { fieldManager, force, dryRun: true, signal }),
        signal,
      );
    const values = await this.#publishValues(plan, items, options);
    const { object, receipt } = await this.#phase(
      'apply',
      dryRun
        ? `${subject} would be refused; nothing was written`
        : `${subject} could not be applied; its values are in Redis already, and publishing again is safe`,
      () => this.#o.appModels.apply(plan.object, { fieldManager, force, dryRun, signal }),
      signal,
    );
    return { appModel: receipt, object, values };
  }

  async publishValues(
    appModel: AppModel | AppModelApply,
    payloads: Payloads,
    options: PublishOptions = {},
  ): Promise<readonly ValueReceipt[]> {
    const plan = this.#plan(appModel, options);
    return this.#publishValues(plan, this.#itemsOf(plan, payloads), options);
  }

  #plan(appModel: AppModel | AppModelApply, options: PublishOptions): PublishPlan {
    return planPublish(structuredClone(appModel), {
      namespace: this.#o.namespace ?? 'default',
      name: options.name,
      labels: this.#o.labels ?? { iidp: 'iidp' },
    });
  }

  /** The value of each model, checked as far as nobody needs to be asked: a payload that JSON cannot hold must not be found after others were written. */
  #itemsOf(plan: PublishPlan, payloads: Payloads): readonly Item[] {
    const { namespace, app } = plan;
    if (typeof payloads !== 'object' || payloads === null || Array.isArray(payloads))
      throw new TypeError('payloads must be a Map or an object of model to metadata');
    const byKey = new Map<string, string>();
    return plan.models.map((model): Item => {
      const owner = { namespace, app, model: model.name };
      const key = this.#values.keyOf(owner);
      const other = byKey.get(key);
      if (other !== undefined)
        throw new PublishRefusedError(
          'BadModels',
          `AppModel ${namespace}/${plan.name}: the models ${JSON.stringify(other)} and ${JSON.stringify(model.name)} have one key, ${JSON.stringify(key)}; a key template with {model} keeps them apart`,
        );
      byKey.set(key, model.name);
      const given = payloadOf(payloads, model.name);
      if (given === undefined) return { model, key };
      const digest = payloadDigest(given.value, owner);
      return { model, key, payload: { value: JSON.parse(JSON.stringify(given.value)) as unknown, digest } };
    });
  }

  async #publishValues(plan: PublishPlan, items: readonly Item[], options: PublishOptions): Promise<readonly ValueReceipt[]> {
    const { namespace } = plan;
    const subject = `AppModel ${namespace}/${plan.name}`;
    const judged = await this.#phase(
      'values',
      `Redis could not be read for ${subject}; nothing was written`,
      () =>
        Promise.all(
          items.map(async (item) => ({
            item,
            stored: await this.#values.inspect(item.key, options.signal),
          })),
        ),
      options.signal,
    );
    // All are looked at before the first is written: half an app's values replaced would help nobody.
    const refused = judged.flatMap(({ item, stored }) => refusalOf(item, stored, plan, options.adopt === true) ?? []);
    if (refused.length > 0) {
      const missing = refused.every((value) => value.reason === 'missing');
      throw new PublishRefusedError(
        missing ? 'MetadataMissing' : 'ValuesRefused',
        `${subject} was not published: ${refused.map((value) => value.message).join('; ')}`,
        refused,
      );
    }
    const receipts: ValueReceipt[] = [];
    for (const { item, stored } of judged) receipts.push(await this.#write(item, stored, plan, options, subject));
    return receipts;
  }

  async #write(item: Item, stored: Inspection, plan: PublishPlan, options: PublishOptions, subject: string): Promise<ValueReceipt> {
    const { model, key, payload } = item;
    const { namespace, app } = plan;
    const held = {
      model: model.name,
      version: model.version,
      key,
      number: stored.envelope?.number ?? 0,
      digest: stored.envelope?.digest ?? '',
      replicas: 0,
    };
    if (payload === undefined) return { ...held, outcome: 'kept' };
    if (options.dryRun === true) {
      const { digest } = payload;
      return stored.envelope?.version === model.version
        ? { ...held, outcome: 'unchanged' }
        : { ...held, digest, number: held.number + 1, outcome: 'planned' };
    }
    try {
      const receipt = await this.#values.publish({
        namespace,
        app,
        model: model.name,
        version: model.version,
        payload: payload.value,
        adopt: options.adopt === true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      return { ...receipt, model: model.name, version: model.version };
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      const overtaken = isPublishRefused(error) ? 'another publisher came between; ' : '';
      throw new PublishFailedError(
        'values',
        `${subject}: ${overtaken}the value of model ${JSON.stringify(model.name)} could not be written, and nothing is announced: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  async #phase<T>(phase: 'read' | 'values' | 'apply', what: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new PublishFailedError(phase, `${what}: ${messageOf(error)}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    if (this.#o.values === undefined) await this.#values.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function refusalOf(item: Item, stored: Inspection, plan: PublishPlan, adopt: boolean): RefusedValue | undefined {
  const { model, key, payload } = item;
  const owner = { namespace: plan.namespace, app: plan.app, model: model.name };
  const { envelope } = stored;
  const what = `model ${JSON.stringify(model.name)} version ${JSON.stringify(model.version)}`;
  const refuse = (reason: RefusedValue['reason'], message: string): RefusedValue => ({
    model: model.name,
    key,
    reason,
    message: `${what}: ${message}`,
  });
  if (envelope !== undefined && (envelope.namespace !== owner.namespace || envelope.app !== owner.app || envelope.model !== owner.model)) {
    return refuse(
      'foreign',
      `the value under ${JSON.stringify(key)} belongs to ${describeOwner(envelope)}; a key template with {namespace} keeps them apart`,
    );
  }
  if (payload === undefined) {
    if (envelope?.version === model.version) return undefined;
    return refuse(
      'missing',
      `no metadata is given, and Redis holds ${envelope === undefined ? 'no value of a publisher' : `version ${JSON.stringify(envelope.version)}`} under ${JSON.stringify(key)}`,
    );
  }
  if (stored.kind === 'unverified' && !adopt) {
    return refuse(
      'unverified',
      `the value under ${JSON.stringify(key)} was not written by a publisher; adopt it (--adopt) if it may be replaced`,
    );
  }
  if (envelope?.version === model.version && envelope.digest !== payload.digest) {
    return refuse(
      'same-version-other-content',
      `Redis holds this version under ${JSON.stringify(key)} with other content; raise the version`,
    );
  }
  return undefined;
}

function payloadOf(payloads: Payloads, model: string): { readonly value: unknown } | undefined {
  if (payloads instanceof Map) return payloads.has(model) ? { value: payloads.get(model) as unknown } : undefined;
  const record = payloads as Readonly<Record<string, unknown>>;
  return Object.hasOwn(record, model) ? { value: record[model] } : undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
