/** One operation of a concurrent history, on one key. Times are of one clock that no two events share. */
export interface Operation<C, R> {
  readonly client: number;
  readonly key: string;
  readonly call: C;
  /** What the operation returned; absent when it never returned: its client crashed or gave up, and it may have taken effect at any time since, or not at all. */
  readonly result?: R;
  readonly begun: number;
  /** Infinity when it never returned. */
  readonly ended: number;
}

/** What one key does when one operation runs after another. */
export interface SequentialSpec<S, C, R> {
  readonly initial: S;
  /**
   * The state after `call` in `state`, or undefined when the call could not have returned `result` there. `result` is undefined for a call that never
   * returned: then every outcome is possible, and the state after the effect is asked for.
   */
  apply(state: S, call: C, result: R | undefined): { readonly state: S } | undefined;
  /** Equal states have equal texts. */
  textOf(state: S): string;
}

export type Verdict = { readonly linearizable: true } | { readonly linearizable: false; readonly key: string };

/**
 * Whether a history is linearizable: each operation took effect at one moment between its begin and its end. This is Wing and Gong's search (1993) with the
 * memory of Lowe (2017): a set of operations that took effect, with the state they led to, is looked at once. Keys are independent, so each is searched alone.
 */
export function checkLinearizable<S, C, R>(history: readonly Operation<C, R>[], spec: SequentialSpec<S, C, R>): Verdict {
  const byKey = Map.groupBy(history, (operation) => operation.key);
  for (const [key, operations] of byKey) if (!searchKey(operations, spec)) return { linearizable: false, key };
  return { linearizable: true };
}

function searchKey<S, C, R>(operations: readonly Operation<C, R>[], spec: SequentialSpec<S, C, R>): boolean {
  const sorted = operations.toSorted((a, b) => a.begun - b.begun);
  const seen = new Set<string>();
  const bits = sorted.map((_, index) => 1n << BigInt(index));
  let must = 0n;
  sorted.forEach((operation, index) => {
    if (operation.ended !== Infinity) must |= bits[index] as bigint;
  });

  const search = (done: bigint, state: S): boolean => {
    if ((done & must) === must) return true;
    const memory = `${done.toString(36)}|${spec.textOf(state)}`;
    if (seen.has(memory)) return false;
    seen.add(memory);
    // What begins after another one that is not done yet has ended must come after that one.
    let firstEnd = Infinity;
    for (const [index, operation] of sorted.entries())
      if ((done & (bits[index] as bigint)) === 0n && operation.ended < firstEnd) firstEnd = operation.ended;
    for (const [index, operation] of sorted.entries()) {
      if (operation.begun > firstEnd) break;
      const bit = bits[index] as bigint;
      if ((done & bit) !== 0n) continue;
      const after = spec.apply(state, operation.call, operation.result);
      if (after && search(done | bit, after.state)) return true;
    }
    return false;
  };
  return search(0n, spec.initial);
}
