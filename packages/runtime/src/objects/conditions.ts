import { qualifiedNameProblems, type Condition } from '@kubecast/crd';
import type { DeepReadonly } from '@kubecast/store';
import { RuntimeOptionsError } from '../errors.ts';
import { toTime } from '../timing/micro-time.ts';

const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;

/** The years 1 to 9999: RFC 3339 has four digits for a year. */
const EARLIEST = -62_135_596_800_000;
const LATEST = 253_402_300_799_999;

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
 * The conditions with this one set (API conventions, meta/v1 Condition). A status without conditions has none: undefined and null are the empty list. The list that was given is not changed, and is given back itself
 * if nothing changes. lastTransitionTime moves only when the status does. A judgement of an older generation never replaces one
 * of a newer.
 *
 * @param wallMs the calendar's time.
 * @throws RuntimeOptionsError for what no schema of conditions accepts, for what is no list of conditions, and for what is no time.
 */
export function withCondition(
  given: readonly DeepReadonly<Condition>[] | null | undefined,
  update: ConditionUpdate,
  wallMs: number,
): Condition[] {
  const conditions = conditionsOf(given, 'withCondition');
  checkUpdate(update);
  if (!(typeof wallMs === 'number' && wallMs >= EARLIEST && wallMs <= LATEST))
    throw new RuntimeOptionsError('withCondition: the time must be milliseconds since the epoch, in the years 1 to 9999');
  const at = conditions.findIndex((condition) => condition.type === update.type);
  const old = conditions[at];
  // The list that was given, so that whoever compares sees that there is nothing to write.
  const unchanged = conditions as Condition[];
  if (old?.observedGeneration !== undefined && (update.observedGeneration ?? 0) < old.observedGeneration) return unchanged;
  const condition: Condition = {
    type: update.type,
    status: update.status,
    reason: update.reason,
    message: cutCharacters(update.message ?? '', 32_768),
    lastTransitionTime: old?.status === update.status && old.lastTransitionTime ? old.lastTransitionTime : toTime(wallMs),
    ...(update.observedGeneration === undefined ? {} : { observedGeneration: update.observedGeneration }),
  };
  if (old === undefined) return [...conditions, condition];
  const same = (['status', 'reason', 'message', 'lastTransitionTime', 'observedGeneration'] as const).every(
    (name) => old[name] === condition[name],
  );
  return same ? unchanged : conditions.map((existing, index) => (index === at ? condition : existing));
}

/** Undefined and null are no conditions; the status of an object of which nothing is known may have anything in their place. */
function conditionsOf<C>(given: readonly C[] | null | undefined, method: string): readonly C[] {
  const conditions: unknown = given ?? [];
  if (!Array.isArray(conditions) || !conditions.every((condition) => typeof condition === 'object' && condition !== null))
    throw new RuntimeOptionsError(`${method} takes a list of conditions, or undefined for none; it was given something else`);
  return conditions as readonly C[];
}

/** What a schema made by controller-gen of meta/v1 Condition refuses. */
function checkUpdate(update: ConditionUpdate): void {
  if (typeof (update as unknown) !== 'object' || (update as unknown) === null)
    throw new RuntimeOptionsError('withCondition takes a condition { type, status, reason }');
  const { type, status, reason, message, observedGeneration } = update;
  const refuse = (what: string): never => {
    throw new RuntimeOptionsError(`the condition ${typeof type === 'string' ? type.slice(0, 64) : `of type ${typeof type}`}: ${what}`);
  };
  if (typeof type !== 'string' || type.length > 316 || qualifiedNameProblems(type).length > 0)
    refuse('its type is no name; it must be one CamelCase word, as Ready, or example.com/Ready');
  if (status !== 'True' && status !== 'False' && status !== 'Unknown') refuse("its status must be 'True', 'False' or 'Unknown', as texts");
  if (typeof reason !== 'string' || reason.length > 1024 || !REASON.test(reason))
    refuse(
      `${typeof reason === 'string' ? JSON.stringify(reason.slice(0, 64)) : `a value of type ${typeof reason}`} is no reason; it must be one CamelCase word`,
    );
  if (message !== undefined && typeof message !== 'string') refuse('its message must be a text');
  if (observedGeneration !== undefined && !(Number.isSafeInteger(observedGeneration) && observedGeneration >= 0))
    refuse('its observedGeneration must be a whole number, 0 or more');
}

/** Never within a surrogate pair. The server counts characters, of which there are no more than code units. */
function cutCharacters(text: string, most: number): string {
  const cut = text.slice(0, most);
  const last = cut.charCodeAt(cut.length - 1);
  return text.length > most && last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut.toWellFormed();
}

/** The condition of a type, of a list that may be absent. @throws RuntimeOptionsError for what is no list of conditions */
export function findCondition<C extends DeepReadonly<Condition>>(conditions: readonly C[] | null | undefined, type: string): C | undefined {
  return conditionsOf(conditions, 'findCondition').find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly DeepReadonly<Condition>[] | null | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}
