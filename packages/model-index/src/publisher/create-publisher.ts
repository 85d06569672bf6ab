import type { AppModel, AppModelApply } from '@kubecast/crd';
import { createValuePublisher, type RedisTarget, type ValuePublisher } from '@kubecast/redis-loader';
import { AppModelChangedError, messageOf, PublishFailedError, PublishOvertakenError, PublishRefusedError } from './publish-errors.ts';
import type {
  AppModelReceipt,
  ApplyOptions,
  Payloads,
  Publisher,
  PublisherOptions,
  PublishOptions,
  Rollback,
  ValueReceipt,
} from './publisher.ts';
import { announcementOf, announcedModels, checkExisting, planPublish, type PublishPlan } from './publisher-plan.ts';
import { planRollback } from './rollback.ts';
import { overwritten, restoreAnnounced, valuesOf, writeValues, type PlannedValue, type WrittenValues } from './value-writes.ts';

/** How often an apply is bound anew because something else of the AppModel changed than what it announces: a finalizer, say. */
const TRIES = 5;

/** No I/O before the first publish. @throws what the publisher of values throws for a Redis target or template that cannot be read */
export function createPublisher(options: PublisherOptions): Publisher {
  return new AppModelPublisher(options);
}

type Applied = Awaited<ReturnType<PublisherOptions['appModels']['apply']>>;

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
        ...(options.versions === undefined ? {} : { versions: options.versions }),
      });
  }

  async publishAppModel(appModel: AppModel | AppModelApply, payloads: Payloads, options: PublishOptions = {}): Promise<AppModelReceipt> {
    const plan = this.#plan(appModel, options);
    const planned = valuesOf(plan, payloads, this.#values);
    const existing = await this.#read(plan.namespace, plan.name, options.signal);
    return this.#announce(plan, planned, existing, options);
  }

  async publishValues(
    appModel: AppModel | AppModelApply,
    payloads: Payloads,
    options: PublishOptions = {},
  ): Promise<readonly ValueReceipt[]> {
    const plan = this.#plan(appModel, options);
    const { receipts, failure } = await this.#write(plan, valuesOf(plan, payloads, this.#values), new Map(), options);
    if (failure !== undefined) throw failure;
    return receipts;
  }

  async rollback(given: Rollback, options: Omit<PublishOptions, 'name' | 'adopt'> = {}): Promise<AppModelReceipt> {
    const to = structuredClone(given);
    const namespace = to.namespace ?? this.#o.namespace ?? 'default';
    const existing = await this.#read(namespace, to.name, options.signal);
    const object = await this.#phase(
      'read',
      `Redis could not be read for AppModel ${namespace}/${to.name}; nothing was written`,
      () => planRollback(existing, { ...to, namespace }, this.#values, options.signal),
      options.signal,
    );
    const plan = this.#plan(object, { name: to.name });
    return this.#announce(plan, valuesOf(plan, {}, this.#values), existing, options);
  }

  async close(): Promise<void> {
    if (this.#o.values === undefined) await this.#values.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #plan(appModel: AppModel | AppModelApply, options: Pick<PublishOptions, 'name'>): PublishPlan {
    return planPublish(structuredClone(appModel), {
      namespace: this.#o.namespace ?? 'default',
      name: options.name,
      labels: this.#o.labels ?? { iidp: 'iidp' },
    });
  }

  #read(namespace: string, name: string, signal: AbortSignal | undefined): Promise<AppModel | undefined> {
    const what = `AppModel ${namespace}/${name} could not be read; nothing was written`;
    return this.#phase('read', what, () => this.#o.appModels.get(namespace, name, signal), signal);
  }

  #write(
    plan: PublishPlan,
    planned: readonly PlannedValue[],
    announced: ReadonlyMap<string, string>,
    { adopt = false, dryRun = false, signal }: PublishOptions,
  ): Promise<WrittenValues> {
    return writeValues(plan, planned, this.#values, { adopt, dryRun, announced, signal });
  }

  /** Values first, then the AppModel, if the one that was read still stands. */
  async #announce(
    plan: PublishPlan,
    planned: readonly PlannedValue[],
    existing: AppModel | undefined,
    options: PublishOptions,
  ): Promise<AppModelReceipt> {
    const { fieldManager = 'appmodels-manager', force = true } = this.#o;
    const { dryRun = false, signal } = options;
    const subject = `AppModel ${plan.namespace}/${plan.name}`;
    const refusedWords = `${subject} would be refused; nothing was written`;
    checkExisting(plan, existing);
    const apply: ApplyOptions = { fieldManager, force, dryRun, signal };
    // What the server would refuse (no such namespace, no permission, another's fields) is found before a value is replaced: by a dry run,
    // where the object is new or somebody else's fields are respected.
    if ((!force || existing === undefined) && !dryRun)
      await this.#phase('apply', refusedWords, () => this.#o.appModels.apply(plan.object, { ...apply, dryRun: true }), signal);
    const { receipts: values, failure } = await this.#write(plan, planned, announcedModels(existing), options);
    if (failure !== undefined) {
      if (!(failure instanceof PublishOvertakenError)) throw failure;
      const { announced, restored } = await this.#settle(plan, replacedBy(planned, values), signal);
      throw new PublishOvertakenError('values', failure.message, { announced, restored, cause: failure.cause });
    }
    const words = dryRun ? refusedWords : `${subject} could not be applied; its values are in Redis already, and publishing again is safe`;
    let bound = existing;
    for (let attempt = 1; ; attempt += 1) {
      const expected = expectedOf(bound);
      const written = await this.#phase('apply', words, () => this.#applied(plan, { ...apply, expected }), signal);
      if (!(written instanceof AppModelChangedError)) {
        if (!dryRun) await this.#lookAgain(plan, planned, values, signal);
        return { appModel: written.receipt, object: written.object, values };
      }
      const now = await this.#phase('apply', words, () => this.#o.appModels.get(plan.namespace, plan.name, signal), signal);
      const announces = announcementOf(now);
      const same = now !== undefined && (announces === announcementOf(existing) || announces === announcementOf(plan.object));
      if (!same || attempt >= TRIES) throw await this.#overtaken(plan, replacedBy(planned, values), now, written, signal);
      checkExisting(plan, now);
      bound = now;
    }
  }

  async #applied(plan: PublishPlan, options: ApplyOptions): Promise<Applied | AppModelChangedError> {
    try {
      return await this.#o.appModels.apply(plan.object, options);
    } catch (error) {
      if (error instanceof AppModelChangedError) return error;
      throw error;
    }
  }

  async #overtaken(
    plan: PublishPlan,
    replaced: readonly PlannedValue[],
    now: AppModel | undefined,
    cause: AppModelChangedError,
    signal: AbortSignal | undefined,
  ): Promise<PublishOvertakenError> {
    const { announced, restored } = await this.#settle(plan, replaced, signal);
    const stands =
      now === undefined ? 'it was deleted meanwhile' : `version ${JSON.stringify(now.spec?.version ?? '')} of another publisher stands`;
    return new PublishOvertakenError(
      'apply',
      `AppModel ${plan.namespace}/${plan.name} was not applied: it is not the one that was read any more, ${stands}; publish again if yours is still meant`,
      { announced, restored, cause },
    );
  }

  /** After the announcement: another publisher may have written, or taken back, a value between ours and that. */
  async #lookAgain(
    plan: PublishPlan,
    planned: readonly PlannedValue[],
    values: readonly ValueReceipt[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const lost = await overwritten(planned, values, this.#values, signal).catch((): readonly PlannedValue[] => []);
    if (lost.length > 0) await this.#settle(plan, lost, signal);
  }

  /**
   * Makes the plain keys of some models hold what is announced, and looks whether that is still announced then: whoever announces looks at its values
   * after that, so that of two that do this at the same time the last one sees what the other did. Never throws: pods read the versions' own keys.
   */
  async #settle(
    plan: PublishPlan,
    planned: readonly PlannedValue[],
    signal: AbortSignal | undefined,
  ): Promise<{ readonly announced: ReadonlyMap<string, string>; readonly restored: readonly string[] }> {
    let announced: ReadonlyMap<string, string> = new Map();
    const restored = new Set<string>();
    let before: string | undefined;
    try {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const now = await this.#o.appModels.get(plan.namespace, plan.name, signal);
        announced = announcedModels(now);
        if (planned.length === 0 || announcementOf(now) === before) break;
        before = announcementOf(now);
        for (const key of await restoreAnnounced(plan, planned, announced, this.#values, signal)) restored.add(key);
      }
    } catch {
      // The way to Redis or to the cluster failed meanwhile.
    }
    return { announced, restored: [...restored] };
  }

  async #phase<T>(phase: 'read' | 'values' | 'apply', what: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (signal?.aborted === true || error instanceof PublishRefusedError) throw error;
      throw new PublishFailedError(phase, `${what}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function expectedOf(existing: AppModel | undefined): ApplyOptions['expected'] {
  if (existing === undefined) return 'absent';
  const { uid, resourceVersion } = existing.metadata;
  return uid === undefined || resourceVersion === undefined ? undefined : { uid, resourceVersion };
}

/** The values that took the place of another. */
const replacedBy = (planned: readonly PlannedValue[], receipts: readonly ValueReceipt[]): readonly PlannedValue[] =>
  planned.filter((_, index) => ['written', 'restored'].includes(receipts[index]?.outcome ?? ''));
