import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isConcurrentMapError } from '../index.ts';
import { DurableDamagedError, DurableFolderError, DurableFormatError, DurableMap } from './index.ts';

let root = '';
let whole = '';
let content: ReadonlyMap<string, unknown> = new Map();
let number = 0;

/** A map whose entries lie in tables and in the log, as they do after some restarts. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kubecast-damage-'));
  whole = join(root, 'whole');
  for (let round = 0; round < 3; round += 1) {
    const map = await DurableMap.open<unknown>(whole);
    for (let i = 0; i < 300; i += 1) map.set(`n/object-${i}`, { round, n: i, text: 'some text of an object '.repeat(i % 5) });
    for (let i = round; i < 300; i += 7) map.delete(`n/object-${i}`);
    content = new Map(map);
    await map.close();
  }
});

afterAll(() => rm(root, { recursive: true, force: true }));

async function copied(): Promise<string> {
  number += 1;
  const place = join(root, `copy-${number}`);
  await cp(whole, place, { recursive: true });
  return place;
}

/** What stands in a folder and must outlive a refused open: all but LevelDB's own lock and notes. */
async function picture(place: string): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(place.length + 1);
    if (!entry.isFile() || path.startsWith('lock/') || /\/(?:LOCK|LOG|LOG\.old)$/.test(path)) continue;
    seen[path] = (await readFile(join(place, path))).toString('base64');
  }
  return seen;
}

/** Opens a damaged copy: all of the content comes back, or a typed error, and then the folder is as it was. True: it was refused. */
async function refused(place: string, what: string): Promise<boolean> {
  const before = await picture(place);
  let map: DurableMap<unknown>;
  try {
    map = await DurableMap.open<unknown>(place);
  } catch (error) {
    expect([what, isConcurrentMapError(error)]).toEqual([what, true]);
    expect([what, (error as Error).name, String(error)]).toEqual([
      what,
      expect.stringMatching(/^Durable(?:Damaged|Format)Error$/),
      expect.stringContaining(place),
    ]);
    expect([what, await picture(place)]).toEqual([what, before]);
    return true;
  }
  expect([what, new Map(map)]).toEqual([what, content]);
  await map.close();
  return false;
}

async function files(): Promise<string[]> {
  const data = (await readdir(join(whole, 'data'))).filter((name) => !name.startsWith('LO'));
  return [...data.map((name) => `data/${name}`), 'map.json', 'acknowledged'];
}

test('a byte that was changed anywhere is found or does no harm, the folder is left as it was, and all is there again when the byte is', async () => {
  let found = 0;
  for (const file of await files()) {
    const { size } = await stat(join(whole, file));
    const step = Math.max(1, Math.floor(size / 25));
    for (let at = 0; at < size; at += step) {
      const place = await copied();
      const bytes = await readFile(join(place, file));
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      await writeFile(join(place, file), bytes);
      if (await refused(place, `${file}, byte ${at}`)) {
        found += 1;
        bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
        await writeFile(join(place, file), bytes);
        expect([file, at, await refused(place, 'mended')]).toEqual([file, at, false]);
      }
      await rm(place, { recursive: true });
    }
  }
  expect(found).toBeGreaterThan(80);
});

test('a file that was cut anywhere, emptied or removed is found, and the folder is left as it was', async () => {
  for (const file of await files()) {
    const { size } = await stat(join(whole, file));
    for (const left of [undefined, ...new Set([0, 1, Math.floor(size / 3), Math.floor(size / 2), size - 100, size - 9, size - 1])]) {
      if (left !== undefined && (left < 0 || left >= size)) continue;
      const place = await copied();
      if (left === undefined) await rm(join(place, file));
      else await truncate(join(place, file), left);
      const was = await refused(place, `${file}, ${left === undefined ? 'removed' : `cut to ${left}`}`);
      // What was acknowledged is only noted anew where the file is gone; a line end more or less is none of our harm.
      const harmless = (file === 'acknowledged' && left === undefined) || (file === 'map.json' && left === size - 1);
      expect([file, left, was]).toEqual([file, left, !harmless]);
      await rm(place, { recursive: true });
    }
  }
});

test('the last writes alone, cut from the log at the end of the write before, are missed', async () => {
  const place = join(root, 'tail');
  const map = await DurableMap.open<number>(place);
  map.set('a', 1);
  await map.flushed();
  const log = (await readdir(join(place, 'data'))).find((name) => name.endsWith('.log')) as string;
  const { size } = await stat(join(place, 'data', log));
  map.set('b', 2);
  await map.close();
  await truncate(join(place, 'data', log), size);
  await expect(DurableMap.open(place)).rejects.toThrow('it ends with the write 1, while 2 were acknowledged');
});

