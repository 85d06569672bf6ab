import type { Condition } from '@kubecast/crd';
import { RuntimeOptionsError } from '../errors.ts';
import { toTime } from '../timing/micro-time.ts';

const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;

/** A condition to set; the time of its last transition is found. */
export interface ConditionUpdate {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase, 1 to 1024 characters. */
  readonly reason: string;
  /** Up to 32,768 characters; longer ones are cut. */
  readonly message?: string;
  /** metadata.generation of the object that was judged, not of a later read. */
  readonly observedGeneration?: number;
}

/**
 * The conditions with this one set (API conventions, meta/v1 Condition); the list that was given is not changed, and is given back itself
 * if nothing changes. lastTransitionTime moves only when the status does. A judgement of an older generation never replaces one
 * of a newer.
 *
 * @param wallMs the calendar's time.
 * @throws RuntimeOptionsError for a reason that no schema of conditions accepts.
 */
export function withCondition(conditions: readonly Condition[], update: ConditionUpdate, wallMs: number): readonly Condition[] {
  if (update.reason.length > 1024 || !REASON.test(update.reason))
    throw new RuntimeOptionsError(
      `the condition ${update.type}: ${JSON.stringify(update.reason.slice(0, 64))} is no reason; it must be one CamelCase word`,
    );
  const at = conditions.findIndex((condition) => condition.type === update.type);
  const old = conditions[at];
  if (old?.observedGeneration !== undefined && (update.observedGeneration ?? 0) < old.observedGeneration) return conditions;
  const condition: Condition = {
    type: update.type,
    status: update.status,
    reason: update.reason,
    message: (update.message ?? '').slice(0, 32_768),
    lastTransitionTime: old?.status === update.status && old.lastTransitionTime ? old.lastTransitionTime : toTime(wallMs),
    ...(update.observedGeneration === undefined ? {} : { observedGeneration: update.observedGeneration }),
  };
  if (old === undefined) return [...conditions, condition];
  const same = (['status', 'reason', 'message', 'lastTransitionTime', 'observedGeneration'] as const).every(
    (name) => old[name] === condition[name],
  );
  return same ? conditions : conditions.map((existing, index) => (index === at ? condition : existing));
}

export function findCondition(conditions: readonly Condition[] | null | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[] | null | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}
