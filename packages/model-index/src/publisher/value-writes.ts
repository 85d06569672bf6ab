import {
  describeOwner,
  isPublishRefused,
  payloadDigest,
  type Owner,
  type PublishItem,
  type ValueLook,
  type ValuePublisher,
} from '@kubecast/redis-loader';
import { messageOf, PublishFailedError, PublishOvertakenError, PublishRefusedError, type RefusedValue } from './publish-errors.ts';
import type { Payloads, ValueReceipt } from './publisher.ts';
import type { PlannedModel, PublishPlan } from './publisher-plan.ts';

/** One model of a plan and what is to stand in Redis for it. */
export interface PlannedValue {
  readonly model: PlannedModel;
  readonly key: string;
  /** Absent: nothing was given. A copy: what is written is what was given at the call. */
  readonly payload?: { readonly value: unknown; readonly digest: string };
}

export interface WriteOptions {
  readonly adopt: boolean;
  readonly dryRun: boolean;
  /** Model to the version that is announced now, and must not be lost before the new one is. */
  readonly announced: ReadonlyMap<string, string>;
  readonly signal: AbortSignal | undefined;
}

/**
 * The value of each model, checked as far as nobody needs to be asked: a payload that JSON cannot hold must not be found after others were written.
 *
 * @throws PublishRefusedError, ValueError
 */
