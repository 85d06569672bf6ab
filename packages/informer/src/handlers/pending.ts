import type { Change, Entry, Key } from '@kubecast/store';
import type { DeleteCause, Delta, DeltaOrigin } from '../contract/delta.ts';

/** What waits for one handler about one object, told apart by (key, UID). At most one such record each. */
export interface Pending<T> {
  readonly key: Key;
  readonly uid: string;
  /** Whether the handler was given the object before, and not its delete. */
  readonly known: boolean;
  type: Delta<T>['type'];
  /** Undefined: read from the view at delivery, so that a full buffer keeps no bytes alive. */
  entry: Entry<T> | undefined;
  /** Of the last change that was told of. */
  version: string;
  /** What the handler was last given, where it wants to know; undefined too once it became too much. */
  given: Entry<T> | undefined;
  /** Bytes of records that it keeps alive. */
  pinned: number;
  origin: DeltaOrigin;
  cause: DeleteCause | undefined;
  finalStateKnown: boolean | undefined;
  /** Counts towards the handler's `synced`. */
  readonly initial: boolean;
}

/** Bytes of the records that it holds. */
export function pinnedBy<T>({ entry, given }: Pending<T>): number {
  return (entry?.bytes ?? 0) + (given === undefined || given === entry ? 0 : given.bytes);
}

/** A change as one handler sees it: after its filter, and with what it had seen before. */
export interface Offer<T> {
  readonly type: Delta<T>['type'];
  readonly entry: Entry<T>;
  readonly previous: Entry<T> | undefined;
  readonly origin: DeltaOrigin;
  readonly cause: DeleteCause | undefined;
  readonly finalStateKnown: boolean | undefined;
  readonly initial: boolean;
}

export function newPending<T>(offer: Offer<T>, withPrevious: boolean): Pending<T> {
  return {
    key: offer.entry.key,
    uid: offer.entry.uid,
    known: offer.type !== 'added',
    type: offer.type,
    entry: offer.entry,
    version: offer.entry.version,
    given: !withPrevious || offer.type === 'added' ? undefined : (offer.previous ?? (offer.type === 'deleted' ? offer.entry : undefined)),
    pinned: 0,
    origin: offer.origin,
    cause: offer.cause,
    finalStateKnown: offer.finalStateKnown,
    initial: offer.initial,
  };
}

/**
 * Folds a later change of the same (key, UID) into what waits. False: both cancel out, an add and a delete that never reached the handler.
 */
export function coalesce<T>(waiting: Pending<T>, offer: Offer<T>): boolean {
  if (offer.type === 'deleted') {
    if (!waiting.known) return false;
    waiting.type = 'deleted';
    waiting.cause = offer.cause;
    waiting.finalStateKnown = offer.finalStateKnown;
  } else {
    waiting.type = waiting.known ? 'updated' : 'added';
    waiting.cause = undefined;
    waiting.finalStateKnown = undefined;
  }
  waiting.entry = offer.entry;
  waiting.version = offer.entry.version;
  // That versions went back must reach the handler, whatever came on top of it.
  if (!waiting.initial && waiting.origin !== 'regressed') waiting.origin = offer.origin;
  return true;
}

/**
 * A store's change seen through a handler's filter: into the filter is an add, out of it a delete. Undefined: nothing for it. What the handler knows
 * is what stood in the store before, so a delete is judged by that and not by the last state, which may no longer match.
 */
export function throughFilter<T>(
  change: Change<T>,
  matches: (entry: Entry<T>) => boolean,
): { readonly type: Delta<T>['type']; readonly unmatched: boolean } | undefined {
  const { type, entry, previous } = change;
  if (type === 'updated' && previous !== undefined) {
    const now = matches(entry);
    const before = matches(previous);
    if (now) return { type: before ? 'updated' : 'added', unmatched: false };
    return before ? { type: 'deleted', unmatched: true } : undefined;
  }
  return matches(type === 'deleted' ? (previous ?? entry) : entry) ? { type, unmatched: false } : undefined;
}
