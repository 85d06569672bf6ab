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

/** All that can be seen, by key and by index. */
function picture(view: ObjectStore<Thing>['view'], apps: readonly string[]): unknown {
  const rows = [...view.select()].map(({ key, version, value }) => [
    key.namespace,
    key.name,
    version,
    value.spec.text.length,
    value.spec.text[0],
    value.spec.apps,
  ]);
  const indexed = apps.map((app) => [...view.select({ index: { name: 'app', value: app } })].map(({ key }) => key.name));
  return { rows, indexed, size: view.size };
}

const APPS = ['a', 'b', 'c', 'd'.repeat(300), 'e'.repeat(3_000)];
const step = fc.record({
  what: fc.constantFrom('put', 'put', 'put', 'put', 'remove', 'remove final', 'relist', 'index'),
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

const limits: readonly (readonly [string, object | undefined])[] = [
  ['records', { recordBytes: 4 * MIB, indexBytes: 8 * MIB }],
  ['keys and indexes', { recordBytes: 64 * MIB, indexBytes: 1 << 16 }],
  ['both', { recordBytes: 3 * MIB, indexBytes: 3 << 15 }],
  ['nothing', undefined],
];

test.each(limits)(
  'a write that finds no room left of %s says so and changes nothing, whatever was done before',
  { timeout: 120_000 },
  (name, shared) => {
    let refused = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 12, maxLength: 25 }), (steps) => {
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
            expect((error as Error).message).toMatch(/shared\.(record|index)Bytes/);
            expect(picture(store.view, seen)).toEqual(before);
            expect(picture(reader, seen)).toEqual(before);
            refused += 1;
            return false;
          }
        };
        for (const { what, from, count, length, apps } of steps) {
          version += 1;
          if (what === 'put') {
            for (let i = from; i < from + Math.min(count, 40); i += 1) {
              const values = apps.map((app) => (app.startsWith('unique') ? `${app}-${i}` : app));
              let put = true;
              try {
                store.put(record(i, version, length, values));
              } catch (error) {
                expect(isStoreError(error) && error.code).toBe('SHARED_FULL');
                put = attempt(() => store.put(record(i, version, length, values)));
              }
              if (!put) break;
              model.set(i, { version, length, apps: values });
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
          } else {
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
          expect((picture(reader, seen) as { rows: unknown }).rows).toEqual(
            expected.map(([i, row]) => [
              keyOf(i).namespace,
              nameOf(i),
              String(row.version),
              row.length,
              String(row.version % 10),
              row.apps,
            ]),
          );
        }
        // What was full takes objects again when it was emptied.
        for (const i of model.keys()) store.remove(keyOf(i), `uid-${i}`);
        for (let i = 0; i < 30; i += 1) store.put(record(i, version + 1, 3_000, ['a', `again-${i}`]));
        expect(reader.size).toBe(30);
      }),
      { numRuns: 3 },
    );
    // How often a random run meets its limit varies; the tests below always do.
    if (name === 'nothing') expect(refused).toBe(0);
  },
);

test('after half of a full store was removed puts succeed again, with records of any size', { timeout: 120_000 }, () => {
  for (const [few, many] of [
    [900, 300_000],
    [300_000, 900],
    [20_000, 60_000],
  ] as const) {
    const store = make({ recordBytes: 8 * MIB, indexBytes: MIB });
    let count = 0;
    const fill = (length: number): void => {
      for (;;) {
        try {
          store.put(record(count, 1, length, [`app-${count}`]));
          count += 1;
        } catch (error) {
          expect(isStoreError(error) && error.code).toBe('SHARED_FULL');
          return;
        }
      }
    };
    fill(few);
    const full = count;
    expect(full).toBeGreaterThan(10);
    // Each second one, so that no slab is empty by itself.
    for (let i = 0; i < full; i += 2) store.remove(keyOf(i), `uid-${i}`);
    const before = count;
    fill(many);
    expect((count - before) * many).toBeGreaterThan(MIB);
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
