import { SharedMap } from '../threads/shared-map.ts';
import type { SharedMapHandle } from '../cells/layout.ts';
import { onAtomicSteps } from './atomic-steps.ts';
import { chooseCall } from './histories.ts';
import type { Operation } from './linearizability.ts';
import type { RegisterCall, RegisterResult } from './register-spec.ts';
import { callShared } from './shared-register.ts';

/** Words that the threads of a run share. */
export const ARRIVED = 0;
export const ROUND = 1;
const TIME = 2;
const SLEEP = 3;
export const SYNC_WORDS = 4;

export interface ThreadJob {
  readonly do: 'history';
  readonly handle: SharedMapHandle;
  readonly sync: SharedArrayBuffer;
  readonly client: number;
  readonly clients: number;
  readonly rounds: number;
  readonly operations: number;
  readonly keys: number;
  readonly seed: number;
}

export type ThreadOperation = Operation<RegisterCall, RegisterResult>;

export interface ThreadReport {
  /** Of each round. */
  readonly histories: readonly (readonly ThreadOperation[])[];
  /** What the first thread found wrong between two rounds. */
  readonly faults: readonly string[];
}

const KILLED = new Error('killed at a planted step');

/** A small generator of numbers in [0, 1), the same on every runtime. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/**
 * One thread of a run. The threads meet at a barrier before each round, then each makes its calls, held up now and then before an atomic step, or killed there: then the call
 * never returned, and the thread goes on with a handle of its own making. Between rounds the first thread compares the map with its log.
 */
export function runThreadClient({ handle, sync, client, clients, rounds, operations, keys, seed }: ThreadJob): ThreadReport {
  const words = new Int32Array(sync);
  const random = randomFrom(Math.imul(seed + 1, 0x9e3779b1) ^ (client * 7919));
  const below = (bound: number): number => Math.floor(random() * bound);
  const { wait, notify, load, add, store } = Atomics;
  let map = SharedMap.attach<number>(handle);
  let isWatched = false;
  let killAt = 0;
  let isDead = false;
  let steps = 0;
  const undo = onAtomicSteps(() => {
    if (!isWatched) return;
    if (isDead) throw KILLED;
    steps += 1;
    if (steps === killAt) {
      isDead = true;
      throw KILLED;
    }
    if (random() > 0.02) return;
    // Either the others run meanwhile on other processors, or this thread lets them have its own.
    if (random() < 0.9) for (let spins = below(400), time = load(words, TIME); spins > 0 && load(words, TIME) < time + 3; spins -= 1);
    else wait(words, SLEEP, 0, 0.01);
  });
  const time = (): number => add(words, TIME, 1);
  const judge = judgeOf(map);
  const histories: ThreadOperation[][] = [];
  const faults: string[] = [];
  let values = client * 1_000_000;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const history: ThreadOperation[] = [];
      const seen: number[] = [];
      const kills = below(4) === 0 ? below(operations) : -1;
      for (let made = 0; made < operations; made += 1) {
        const key = `key-${below(keys)}`;
        const call = chooseCall(below, seen, (values += 1));
        steps = 0;
        isDead = false;
        killAt = made === kills ? 1 + below(60) : 0;
        const begun = time();
        isWatched = true;
        try {
          const result = callShared(map, key, call);
          isWatched = false;
          history.push({ client, key, call, result, begun, ended: time() });
          if ('value' in result && result.value !== undefined) seen.push(result.value);
        } catch (error) {
          isWatched = false;
          if (!isDead) throw error;
          history.push({ client, key, call, begun, ended: Infinity });
          map = SharedMap.attach<number>(handle);
        }
      }
      histories.push(history);
      if (client !== 0) {
        add(words, ARRIVED, 1);
        notify(words, ARRIVED);
        while (load(words, ROUND) === round) wait(words, ROUND, round);
        continue;
      }
      for (let there = load(words, ARRIVED); there < clients - 1; there = load(words, ARRIVED)) wait(words, ARRIVED, there);
      const fault = judge();
      if (fault) faults.push(`round ${round}: ${fault}`);
      for (let key = 0; key < keys; key += 1) map.delete(`key-${key}`);
      store(words, ARRIVED, 0);
      store(words, ROUND, round + 1);
      notify(words, ROUND);
    }
  } finally {
    undo();
  }
  return { histories, faults };
}

/** Follows the log of a map, and compares it with what the map shows while nobody writes. */
export function judgeOf(map: SharedMap<number>): () => string | undefined {
  const model = new Map<string, number>();
  let seen = 0;
  return () => {
    const last = map.sequence;
    while (seen < last) {
      for (const { type, key, value, previous, sequence } of map.changesAfter(seen)) {
        if (sequence !== seen + 1) return `change ${sequence} is told after ${seen}`;
        if (model.get(key) !== previous) return `change ${sequence} of ${key} says ${previous} was there, not ${model.get(key)}`;
        seen = sequence;
        if (type === 'set') model.set(key, value as number);
        else model.delete(key);
      }
    }
    if (map.size !== model.size) return `the size is ${map.size}, not ${model.size}`;
    const snapshot = map.snapshot();
    if (snapshot.size !== model.size) return `a snapshot's size is ${snapshot.size}, not ${model.size}`;
    const wanted = sorted(model);
    for (const shown of [sorted(map.entries()), sorted(snapshot.entries())])
      if (shown !== wanted) return `the map shows ${shown}, its log ${wanted}`;
    return undefined;
  };
}

function sorted(entries: Iterable<readonly [string, number]>): string {
  return JSON.stringify([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
