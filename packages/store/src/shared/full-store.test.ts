import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Key, ObjectStore, ScopeId } from '../index.ts';
import { attach, compareResourceVersions, createObjectStore, isStoreError } from '../index.ts';
import { testRecord } from '../testing/index.ts';

interface Thing {
  readonly spec: { readonly apps: readonly string[]; readonly text: string };
}
const MIB = 1 << 20;

function make(shared: object | undefined): ObjectStore<Thing> {
  return createObjectStore<Thing>({
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    compareVersions: compareResourceVersions,
    indexes: { app: (entry) => entry.value.spec.apps },
    ...(shared ? { shared } : {}),
  });
}
const nameOf = (i: number): string => `n-${String(i).padStart(5, '0')}`;
const keyOf = (i: number): Key => ({ cluster: '', namespace: `ns-${i % 5}`, name: nameOf(i) });

function record(i: number, version: number, length: number, apps: readonly string[]): ReturnType<typeof testRecord> {
  return testRecord({
    namespace: `ns-${i % 5}`,
    name: nameOf(i),
    uid: `uid-${i}`,
    version: String(version),
    spec: { apps, text: String(version % 10).repeat(length) },
  });
}

/** As text: hundreds of rows are compared some thousand times. */
const rowsOf = (view: ObjectStore<Thing>['view']): string =>
  [...view.select()]
    .map(({ key, version, value: { spec } }) => [key.namespace, key.name, version, spec.text.length, spec.text[0], ...spec.apps].join(' '))
    .join('\n');

/** All that can be seen, by key and by index. */
function picture(view: ObjectStore<Thing>['view'], apps: readonly string[]): string {
  const indexed = apps.map((app) => [...view.select({ index: { name: 'app', value: app } })].map(({ key }) => key.name).join(' '));
  return [rowsOf(view), ...indexed, view.size].join('\n\n');
}

interface Step<W> {
  readonly what: W;
  readonly from: number;
  readonly count: number;
  readonly length: number;
  readonly apps: readonly string[];
}
const APPS = ['a', 'b', 'c', 'd'.repeat(300), 'e'.repeat(3_000)];
const stepOf = <W extends string>(...what: readonly W[]): fc.Arbitrary<Step<W | 'fill'>> =>
  fc.record({
    what: fc.constantFrom(...what),
    from: fc.nat({ max: 400 }),
    count: fc.integer({ min: 1, max: 160 }),
    length: fc.constantFrom(10, 200, 3_000, 30_000, 200_000),
    apps: fc.array(
      fc.oneof(
        fc.constantFrom(...APPS),
        fc.integer({ min: 0, max: 2_000 }).map((n) => `unique-${n}`),
      ),
      { maxLength: 3 },
    ),
  });

const any = stepOf('put', 'put', 'put', 'remove', 'remove final', 'relist', 'index');
/** Each run fills the store twice, so it meets its limit whatever else it does. */
const steps = fc
  .tuple(
    fc.array(any, { minLength: 1, maxLength: 3 }),
    stepOf('fill'),
    fc.array(any, { minLength: 2, maxLength: 5 }),
    stepOf('fill'),
    fc.array(any, { minLength: 1, maxLength: 3 }),
  )
  .map((parts) => parts.flat());

const limits: readonly (readonly [string, object | undefined, RegExp])[] = [
  ['records', { recordBytes: 3 * MIB, indexBytes: 8 * MIB }, /shared\.recordBytes/],
  ['keys and indexes', { recordBytes: 64 * MIB, indexBytes: 1 << 16 }, /shared\.indexBytes/],
  ['both', { recordBytes: 3 * MIB, indexBytes: 3 << 15 }, /shared\.(?:record|index)Bytes/],
  ['nothing', undefined, /^$/],
];