export function valuesOf(plan: PublishPlan, payloads: Payloads, values: Pick<ValuePublisher, 'keyOf'>): readonly PlannedValue[] {
  const { namespace, app } = plan;
  if (typeof payloads !== 'object' || payloads === null || Array.isArray(payloads))
    throw new TypeError('payloads must be a Map or an object of model to metadata');
  const byKey = new Map<string, string>();
  return plan.models.map((model): PlannedValue => {
    const owner = { namespace, app, model: model.name };
    const key = values.keyOf(owner);
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

/** What was written, and what came between, if anything did. */
export interface WrittenValues {
  readonly receipts: readonly ValueReceipt[];
  readonly failure?: PublishOvertakenError | PublishFailedError;
}

/**
 * Writes the values of a plan that are not there yet: all are looked at first, and if one may not be written none is. @throws PublishRefusedError,
 * PublishFailedError: nothing was written
 */
export async function writeValues(
  plan: PublishPlan,
  planned: readonly PlannedValue[],
  values: ValuePublisher,
  options: WriteOptions,
): Promise<WrittenValues> {
  const { signal } = options;
  const subject = `AppModel ${plan.namespace}/${plan.name}`;
  let looks: readonly ValueLook[];
  try {
    looks = await Promise.all(
      planned.map((value) => values.look({ ...ownerOf(plan, value), ...(signal === undefined ? {} : { signal }) })),
    );
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new PublishFailedError('values', `Redis could not be read for ${subject}; nothing was written: ${messageOf(error)}`, {
      cause: error,
    });
  }
  // Half an app's values replaced would help nobody.
  const refused = planned.flatMap((value, index) => refusalOf(value, looks[index] as ValueLook, plan, options.adopt) ?? []);
  if (refused.length > 0) {
    const missing = refused.every((value) => value.reason === 'missing');
    throw new PublishRefusedError(
      missing ? 'MetadataMissing' : 'ValuesRefused',
      `${subject} was not published: ${refused.map((value) => value.message).join('; ')}`,
      refused,
    );
  }
  const receipts = planned.map((value, index) => receiptOf(value, looks[index] as ValueLook, options.dryRun));
  if (options.dryRun) return { receipts };
  const given = planned.flatMap((value, index) => (value.payload === undefined ? [] : [{ value, index }]));
  const written = await values.publishAll(given.map(({ value }) => itemOf(plan, value, options)));
  const restored = planned.flatMap((value, index) => (receipts[index]?.outcome === 'restored' ? [{ value, index }] : []));
  const wentBack = await Promise.allSettled(restored.map(({ value }) => values.rollback(itemOf(plan, value, options))));
  const failures: { readonly value: PlannedValue; readonly error: unknown }[] = [];
  const settle = (asked: readonly { value: PlannedValue; index: number }[], results: typeof written): void => {
    for (const [at, { value, index }] of asked.entries()) {
      const result = results[at] as (typeof written)[number];
      const { name: model, version } = value.model;
      const { outcome } = receipts[index] as ValueReceipt;
      if (result.status === 'rejected') {
        failures.push({ value, error: result.reason });
        receipts[index] = { ...(receipts[index] as ValueReceipt), outcome: 'planned' };
      } else receipts[index] = { ...result.value, model, version, outcome: value.payload === undefined ? outcome : result.value.outcome };
    }
  };
  settle(given, written);
  settle(restored, wentBack);
  signal?.throwIfAborted();
  const [first] = failures;
  if (first === undefined) return { receipts };
  const what = `${subject}: the value of model ${JSON.stringify(first.value.model.name)}`;
  if (isPublishRefused(first.error))
    return {
      receipts,
      failure: new PublishOvertakenError(
        'values',
        `${what} was not written, and nothing is announced: another publisher came between; ${first.error.message}`,
        { cause: first.error },
      ),
    };
  const message = `${what} could not be written, and nothing is announced: ${messageOf(first.error)}`;
  return { receipts, failure: new PublishFailedError('values', message, { cause: first.error }) };
}

/** The values whose plain key does not hold what this publish wrote or found there any more. */
export async function overwritten(
  planned: readonly PlannedValue[],
  receipts: readonly ValueReceipt[],
  values: Pick<ValuePublisher, 'holds'>,
  signal: AbortSignal | undefined,
): Promise<readonly PlannedValue[]> {
  const held = await Promise.all(receipts.map(({ key, fingerprint }) => values.holds(key, fingerprint, signal)));
  return planned.filter((_, index) => held[index] !== true);
}

/**
 * Makes plain keys hold what is announced: by what is given, where that is announced, else as far as those versions are kept. Gives the keys that were
 * written.
 */
export async function restoreAnnounced(
  plan: PublishPlan,
  planned: readonly PlannedValue[],
  announced: ReadonlyMap<string, string>,
  values: Pick<ValuePublisher, 'rollback' | 'publish'>,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const options: WriteOptions = { adopt: false, dryRun: false, announced, signal };
  const results = await Promise.allSettled(
    planned.map(async (value) => {
      const version = announced.get(value.model.name);
      if (version === undefined) return [];
      const isOurs = version === value.model.version && value.payload !== undefined;
      const item = { ...itemOf(plan, value, options), version };
      const { outcome, key } = await (isOurs ? values.publish(item) : values.rollback(item));
      return outcome === 'written' ? [key] : [];
    }),
  );
  return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
}

const ownerOf = ({ namespace, app }: PublishPlan, { model }: PlannedValue): Owner & { readonly version: string } => ({
  namespace,
  app,
  model: model.name,
  version: model.version,
});

function itemOf(plan: PublishPlan, value: PlannedValue, options: WriteOptions): PublishItem {
  const { adopt, announced, signal } = options;
  const kept = announced.get(value.model.name);
  return {
    ...ownerOf(plan, value),
    payload: value.payload?.value,
    adopt,
    ...(kept === undefined ? {} : { keep: [kept] }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** What becomes of a value, before anything is written. */
function receiptOf({ model, key, payload }: PlannedValue, { current, retained }: ValueLook, dryRun: boolean): ValueReceipt {
  const { envelope } = current;
  const held = { model: model.name, version: model.version, key, replicas: 0, fingerprint: current.fingerprint };
  const number = envelope?.number ?? 0;
  if (payload === undefined && envelope?.version === model.version) return { ...held, number, digest: envelope.digest, outcome: 'kept' };
  if (payload === undefined) return { ...held, number: number + 1, digest: retained.envelope?.digest ?? '', outcome: 'restored' };
  const isThere = dryRun && envelope?.version === model.version;
  return { ...held, number: isThere ? number : number + 1, digest: payload.digest, outcome: isThere ? 'unchanged' : 'planned' };
}

function refusalOf(item: PlannedValue, { current, retained }: ValueLook, plan: PublishPlan, adopt: boolean): RefusedValue | undefined {
  const { model, key, payload } = item;
  const owner = { namespace: plan.namespace, app: plan.app, model: model.name };
  const { envelope } = current;
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
  const found = envelope?.version === model.version ? envelope : retained.envelope;
  if (payload === undefined) {
    if (found !== undefined) return undefined;
    return refuse(
      'missing',
      `no metadata is given, and Redis holds ${envelope === undefined ? 'no value of a publisher' : `version ${JSON.stringify(envelope.version)}`} under ${JSON.stringify(key)}, and does not keep this version`,
    );
  }
  if (current.kind === 'unverified' && !adopt) {
    return refuse(
      'unverified',
      `the value under ${JSON.stringify(key)} was not written by a publisher; adopt it (--adopt) if it may be replaced`,
    );
  }
  if (found !== undefined && found.digest !== payload.digest) {
    return refuse(
      'same-version-other-content',
      `Redis holds this version under ${JSON.stringify(found === envelope ? key : retained.key)} with other content; raise the version`,
    );
  }
  return undefined;
}

function payloadOf(payloads: Payloads, model: string): { readonly value: unknown } | undefined {
  if (payloads instanceof Map) return payloads.has(model) ? { value: payloads.get(model) as unknown } : undefined;
  const record = payloads as Readonly<Record<string, unknown>>;
  return Object.hasOwn(record, model) ? { value: record[model] } : undefined;
}
