import { expect, test } from 'vitest';
import { SharedMap } from './index.ts';
import { watchAtomicSteps } from '../testing/atomic-steps.ts';
import { checkLinearizable, type Operation } from '../testing/linearizability.ts';
import { registerSpec, type RegisterCall, type RegisterResult } from '../testing/register-spec.ts';
import { callShared } from '../testing/shared-register.ts';

type Op = Operation<RegisterCall, RegisterResult>;

const calls: readonly RegisterCall[] = [
  { do: 'get' },
  { do: 'set', value: 10 },
  { do: 'delete' },
  { do: 'getOrInsert', value: 20 },
  { do: 'compareAndSet', from: 1, value: 30 },
  { do: 'compareAndSet', from: undefined, value: 40 },
  { do: 'add', amount: 100 },
];

/** What another thread does meanwhile, one call after another. */
const others: Readonly<Record<string, readonly RegisterCall[]>> = {
  'a write': [{ do: 'set', value: 2 }],
  'a deletion': [{ do: 'delete' }],
  'a deletion and the same value again': [{ do: 'delete' }, { do: 'set', value: 1 }],
  'a value that goes and comes back': [
    { do: 'set', value: 2 },
    { do: 'set', value: 1 },
  ],
  'an insertion where nothing is': [{ do: 'getOrInsert', value: 3 }],
};

/** Enough that the log goes round and blocks are used again. */
const CHURN = 40;

function churn(map: SharedMap<number>): void {
  for (let i = 0; i < CHURN; i += 1) map.set(`other-${i % 3}`, i);
  for (let i = 0; i < 3; i += 1) map.delete(`other-${i}`);
}

function checkWhole(map: SharedMap<number>): void {
  const { size } = map;
  const entries = [...map.entries()];
  expect(size).toBe(entries.length);
  const snapshot = map.snapshot();
  expect(new Map(snapshot.entries())).toEqual(new Map(entries));
  expect(snapshot.size).toBe(entries.length);
  for (const [key, value] of entries) expect(snapshot.get(key)).toBe(value);
}

for (const [name, meanwhile] of Object.entries(others))
  for (const initial of [undefined, 1])
    for (const isChurned of [false, true])
      test(`${name}${isChurned ? ', with much else,' : ''} between any two steps of any call is as if before or after it (${initial === undefined ? 'absent' : 'present'} at first)`, () => {
        for (const call of calls) {
          for (const isKilled of [false, true]) {
            for (let at = 1; ; at += 1) {
              const map = new SharedMap<number>({ changes: 16, maxBytes: 1 << 16 });
              const other = SharedMap.attach<number>(map.share());
              const history: Op[] = [];
              let time = 0;
              const run = (client: number, by: SharedMap<number>, made: RegisterCall): void => {
                const begun = (time += 1);
                const result = callShared(by, 'k', made);
                history.push({ client, key: 'k', call: made, result, begun, ended: (time += 1) });
              };
              if (initial !== undefined) run(0, other, { do: 'set', value: initial });
              run(1, map, { do: 'get' });
              let isReached = false;
              const begun = (time += 1);
              try {
                const result = watchAtomicSteps(
                  () => callShared(map, 'k', call),
                  (step) => {
                    if (isReached && isKilled) throw new Error('killed');
                    if (step !== at) return;
                    isReached = true;
                    if (isKilled) throw new Error('killed');
                    if (isChurned) churn(other);
                    for (const made of meanwhile) run(0, other, made);
                    if (isChurned) churn(other);
                  },
                );
                history.push({ client: 1, key: 'k', call, result, begun, ended: (time += 1) });
              } catch (error) {
                if ((error as Error).message !== 'killed') throw error;
                history.push({ client: 1, key: 'k', call, begun, ended: Infinity });
                if (isChurned) churn(other);
                for (const made of meanwhile) run(0, other, made);
                if (isChurned) churn(other);
              }
              run(0, other, { do: 'get' });
              run(2, SharedMap.attach<number>(map.share()), { do: 'get' });
              if (!isKilled) run(1, map, { do: 'get' });
              const { linearizable } = checkLinearizable(history, registerSpec);
              expect(linearizable, linearizable ? '' : `${call.do}, step ${at}, killed ${isKilled}: ${JSON.stringify(history)}`).toBe(true);
              checkWhole(other);
              if (!isReached) break;
            }
          }
        }
      });

test('a write that is killed before any of its steps takes along at most the block that it wrote and the one that it was about to free', () => {
  const block = 80;
  for (let at = 1; ; at += 1) {
    const map = new SharedMap<number>({ changes: 16 });
    for (let i = 0; i < 200; i += 1) map.set(`k${i % 4}`, i);
    const { bytes } = map;
    let killed = 0;
    for (let kill = 0; kill < 20; kill += 1) {
      const victim = SharedMap.attach<number>(map.share());
      victim.get('k1');
      try {
        watchAtomicSteps(
          () => victim.set('k1', kill),
          (step) => {
            if (step >= at) throw new Error('killed');
          },
        );
      } catch (error) {
        expect((error as Error).message).toBe('killed');
        killed += 1;
      }
      for (let i = 0; i < 40; i += 1) map.set(`k${i % 4}`, i);
    }
    expect(map.bytes - bytes).toBeLessThanOrEqual(killed * 2 * block);
    if (killed === 0) break;
  }
});

test('a write that is not done after all, since another was first, gives its block back', () => {
  const map = new SharedMap<number>({ changes: 16 });
  const other = SharedMap.attach<number>(map.share());
  for (let i = 0; i < 100; i += 1) map.set('k', i);
  const { bytes } = map;
  let conflicts = 0;
  for (let at = 1; ; at += 1) {
    let isReached = false;
    for (let round = 0; round < 10; round += 1) {
      const version = map.entry('k')?.version;
      const written = watchAtomicSteps(
        () => map.compareAndSet('k', version, round),
        (step) => {
          if (step !== at) return;
          isReached = true;
          other.set('k', -1 - round);
        },
      );
      if (written === undefined) conflicts += 1;
    }
    if (!isReached) break;
  }
  expect(conflicts).toBeGreaterThan(100);
  expect(map.bytes - bytes).toBeLessThanOrEqual(4 * 80);
});
