import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkLinearizable, type Operation } from './linearizability.ts';
import { registerSpec, type RegisterCall, type RegisterResult } from './register-spec.ts';

type Op = Operation<RegisterCall, RegisterResult>;
const op = (begun: number, ended: number, call: RegisterCall, result?: RegisterResult): Op => ({
  client: begun,
  key: 'k',
  call,
  begun,
  ended,
  ...(result ? { result } : {}),
});
const get = (value: number | undefined): [RegisterCall, RegisterResult] => [{ do: 'get' }, { value }];
const set = (value: number): [RegisterCall, RegisterResult] => [{ do: 'set', value }, { did: true }];
const linearizable = (history: readonly Op[]): boolean => checkLinearizable(history, registerSpec).linearizable;

const bad: Readonly<Record<string, readonly Op[]>> = {
  'a read before any write finds a value': [op(1, 2, ...get(1)), op(3, 4, ...set(1))],
  'a read after a write finds nothing': [op(1, 2, ...set(1)), op(3, 4, ...get(undefined))],
  'a read finds what was overwritten before it began': [op(1, 2, ...set(1)), op(3, 4, ...set(2)), op(5, 6, ...get(1))],
  'two readers see two writes in opposite orders': [
    op(1, 10, ...set(1)),
    op(2, 11, ...set(2)),
    op(12, 13, ...get(1)),
    op(14, 15, ...get(2)),
  ],
  'a value goes back while one write is under way': [op(1, 20, ...set(2)), op(2, 3, ...set(1)), op(4, 5, ...get(2)), op(6, 7, ...get(1))],
  'an update is lost': [op(1, 10, { do: 'add', amount: 1 }, { value: 1 }), op(2, 11, { do: 'add', amount: 1 }, { value: 1 })],
  'two compare-and-sets from one value both succeed': [
    op(1, 2, ...set(1)),
    op(3, 10, { do: 'compareAndSet', from: 1, value: 2 }, { did: true }),
    op(4, 11, { do: 'compareAndSet', from: 1, value: 3 }, { did: true }),
  ],
  'a compare-and-set fails although nobody else wrote': [
    op(1, 2, ...set(1)),
    op(3, 4, { do: 'compareAndSet', from: 1, value: 2 }, { did: false }),
  ],
  'two deletes both find the value': [
    op(1, 2, ...set(1)),
    op(3, 10, { do: 'delete' }, { did: true }),
    op(4, 11, { do: 'delete' }, { did: true }),
  ],
  'two inserts into an absent key both keep their own': [
    op(1, 10, { do: 'getOrInsert', value: 1 }, { value: 1 }),
    op(2, 11, { do: 'getOrInsert', value: 2 }, { value: 2 }),
  ],
  'a deleted value comes back': [op(1, 2, ...set(1)), op(3, 4, { do: 'delete' }, { did: true }), op(5, 6, ...get(1))],
  'a write that never returned takes effect, is undone, and takes effect again': [
    op(1, Infinity, { do: 'set', value: 1 }),
    op(2, 3, ...get(1)),
    op(4, 5, ...get(undefined)),
    op(6, 7, ...get(1)),
  ],
};

for (const [name, history] of Object.entries(bad)) {
  test(`a history is refused in which ${name}`, () => {
    expect(linearizable(history)).toBe(false);
    // The order in which the operations are listed means nothing.
    expect(linearizable(history.toReversed())).toBe(false);
  });
}

test('operations that overlap may take effect in either order', () => {
  expect(linearizable([op(1, 10, ...set(1)), op(2, 11, ...set(2)), op(12, 13, ...get(1)), op(14, 15, ...get(1))])).toBe(true);
  expect(linearizable([op(1, 10, ...set(1)), op(2, 3, ...get(undefined)), op(4, 5, ...get(1))])).toBe(true);
  expect(linearizable([op(1, 10, { do: 'add', amount: 1 }, { value: 2 }), op(2, 11, { do: 'add', amount: 1 }, { value: 1 })])).toBe(true);
});

test('an operation that never returned may take effect late, or never', () => {
  const crashed = op(1, Infinity, { do: 'set', value: 1 });
  expect(linearizable([crashed, op(2, 3, ...get(undefined)), op(4, 5, ...get(1))])).toBe(true);
  expect(linearizable([crashed, op(2, 3, ...get(undefined)), op(4, 5, ...get(undefined))])).toBe(true);
});

test('keys are independent, and the verdict names the one that is wrong', () => {
  const wrong = bad['an update is lost'] ?? [];
  const history = [...wrong.map((operation) => ({ ...operation, key: 'b' })), op(1, 2, ...set(1))];
  expect(checkLinearizable(history, registerSpec)).toEqual({ linearizable: false, key: 'b' });
});

test('whatever runs one after another by the specification is linearizable, however the times are stretched to overlap', () => {
  const call = fc.oneof(
    fc.constant<RegisterCall>({ do: 'get' }),
    fc.constant<RegisterCall>({ do: 'delete' }),
    fc.integer({ min: 1, max: 3 }).map((value): RegisterCall => ({ do: 'set', value })),
    fc.integer({ min: 1, max: 3 }).map((value): RegisterCall => ({ do: 'getOrInsert', value })),
    fc.record({ do: fc.constant('add' as const), amount: fc.integer({ min: 1, max: 2 }) }),
    fc.record({
      do: fc.constant('compareAndSet' as const),
      from: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      value: fc.integer({ min: 1, max: 3 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(call, fc.nat({ max: 30 }), fc.nat({ max: 30 })), { maxLength: 30 }), (calls) => {
      let state: number | undefined;
      const history = calls.map(([made, before, after], index): Op => {
        const at = index * 10;
        const result = resultOf(state, made);
        state = registerSpec.apply(state, made, result)?.state;
        return {
          client: index,
          key: 'k',
          call: made,
          result,
          begun: at - before - 0.001 * index,
          ended: at + after + 0.001 * index + 0.01,
        };
      });
      expect(linearizable(history)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

function resultOf(state: number | undefined, call: RegisterCall): RegisterResult {
  switch (call.do) {
    case 'get':
      return { value: state };
    case 'set':
      return { did: true };
    case 'delete':
      return { did: state !== undefined };
    case 'getOrInsert':
      return { value: state ?? call.value };
    case 'compareAndSet':
      return { did: state === call.from };
    case 'add':
      return { value: (state ?? 0) + call.amount };
  }
}
