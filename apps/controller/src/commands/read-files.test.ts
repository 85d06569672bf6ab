import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import type { PublishFlags } from '../flags.ts';
import { publishCommand } from './publish-command.ts';
import { readAppModels, readMetadata } from './read-files.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-files-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}
const metadataOf = (content: string | Buffer, name = 'meta.yaml'): Promise<ReadonlyMap<string, unknown>> =>
  readMetadata([join(folderOf({ [name]: content }), name)]);
const model = '{"apiVersion":"iidp.com/v1","kind":"AppModel","metadata":{"name":"a"},"spec":{"app":"a","version":"1","models":[]}}';

test.each<readonly [what: string, content: string | Buffer, says: string]>([
  [
    'an integer beyond 2^53 in JSON',
    '{"m":{"n":9007199254740993}}',
    '"n" is 9007199254740993, of which a number holds 9007199254740992 alone',
  ],
  ['an integer of 30 digits in JSON', '{"m":[-123456789012345678901234567890]}', '"0" is -123456789012345678901234567890'],
  ['an integer beyond 2^53 in YAML', 'm: {n: 9007199254740993}', '"n" is 9007199254740993'],
  ['several documents', 'm: 1\n---\nm: 2\n', 'holds 2 documents; metadata is one'],
  ['nothing', '', 'is empty'],
  ['no document', '---\n', 'is empty'],
  ['a list', '[1]', 'must be an object that maps each model to its metadata'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'is no text in UTF-8'],
  ['UTF-16', Buffer.from('\uFEFF{"m":1}', 'utf16le'), 'is no text in UTF-8'],
  ['a tag that is not known', 'm: !x y', 'is neither JSON nor YAML'],
  ['bytes', 'm: !!binary aGk=', '"m" holds bytes, which JSON has not'],
  ['a map as a name', '? {a: 1}\n: 2\n', 'is neither JSON nor YAML'],
  ['a name twice', 'm: 1\nm: 2\n', 'is neither JSON nor YAML'],
])('metadata with %s are refused by the file', async (_what, content, says) => {
  await expect(metadataOf(content)).rejects.toThrow(InputError);
  await expect(metadataOf(content)).rejects.toThrow(/meta\.yaml: /);
  await expect(metadataOf(content)).rejects.toThrow(says);
});

test('numbers that a double holds, a mark of UTF-8, line ends of Windows and numbers as names are read', async () => {
  const expected = new Map<string, unknown>([['m', { a: 9007199254740992, b: -1, c: 1.5, d: 1e300, e: 18446744073709551616 }]]);
  expect(await metadataOf('\uFEFF{"m":{"a":9007199254740992,"b":-1,"c":1.50,"d":1e300,"e":18446744073709551616}}\r\n', 'm.json')).toEqual(
    expected,
  );
  expect(
    await metadataOf('\uFEFFm:\r\n  a: 9007199254740992\r\n  b: -1\r\n  c: 1.50\r\n  d: 1e300\r\n  e: 18446744073709551616\r\n'),
  ).toEqual(expected);
  expect(await metadataOf('1: x\ntrue: z\n')).toEqual(
    new Map([
      ['1', 'x'],
      ['true', 'z'],
    ]),
  );
});

test('a folder holds one file a model; two for one, an empty one and a folder within are refused', async () => {
  expect(await readMetadata([folderOf({ 'a.json': '1', 'b.yaml': 'x: 2', 'README.md': 'no' })])).toEqual(
    new Map<string, unknown>([
      ['a', 1],
      ['b', { x: 2 }],
    ]),
  );
  await expect(readMetadata([folderOf({ 'a.json': '1', 'a.yaml': '2' })])).rejects.toThrow(
    'a.json and a.yaml are both for the model "a"; keep one',
  );
  await expect(readMetadata([folderOf({ 'a.json': '' })])).rejects.toThrow(/a\.json: is empty/);
  const folder = folderOf({});
  mkdirSync(join(folder, 'x.json'));
  await expect(readMetadata([folder])).rejects.toThrow(/x\.json: is a folder/);
  await expect(readAppModels(folder)).rejects.toThrow(/: is a folder/);
  await expect(readAppModels(join(folder, 'none'))).rejects.toThrow(/none: there is no such file/);
  await expect(readMetadata([join(folder, 'none')])).rejects.toThrow(/none: there is no such file/);
});

test('a file that is given twice, standard input too, is refused before anything is read', async () => {
  const flags = (...files: string[]): PublishFlags => ({ files, metadata: [] }) as unknown as PublishFlags;
  const signal = new AbortController().signal;
  await expect(publishCommand(flags('a', 'b', 'a'), () => {}, signal)).rejects.toThrow('a is given twice; give it once');
  await expect(publishCommand(flags('-', '-'), () => {}, signal)).rejects.toThrow('standard input is given twice; give it once');
});

test('a metadata file of 10 MB is read, as JSON and as YAML', async () => {
  const text = 'x'.repeat(10 << 20);
  expect(await metadataOf(`{"m":"${text}"}`)).toEqual(new Map([['m', text]]));
  expect(await metadataOf(`m: "${text}"`)).toEqual(new Map([['m', text]]));
  expect(await readAppModels(join(folderOf({ 'a.json': `\uFEFF${model}` }), 'a.json'))).toMatchObject({
    objects: [{ metadata: { name: 'a' } }],
    others: [],
  });
});
