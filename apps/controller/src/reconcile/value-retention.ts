import { isForbidden } from '@kubecast/client';
import type { AppModel } from '@kubecast/crd';
import { readAnnouncement } from '@kubecast/model-index';
import type { ValuePublisher } from '@kubecast/redis-loader';
import { messageOf } from '../errors.ts';

/** The finalizer on AppModels whose values are removed before the object is. */
export const finalizerName = 'iidp.com/redis-values';

/** The outcome for the value of one model. */
export interface RemovedValue {
  readonly model: string;
  readonly key: string;
  readonly outcome: 'deleted' | 'absent' | 'kept';
  /** Why it was kept. */
  readonly reason: string;
}

export interface RetentionParts {
  readonly values: Pick<ValuePublisher, 'keyOf' | 'inspect' | 'compareAndDelete'>;
  /** Every AppModel of the cluster, in all namespaces and with any labels, read now. */
  readonly listAll: (signal: AbortSignal) => AsyncIterable<AppModel>;
  /** Throws if the run may no longer act: called right before each deletion. */
  readonly check: () => void;
}

const TRIES = 3;

/**
 * Removes what the publisher wrote for an AppModel that is being deleted: the value of each model that its spec announces, if its envelope
 * names exactly this namespace, app and model, and no other AppModel anywhere claims the key. Each value is deleted by one script that compares
 * it first, so that a value written meanwhile is not lost. If the claims of others cannot be read, all values are kept.
 */
export async function removeValues(object: AppModel, parts: RetentionParts, signal: AbortSignal): Promise<readonly RemovedValue[]> {
  const own = announcementOf(object);
  const { namespace, app } = own;
  if (app === undefined || own.models.size === 0) return [];
  const keys = new Map([...own.models.keys()].map((model) => [parts.values.keyOf({ namespace, app, model }), model]));
  let claimed: ReadonlyMap<string, string>;
  try {
    claimed = await claimsOfOthers(object, keys, parts, signal);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return [...keys].map(([key, model]) => ({
      model,
      key,
      outcome: 'kept' as const,
      reason: `the claims of other AppModels cannot be read: ${messageOf(error)}`,
    }));
  }
  const removed: RemovedValue[] = [];
  for (const [key, model] of keys) {
    const claimant = claimed.get(key);
    removed.push(
      claimant === undefined
        ? await removeOne({ namespace, app, model }, key, parts, signal)
        : { model, key, outcome: 'kept', reason: `${claimant} claims it too` },
    );
  }
  return removed;
}

async function removeOne(
  owner: { namespace: string; app: string; model: string },
  key: string,
  parts: RetentionParts,
  signal: AbortSignal,
): Promise<RemovedValue> {
  const { model } = owner;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const { kind, envelope, fingerprint } = await parts.values.inspect(key, signal);
    if (kind === 'absent') return { model, key, outcome: 'absent', reason: '' };
    if (envelope === undefined) return { model, key, outcome: 'kept', reason: 'no publisher wrote it' };
    if (envelope.namespace !== owner.namespace || envelope.app !== owner.app || envelope.model !== model)
      return { model, key, outcome: 'kept', reason: 'it belongs to another' };
    parts.check();
    const outcome = await parts.values.compareAndDelete(key, fingerprint, signal);
    if (outcome !== 'other') return { model, key, outcome, reason: '' };
  }
  return { model, key, outcome: 'kept', reason: 'somebody keeps writing it' };
}

/** The keys that other AppModels claim, each with its claimant. An AppModel that is being deleted claims nothing. */
async function claimsOfOthers(
  object: AppModel,
  keys: ReadonlyMap<string, string>,
  parts: RetentionParts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const claimed = new Map<string, string>();
  for await (const other of parts.listAll(signal)) {
    if (other.metadata.uid === object.metadata.uid || other.metadata.deletionTimestamp != null) continue;
    const { namespace, name, app, models } = announcementOf(other);
    if (app === undefined) continue;
    for (const model of models.keys()) {
      const key = parts.values.keyOf({ namespace, app, model });
      if (keys.has(key)) claimed.set(key, `AppModel ${namespace}/${name}`);
    }
  }
  return claimed;
}

function announcementOf(object: AppModel): ReturnType<typeof readAnnouncement> {
  const { namespace = '', name = '', uid = '', creationTimestamp } = object.metadata;
  return readAnnouncement(
    { namespace, name, uid, created: Date.parse(creationTimestamp ?? '') || 0 },
    object as Parameters<typeof readAnnouncement>[1],
  );
}