test('an entry that is missing, changed, exchanged with another or added behind our back is found', async () => {
  const changes: readonly (readonly [string, (db: ClassicLevel) => Promise<void>, string])[] = [
    ['missing', (db) => db.del('n/object-101'), 'entries are there, not the'],
    [
      'old',
      async (db) => db.put('n/object-101', (await db.get('n/object-103')) as string),
      'the entry "n/object-101" is not what was written',
    ],
    [
      'changed',
      async (db) => db.put('n/object-101', ((await db.get('n/object-101')) as string).replace('"n":101', '"n":900')),
      'is not what',
    ],
    ['added', (db) => db.put('n/other', 'text'), 'the entry "n/other" is not what was written'],
    ['no state', (db) => db.del('\0'), 'it ends with the write 0, while'],
  ];
  for (const [name, change, message] of changes) {
    const place = await copied();
    const db = new ClassicLevel(join(place, 'data'));
    await change(db);
    await db.close();
    await expect(DurableMap.open(place), name).rejects.toThrow(message);
    expect(await refused(place, name)).toBe(true);
  }
});

test('data that is gone as a whole is not made anew', async () => {
  const place = await copied();
  await rename(join(place, 'data'), join(root, 'away'));
  await expect(DurableMap.open(place)).rejects.toThrow(DurableDamagedError);
  await rename(join(root, 'away'), join(place, 'data'));
  expect(await refused(place, 'put back')).toBe(false);
});

test('an open that was killed before it had looked at everything leaves what the next one begins with', async () => {
  const place = await copied();
  // What a killed open leaves: links of what stood before, and data that LevelDB may have changed.
  await cp(join(place, 'data'), join(place, 'saved'), { recursive: true });
  for (const name of await readdir(join(place, 'data'))) await truncate(join(place, 'data', name), 0);
  expect(await refused(place, 'killed')).toBe(false);
  // Killed while it made the links, and while it removed them.
  await mkdir(join(place, 'saved.new'));
  await writeFile(join(place, 'saved.new', 'CURRENT'), 'half');
  await mkdir(join(place, 'saved.old'));
  expect(await refused(place, 'killed')).toBe(false);
  expect((await readdir(place)).sort()).toEqual(['acknowledged', 'data', 'lock', 'map.json']);
});

test('a damaged lock, which holds nothing, is made anew', async () => {
  const place = await copied();
  for (const name of await readdir(join(place, 'lock'))) await writeFile(join(place, 'lock', name), 'damaged');
  expect(await refused(place, 'lock')).toBe(false);
});

test('the making of a map that was killed at any step is begun again', async () => {
  const steps: readonly ((place: string) => Promise<void>)[] = [
    // The first note is written aside, and may be cut.
    (place) => rename(join(place, 'acknowledged'), join(place, 'acknowledged.new')),
    (place) => writeFile(join(place, 'acknowledged.new'), ''),
    (place) => rm(join(place, 'acknowledged.new')),
    (place) => rm(join(place, 'data'), { recursive: true }),
    (place) => rename(join(place, 'map.json'), join(place, 'map.json.new')),
    (place) => rm(join(place, 'map.json.new')),
    (place) => rm(join(place, 'lock'), { recursive: true }),
  ];
  for (let left = 0; left <= steps.length; left += 1) {
    const place = join(root, `making-${left}`);
    await (await DurableMap.open<number>(place)).close();
    for (const step of steps.slice(0, left)) await step(place);
    const map = await DurableMap.open<number>(place);
    expect([left, map.size, map.set('a', 1)]).toEqual([left, 0, 1]);
    await map.close();
  }
});

test('a folder of another format, of something else, and what is no folder are refused by name, and nothing is written there', async () => {
  const other = await copied();
  await writeFile(join(other, 'map.json'), '{"kubecast":"durable-map","format":2}\n');
  const format = DurableMap.open(other);
  await expect(format).rejects.toThrow(DurableFormatError);
  await expect(format).rejects.toMatchObject({ code: 'MAP_FORMAT', format: 2, folder: other });
  const level = join(root, 'level');
  const db = new ClassicLevel(level);
  await db.put('mine', 'value');
  await db.close();
  const notes = join(root, 'notes');
  await mkdir(notes);
  await writeFile(join(notes, 'notes.txt'), 'mine');
  const file = join(root, 'file');
  await writeFile(file, 'mine');
  for (const [place, reason] of [
    [level, 'it holds something else'],
    [notes, '"notes.txt"'],
    [file, 'ENOTDIR'],
    ['/proc/kubecast/map', 'ENOENT'],
    [join(file, 'below'), 'ENOTDIR'],
  ] as const) {
    const before = await readdir(place).catch(() => []);
    const open = DurableMap.open(place);
    await expect(open).rejects.toThrow(DurableFolderError);
    await expect(open).rejects.toThrow(reason);
    await expect(open).rejects.toThrow(place);
    expect(await readdir(place).catch(() => [])).toEqual(before);
  }
  const again = new ClassicLevel(level);
  expect(await again.get('mine')).toBe('value');
  await again.close();
});
