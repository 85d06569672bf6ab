import type { Operation } from './linearizability.ts';
import type { RegisterCall, RegisterResult } from './register-spec.ts';

/** What a map must do for its histories to be recorded. An aborted call may throw: it then counts as one that never returned. */
export interface RecordedMap {
  run(key: string, call: RegisterCall, pause: () => Promise<void>, signal: AbortSignal | undefined): Promise<RegisterResult>;
}

export interface HistoryOptions {
  readonly clients: number;
  readonly keys: number;
  readonly operations: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface RecordedHistory {
  readonly operations: readonly Operation<RegisterCall, RegisterResult>[];
  /** Pairs of operations of different clients on one key that overlap, one of them a write. */
  readonly overlapping: number;
}

/** A call at random, with a value that no other call has. `seen`: values that the client has read. */
export function chooseCall(below: (bound: number) => number, seen: readonly number[], value: number): RegisterCall {
  switch (below(6)) {
    case 0:
      return { do: 'set', value };
    case 1:
      return { do: 'delete' };
    case 2:
      return { do: 'getOrInsert', value };
    case 3:
      return { do: 'compareAndSet', from: seen.length === 0 || below(4) === 0 ? undefined : seen[below(seen.length)], value };
    case 4:
      return { do: 'add', amount: 1000 * value };
    default:
      return { do: 'get' };
  }
}

/** Runs clients side by side, each one call after another with pauses of random length amid and between, and records when each call began and ended. */
export async function recordHistory(map: RecordedMap, options: HistoryOptions): Promise<RecordedHistory> {
  const { clients, keys, operations, random } = options;
  const recorded: Operation<RegisterCall, RegisterResult>[] = [];
  let time = 0;
  let values = 0;
  const below = (bound: number): number => Math.floor(random() * bound);
  const pause = async (): Promise<void> => {
    for (let turns = below(4); turns > 0; turns -= 1) await Promise.resolve();
  };
  const client = async (number: number): Promise<void> => {
    const seen: number[] = [];
    for (let made = 0; made < operations / clients; made += 1) {
      await pause();
      const key = `key-${below(keys)}`;
      const call = chooseCall(below, seen, (values += 1));
      const abort = below(8) === 0 ? new AbortController() : undefined;
      const begun = (time += 1);
      const running = map.run(key, call, pause, abort?.signal);
      if (abort) void pause().then(() => abort.abort(new Error('gave up')));
      try {
        const result = await running;
        if ('value' in result && result.value !== undefined) seen.push(result.value);
        recorded.push({ client: number, key, call, result, begun, ended: (time += 1) });
      } catch {
        recorded.push({ client: number, key, call, begun, ended: Infinity });
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return { operations: recorded, overlapping: overlaps(recorded) };
}

/** Pairs of operations of different clients on one key that overlap, one of them a write, or both. */
export function overlaps(operations: readonly Operation<RegisterCall, RegisterResult>[], writes: 1 | 2 = 1): number {
  let count = 0;
  for (const [index, a] of operations.entries())
    for (const b of operations.slice(index + 1))
      if (
        a.key === b.key &&
        a.client !== b.client &&
        a.begun < b.ended &&
        b.begun < a.ended &&
        Number(a.call.do !== 'get') + Number(b.call.do !== 'get') >= writes
      )
        count += 1;
  return count;
}
