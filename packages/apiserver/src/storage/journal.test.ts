import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import fc from 'fast-check';
import { DataFolder } from './data-folder.ts';
import { openJournal, replaceJournal } from './journal.ts';
import { Storage } from './storage.ts';
import { makeStored, type StoredObject } from './stored-object.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const object = (name: string, value: string): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: '0' },
  data: { value },
});

function state(storage: Storage): Record<string, string> {
  return Object.fromEntries(
    [...storage.tables()].flatMap((table) => table.current('').map((stored) => [`${table.id} ${stored.key}`, stored.bytes.toString()])),
  );
}

test('whatever was written and removed, a reader has the same objects and the same counter', () => {
  const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.string({ unit: 'binary' }), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, rewriteAt) => {
      const path = join(folder, 'data');
      rmSync(path, { recursive: true, force: true });
      const storage = new Storage({ windowEvents: 100 });
      const data = new DataFolder(path);
      data.open(storage);
      for (const [index, { name, value, remove }] of steps.entries()) {
        // Going nowhere back and forth rewrites the journal as a compaction does.
        if (index === rewriteAt && storage.revision > 2) storage.goBack(storage.revision - 1);
        if (remove && storage.table('/configmaps').get(`ns/${name}`) !== undefined)
          storage.remove('/configmaps', object(name, value), 'v1');
        else if (!remove) storage.put('/configmaps', object(name, value), 'v1');
      }
      data.close();
      const again = new Storage({ windowEvents: 100 });
      const reader = new DataFolder(path);
      reader.open(again);
      reader.close();
      expect(state(again)).toEqual(state(storage));
      expect(again.revision).toBeGreaterThan(steps.length === 0 ? 0 : storage.revision);
    }),
    { numRuns: 60 },
  );
});

test('a journal cut anywhere gives a beginning of what was written', () => {
  const path = join(folder, 'journal');
  const journal = openJournal(path, { put() {}, remove() {}, mark() {} });
  for (let index = 0; index < 5; index++) journal.put('/configmaps', makeStored(object(`n${index}`, 'v'), 'v1', index + 2));
  journal.close();
  const whole = readFileSync(path);
  fc.assert(
    fc.property(fc.nat(whole.length), (length) => {
      const cut = join(folder, 'cut');
      rmSync(cut, { force: true });
      appendFileSync(cut, whole.subarray(0, length));
      const names: string[] = [];
      openJournal(cut, { put: (_table, stored) => void names.push(stored.name), remove() {}, mark() {} }).close();
      expect(names).toEqual(['n0', 'n1', 'n2', 'n3', 'n4'].slice(0, names.length));
      // Opened again it is whole: the torn end is gone for good.
      const more: string[] = [];
      openJournal(cut, { put: (_table, stored) => void more.push(stored.name), remove() {}, mark() {} }).close();
      expect(more).toEqual(names);
    }),
    { numRuns: 60 },
  );
});

test('a replaced journal holds the given objects alone, and takes more', () => {
  const path = join(folder, 'journal');
  const first = openJournal(path, { put() {}, remove() {}, mark() {} });
  for (let index = 0; index < 50; index++) first.put('/configmaps', makeStored(object('same', `v${index}`), 'v1', index + 2));
  const size = statSync(path).size;
  const last = makeStored(object('same', 'v49'), 'v1', 51);
  const next = replaceJournal(path, 51, [['/configmaps', last]]);
  first.close();
  next.put('/configmaps', makeStored(object('more', 'v'), 'v1', 52));
  next.close();
  expect(statSync(path).size).toBeLessThan(size / 10);
  const seen: StoredObject[] = [];
  openJournal(path, { put: (_table, stored) => void seen.push(stored), remove() {}, mark() {} }).close();
  expect(seen.map((stored) => [stored.name, stored.revision])).toEqual([
    ['same', 51],
    ['more', 52],
  ]);
});

test("another file in the journal's place is refused and left alone", () => {
  const path = join(folder, 'journal');
  appendFileSync(path, 'something else\nentirely\n');
  expect(() => openJournal(path, { put() {}, remove() {}, mark() {} })).toThrow('is no journal of this version');
  expect(readFileSync(path, 'utf8')).toBe('something else\nentirely\n');
});
