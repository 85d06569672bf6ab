import type { SequentialSpec } from './linearizability.ts';

/** The operations of a map on one key, with values that are told apart. */
export type RegisterCall =
  | { readonly do: 'get' }
  | { readonly do: 'set'; readonly value: number }
  | { readonly do: 'delete' }
  | { readonly do: 'getOrInsert'; readonly value: number }
  /** Reads the entry, and writes over the value that it read. */
  | { readonly do: 'compareAndSet'; readonly from: number | undefined; readonly value: number }
  /** Adds to the value in one step; absent counts as 0. */
  | { readonly do: 'add'; readonly amount: number };

/** What a call returned: a value (undefined: absent) or whether it did something. */
export type RegisterResult = { readonly value: number | undefined } | { readonly did: boolean };

const same = (result: RegisterResult, expected: RegisterResult): boolean =>
  'did' in expected ? 'did' in result && result.did === expected.did : 'value' in result && result.value === expected.value;

/** The state after a call, and what the call returns. */
function effect(state: number | undefined, call: RegisterCall): { readonly after: number | undefined; readonly returns: RegisterResult } {
  switch (call.do) {
    case 'get':
      return { after: state, returns: { value: state } };
    case 'set':
      return { after: call.value, returns: { did: true } };
    case 'delete':
      return { after: undefined, returns: { did: state !== undefined } };
    case 'getOrInsert':
      return { after: state ?? call.value, returns: { value: state ?? call.value } };
    case 'compareAndSet':
      return { after: state === call.from ? call.value : state, returns: { did: state === call.from } };
    case 'add':
  }
  const sum = (state ?? 0) + call.amount;
  return { after: sum, returns: { value: sum } };
}

/** One key of a map, one operation after another. */
export const registerSpec: SequentialSpec<number | undefined, RegisterCall, RegisterResult> = {
  initial: undefined,
  textOf: (state) => String(state),
  apply(state, call, result) {
    const { after, returns } = effect(state, call);
    return result === undefined || same(result, returns) ? { state: after } : undefined;
  },
};