test.each(limits)(
  'a write that finds no room left of %s says so and changes nothing, whatever was done before',
  { timeout: 120_000 },
  (name, shared, option) => {
    fc.assert(
      fc.property(steps, (run) => {
        let refused = 0;
        const store = make(shared);
        const reader = shared ? attach<Thing>(store.share()) : store.view;
        const model = new Map<number, { version: number; length: number; apps: readonly string[] }>();
        const seen = [...APPS, 'unique-1'];
        let version = 0;
        let indexes = 0;
        const attempt = (write: () => unknown): boolean => {
          const before = picture(store.view, seen);
          try {
            write();
            return true;
          } catch (error) {
            expect(isStoreError(error) && error.code).toBe('SHARED_FULL');
            expect((error as Error).message).toMatch(option);
            expect(picture(store.view, seen) === before, 'the store is as it was').toBe(true);
            expect(picture(reader, seen) === before, 'its reader shows it as it was').toBe(true);
            refused += 1;
            return false;
          }
        };
        for (const { what, from, count, length, apps } of run) {
          version += 1;
          if (what === 'put' || (what === 'fill' && shared)) {
            // Filled with records of 3,000 bytes and more, where records are what is short: a picture of many tiny ones takes long.
            const filling = name === 'keys and indexes' ? 10 : Math.max(3_000, length);
            const bytes = what === 'fill' ? filling : length;
            for (let i = from; i < from + (what === 'fill' ? 10_000 : Math.min(count, 40)); i += 1) {
              const values = apps.map((app) => (app.startsWith('unique') ? `${app}-${i}` : app));
              if (what === 'fill') values.push(`fill-${i}`);
              let put = true;
              try {
                store.put(record(i, version, bytes, values));
              } catch (error) {
                expect(isStoreError(error) && error.code).toBe('SHARED_FULL');
                put = attempt(() => store.put(record(i, version, bytes, values)));
              }
              if (!put) break;
              model.set(i, { version, length: bytes, apps: values });
            }
          } else if (what === 'relist') {
            const relist = store.replace('' as ScopeId);
            const brought = new Map<number, { version: number; length: number; apps: readonly string[] }>();
            const whole = attempt(() => {
              for (let i = from; i < from + count; i += 1) {
                relist.put(record(i, version, Math.min(length, 3_000), apps));
                brought.set(i, { version, length: Math.min(length, 3_000), apps });
              }
            });
            if (!whole) relist.abort();
            else if (attempt(() => [...relist.commit('1')])) {
              model.clear();
              for (const [i, row] of brought) model.set(i, row);
            }
          } else if (what === 'index') {
            indexes += 1;
            if (indexes < 4) attempt(() => store.addIndex(`name-${indexes}`, (entry) => [entry.key.name, 'all']));
          } else if (what !== 'fill') {
            for (const i of [...model.keys()].slice(0, count)) {
              const final = what === 'remove final' ? record(i, version, length, apps) : undefined;
              const changes = store.remove(keyOf(i), `uid-${i}`, final);
              expect(changes.map(({ type }) => type)).toEqual(['deleted']);
              model.delete(i);
            }
          }
          const expected = [...model].sort(([a], [b]) =>
            keyOf(a).namespace + '/' + nameOf(a) < keyOf(b).namespace + '/' + nameOf(b) ? -1 : 1,
          );
          expect(rowsOf(reader)).toBe(
            expected
              .map(([i, row]) => [keyOf(i).namespace, nameOf(i), row.version, row.length, String(row.version % 10), ...row.apps].join(' '))
              .join('\n'),
          );
        }
        // What was full takes objects again when it was emptied.
        for (const i of model.keys()) store.remove(keyOf(i), `uid-${i}`);
        for (let i = 0; i < 30; i += 1) store.put(record(i, version + 1, 3_000, ['a', `again-${i}`]));
        expect(reader.size).toBe(30);
        if (shared) expect(refused).toBeGreaterThanOrEqual(2);
        else expect(refused).toBe(0);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  },
);

test('after each second object of a full store was removed, records of any size fit into half of that room less one MiB', () => {
  for (const mib of [4, 12])
    for (const [few, many] of [
      [900, 300_000],
      [300_000, 900],
      [20_000, 60_000],
      [120_000, 900],
      [900, 900],
    ] as const) {
      const store = make({ recordBytes: mib * MIB, indexBytes: 4 * MIB });
      let count = 0;
      const fill = (length: number): number => {
        const before = store.counters.recordBytes;
        for (;;) {
          try {
            store.put(record(count, 1, length, []));
            count += 1;
          } catch (error) {
            expect(isStoreError(error) && error.code).toBe('SHARED_FULL');
            return store.counters.recordBytes - before;
          }
        }
      };
      const full = fill(few);
      // One MiB is kept for compaction; large records leave holes that are too small for another.
      expect(full).toBeGreaterThan(((mib - 1) * MIB * 3) / 4);
      // Each second one, so that no slab is empty by itself.
      for (let i = 0; i < count; i += 2) store.remove(keyOf(i), `uid-${i}`);
      const removed = full - store.counters.recordBytes;
      expect(fill(many)).toBeGreaterThanOrEqual(removed / 2 - MIB);
      expect(attach<Thing>(store.share()).size).toBe(store.view.size);
    }
});

test('a limit that is no number of bytes is refused by its name', () => {
  for (const bad of [
    { recordBytes: MIB },
    { recordBytes: Number.NaN },
    { indexBytes: 100 },
    { indexBytes: 2 ** 53 },
    { leaseMs: 0 },
    { leaseMs: Number.POSITIVE_INFINITY },
    { recordBytes: '64' as unknown as number },
  ])
    expect(() => make(bad), JSON.stringify(bad)).toThrow(`shared.${Object.keys(bad)[0]} is`);
});

test('a store that is full can be emptied object by object, whatever was refused between: removals have room of their own', () => {
  for (const apps of [['d'.repeat(300)], ['e'.repeat(3_000)], []]) {
    const store = make({ recordBytes: 64 * MIB, indexBytes: 1 << 16 });
    const held: number[] = [];
    let next = 0;
    const put = (length: number, extra: readonly string[]): boolean => {
      try {
        store.put(record(next, 1, length, [...extra, `fill-${next}`]));
        held.push(next);
        next += 1;
        return true;
      } catch (error) {
        expect(isStoreError(error) && error.code).toBe('SHARED_FULL');
        return false;
      }
    };
    const remove = (at: number): void => {
      const [i = -1] = held.splice(at, 1);
      expect(store.remove(keyOf(i), `uid-${i}`).map(({ type }) => type)).toEqual(['deleted']);
    };
    while (put(10, apps));
    expect(held.length).toBeGreaterThan(50);
    for (let round = 0; held.length > 0; round += 1) {
      // From the front: whole parts of the order become empty.
      for (let some = 0; some < 40 && held.length > 0; some += 1) {
        remove(0);
        // What is let go of is asked for at once, by an index and by an object with many values.
        if (some % 8 === 7) put(10, [...apps, ...Array.from({ length: 30 }, (_, n) => `many-${round}-${some}-${n}`)]);
        if (some === 20 && round < 3) {
          try {
            store.addIndex(`name-${round}`, (entry) => [entry.key.name, 'all']);
          } catch (error) {
            expect(isStoreError(error) && error.code).toBe('SHARED_FULL');
          }
        }
      }
    }
    expect(store.view.size).toBe(0);
  }
});

test('a slab that was emptied but for what a list held is emptied of that as well, after the list has ended', () => {
  const store = make({ recordBytes: 2 * MIB, indexBytes: MIB });
  for (let i = 0; i < 10; i += 1) store.put(record(i, 1, 80_000, []));
  const list = store.replace('' as ScopeId);
  list.put(record(100, 1, 40_000, []));
  for (let i = 0; i < 6; i += 1) store.remove(keyOf(i), `uid-${i}`);
  // It finds no room, and has the slab emptied that the list's record stands in.
  expect(() => store.put(record(200, 1, 300_000, []))).toThrow('shared.recordBytes');
  list.commit('1');
  expect([...store.view.select()].map(({ key }) => key.name)).toEqual([nameOf(100)]);
  for (let i = 0; i < 100; i += 1) {
    expect(store.put(record(300, 2 * i + 2, 80_000, []))).toHaveLength(1);
    expect(store.remove(keyOf(300), 'uid-300')).toHaveLength(1);
  }
});

test('a list that does not fit beside what stands there: what it lacks leaves first, what it could not bring stays, and then it fits', () => {
  const store = make({ recordBytes: 64 * MIB, indexBytes: 1 << 16 });
  const reader = attach<Thing>(store.share());
  const long = (i: number): readonly string[] => [`${i}`.padEnd(6_000, '-')];
  let held = 0;
  expect(() => {
    for (;;) {
      store.put(record(held, 1, 10, long(held)));
      held += 1;
    }
  }).toThrow('shared.indexBytes');
  const namesOf = (view: ObjectStore<Thing>['view']): string[] => [...view.select()].map(({ key, version }) => `${key.name} ${version}`);
  const collect = (): ReturnType<typeof store.replace> => {
    const list = store.replace('' as ScopeId);
    list.put(record(0, 1, 10, long(0)));
    for (const i of [100, 101]) list.put(record(i, 1, 10, long(i)));
    // There was no room for its new version.
    list.keep(keyOf(5), 'uid-5');
    list.keep(keyOf(6), 'uid-another');
    return list;
  };
  expect(() => collect().commit('1')).toThrow('shared.indexBytes');
  expect(store.view.size).toBe(held);
  const list = collect();
  const gone = list.trim().map(({ type, entry }) => `${type} ${entry.key.name}`);
  expect(gone).toHaveLength(held - 2);
  expect(new Set(gone.map((line) => line.split(' ')[0]))).toEqual(new Set(['deleted']));
  for (const view of [store.view, reader]) expect(namesOf(view)).toEqual([`${nameOf(0)} 1`, `${nameOf(5)} 1`]);
  expect(list.trim()).toEqual([]);
  expect([...list.commit('1')].map(({ type, entry }) => `${type} ${entry.key.name}`)).toEqual([
    `added ${nameOf(100)}`,
    `added ${nameOf(101)}`,
  ]);
  for (const view of [store.view, reader]) expect(namesOf(view).sort()).toEqual([0, 5, 100, 101].map((i) => `${nameOf(i)} 1`));
  // Another's objects stay, and nothing is kept under another UID.
  store.put({ ...record(7, 1, 10, []), scope: 'other' as ScopeId });
  const empty = store.replace('' as ScopeId);
  empty.keep(keyOf(0), 'uid-another');
  expect(empty.trim()).toHaveLength(4);
  empty.abort();
  expect(namesOf(reader)).toEqual([`${nameOf(7)} 1`]);
});
