import type { Environment } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { equalValues } from './equal-values.ts';

/** Kinds of values that have an order. */
const ordered = ['int', 'double', 'string', 'bool', 'google.protobuf.Timestamp', 'google.protobuf.Duration'] as const;

type Ordered = bigint | number | string | boolean;

function extreme(list: readonly Ordered[], name: string, better: (a: Ordered, b: Ordered) => boolean): Ordered {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, value) => (better(value, best) ? value : best), first);
}

const MOST_INT = 2n ** 63n;

function sumInts(list: readonly bigint[]): bigint {
  return list.reduce((sum, value) => {
    const next = sum + value;
    if (next >= MOST_INT || next < -MOST_INT) throw new Error('integer overflow');
    return next;
  }, 0n);
}

/** Kubernetes' own functions on lists. */
export function registerLists(env: Environment): void {
  for (const type of ordered) {
    env.registerFunction(`list<${type}>.isSorted(): bool`, (list: Ordered[]) =>
      list.every((value, index) => index === 0 || !((list[index - 1] as Ordered) > value)),
    );
    env.registerFunction(`list<${type}>.min(): ${type}`, (list: Ordered[]) => extreme(list, 'min', (a, b) => a < b));
    env.registerFunction(`list<${type}>.max(): ${type}`, (list: Ordered[]) => extreme(list, 'max', (a, b) => a > b));
  }
  env.registerFunction('list<int>.sum(): int', sumInts);
  env.registerFunction('list<double>.sum(): double', (list: number[]) => list.reduce((sum, value) => sum + value, 0));
  env.registerFunction('list<google.protobuf.Duration>.sum(): google.protobuf.Duration', (list: Duration[]) =>
    list.reduce((sum, value) => sum.addDuration(value), new Duration(0)),
  );
  env.registerFunction('list<T>.own_indexOf(T): int', (list: unknown[], value: unknown) =>
    BigInt(list.findIndex((item) => equalValues(item, value))),
  );
  env.registerFunction('list<T>.own_lastIndexOf(T): int', (list: unknown[], value: unknown) =>
    BigInt(list.findLastIndex((item) => equalValues(item, value))),
  );
}
