import { parseJson, writeJson } from '@kubecast/exact-json';
import { expect, test } from 'vitest';
import type { RawRecord } from '../index.ts';
import { attach, byField, createObjectStore, isStoreError } from '../index.ts';

interface Thing {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nanos: number; readonly list: readonly number[]; readonly unit?: string };
}
const key = { namespace: 'n', name: 'a' };
const SPEC = '{"nanos":1764468000000000001,"list":[9007199254740993,2,3.14159265358979323846264]}';
const record = (spec: string, version = '1'): RawRecord => ({
  object: new TextEncoder().encode(`{"metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"${version}"},"spec":${spec}}`),
});

test('what any read of a store gives is written back with the digits that the server sent', () => {
  for (const hotBytes of [undefined, 0]) {
    const store = createObjectStore<Thing>({
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      shared: { recordBytes: 8 << 20, indexBytes: 1 << 20 },
      indexes: { nanos: byField('spec', 'nanos'), value: ({ value }) => [writeJson(value)] },
      ...(hotBytes === undefined ? {} : { hotBytes }),
    });
    const [added] = store.put(record(SPEC));
    for (const view of [store.view, store.view.snapshot(), attach<Thing>(store.share()), attach<Thing>(store.share()).snapshot()]) {
      const found = [...view.select({ index: { name: 'nanos', value: '1764468000000000001' } })];
      expect(found).toHaveLength(1);
      for (let read = 0; read < 3; read += 1)
        for (const value of [
          view.get(key),
          view.entry(key)?.value,
          view.entry(key)?.mutable(),
          found[0]?.value,
          found[0]?.mutable(),
          added?.entry.value,
        ]) {
          expect(writeJson(value?.spec)).toBe(SPEC);
          // As a client's replace is given it.
          const changed = { ...value, spec: { ...value?.spec, unit: 'ns' } };
          expect(writeJson(changed.spec)).toBe(SPEC.replace(/}$/, ',"unit":"ns"}'));
        }
    }
  }
});

test('a transform gives its object back with the digits that it was given', () => {
  const store = createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    transform: (object) => ({ ...object, spec: { ...(object['spec'] as object), unit: 'ns' } }),
  });
  store.put(record(SPEC));
  expect(writeJson(store.view.get(key)?.spec)).toBe(SPEC.replace(/}$/, ',"unit":"ns"}'));
  expect(store.put(record(SPEC))).toEqual([]);
  expect(store.put(record(SPEC.replace('0001', '0002'), '2')).map(({ type }) => type)).toEqual(['updated']);
});

test('a transform that gives what JSON cannot say, or a number whose digits it lost, is refused by the path, and changes nothing', () => {
  let change: (object: Record<string, unknown>) => unknown = (object) => object;
  const store = createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    transform: (object) => change(object) as Record<string, unknown>,
  });
  store.put(record(SPEC));
  for (const [transform, message] of [
    [(object: object) => structuredClone(object), /spec\.nanos is 1764468000000000000: beyond 2\^53/],
    [(object: object) => ({ ...object, spec: { nanos: Number.NaN } }), /spec\.nanos is NaN/],
    [() => undefined, /nothing that JSON has/],
  ] as const) {
    change = transform;
    expect(() => store.put(record(SPEC, '2'))).toThrow(message);
    expect(store.view.entry(key)?.version).toBe('1');
  }
  change = () => ({});
  let code: unknown;
  try {
    store.put(record(SPEC, '2'));
  } catch (error) {
    code = isStoreError(error) && error.code;
  }
  expect(code).toBe('RECORD_INVALID');
});

test('an index by a field tells integers beyond 2^53 apart, from the kept bytes and from the value alike', () => {
  for (const text of [
    '9007199254740993',
    '-9223372036854775808',
    '18446744073709551615',
    '5',
    '-0',
    '1e3',
    '1.50',
    '123456789012345678901234567890',
  ]) {
    const store = createObjectStore<Thing>({ apiVersion: 'example.com/v1', kind: 'Thing' });
    store.put(record(`{"nanos":${text},"list":[${text},1]}`));
    const entry = store.view.entry(key);
    if (!entry) throw new Error('no entry');
    // One that is no packed record is walked, not cut.
    const walked = { ...entry, value: parseJson(`{"spec":{"nanos":${text},"list":[${text},1]}}`) } as unknown as typeof entry;
    const exact = /^-?\d+$/.test(text) && text !== '-0' ? text : String(Number(text));
    for (const each of [entry, walked]) {
      expect(byField('spec', 'nanos')(each)).toEqual([exact]);
      expect(byField('spec', 'list', '*')(each)).toEqual([exact, '1']);
    }
  }
});
