import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAppModels, readMetadata } from './read-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubecast-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string, name = 'app.yaml'): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const object = (name: string, version = "'1'"): string => `apiVersion: iidp.com/v1
kind: AppModel
metadata: { name: ${name} }
spec: { app: ${name}, version: ${version}, models: [{ name: m, version: '1' }] }
`;
const names = async (text: string): Promise<readonly (string | undefined)[]> =>
  (await readAppModels(file(text))).objects.map(({ metadata }) => metadata.name);
const item = (name: string): Record<string, unknown> => ({ metadata: { name }, spec: { app: name } });
const whole = (name: string): Record<string, unknown> => ({ apiVersion: 'iidp.com/v1', kind: 'AppModel', ...item(name) });

test('a file of several documents is read as kubectl does, and what is no AppModel is told', async () => {
  const text = `---\napiVersion: v1\nkind: Namespace\nmetadata: { name: meta-test }\n---\n${object('a')}---\n---\n${object('b')}`;
  const { objects, others } = await readAppModels(file(text));
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  expect(others).toEqual([`${join(folder, 'app.yaml')}, document 1: Namespace "meta-test"`]);
});

test('a List and an AppModelList are taken apart, in YAML and in JSON', async () => {
  expect(await names(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [whole('a'), whole('b')] }))).toEqual(['a', 'b']);
  const list = { apiVersion: 'iidp.com/v1', kind: 'AppModelList', metadata: { resourceVersion: '7' }, items: [item('c'), whole('d')] };
  expect(await names(JSON.stringify(list))).toEqual(['c', 'd']);
  const { objects } = await readAppModels(file(JSON.stringify(list)));
  expect(objects[0]).toMatchObject({ kind: 'AppModel', apiVersion: 'iidp.com/v1' });
  expect(await names(`apiVersion: v1\nkind: List\nitems:\n- ${object('e').trim().replaceAll('\n', '\n  ')}\n`)).toEqual(['e']);
});

test.each([
  ['kind: AppModel\napiVersion: iidp.com/v2\nmetadata: {}\n', /is "AppModel" of "iidp.com\/v2", must be AppModel of iidp.com\/v1/],
  ['kind: AppModels\napiVersion: iidp.com/v1\n', /is "AppModels" of "iidp.com\/v1"/],
  ['spec: {}\n', /has no kind and apiVersion/],
  ['apiVersion: v1\nkind: List\nitems: [{ apiVersion: iidp.com/v1, kind: AppModel }]\n', /item 1: has no metadata/],
  ['apiVersion: v1\nkind: List\n', /is a list without items/],
  ['apiVersion: v1\nkind: Namespace\nmetadata: { name: x }\n', /there is no AppModel of iidp.com\/v1 in it, only Namespace "x"/],
  ['- 1\n', /is no object/],
  ['', /there is no AppModel/],
])('a file that is something else is refused with what it is: %j', async (text, message) => {
  await expect(readAppModels(file(text))).rejects.toThrow(message);
});

test('merge keys are merged', async () => {
  const text = `apiVersion: iidp.com/v1
kind: AppModel
metadata: { name: a }
spec:
  app: a
  version: '1'
  models:
  - &first { name: m, version: '1' }
  - { <<: *first, name: other }
`;
  const { objects } = await readAppModels(file(text));
  expect(objects[0]?.spec?.models).toEqual([
    { name: 'm', version: '1' },
    { version: '1', name: 'other' },
  ]);
});

test.each([
  ['yes', /spec\.version is yes, without quotation marks, which kubectl reads as true and YAML 1\.2 as "yes"/],
  ['Off', /spec\.version is Off/],
  ['n', /which kubectl reads as false/],
  ['1_000', /which kubectl reads as the number 1000 and YAML 1\.2 as "1_000"/],
  ['010', /which kubectl reads as the octal number 8 and YAML 1\.2 as 10/],
  ['0b11', /which kubectl reads as the binary number 3/],
])('an unquoted scalar that kubectl reads otherwise is refused by its place: %s', async (scalar, message) => {
  await expect(readAppModels(file(object('a', scalar)))).rejects.toThrow(message);
  expect(await names(object('a', `"${scalar}"`))).toEqual(['a']);
});

test('the place of such a scalar is named in lists, and as a key', async () => {
  await expect(readAppModels(file(object('a').replace("version: '1' }]", 'version: on }]')))).rejects.toThrow(
    /spec\.models\[0\]\.version is on/,
  );
  await expect(readAppModels(file(object('a').replace('{ app: a', '{ on: 1, app: a')))).rejects.toThrow(
    /the key on of spec without quotation marks/,
  );
});

test('what both read alike is read: versions with dots and dates, numbers, null', async () => {
  for (const scalar of ['1.2.3', 'v-1', '2024-01-01', '1:20', 'nothing', '0x1F', 'a_b', '1_a'])
    expect(await names(object('a', scalar)), scalar).toEqual(['a']);
});

test('metadata in YAML is held to the same, but for keys, which no kubectl reads', async () => {
  await expect(readMetadata([file('m: { enabled: yes }\n')])).rejects.toThrow(/m\.enabled is yes/);
  expect(await readMetadata([file('m: { x: 1, y: 2, enabled: true }\n')])).toEqual(new Map([['m', { x: 1, y: 2, enabled: true }]]));
});

test('what would be another value in Redis or in the cluster is refused in lists, merged maps and single objects alike', async () => {
  const large = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [whole('a')] }).replace(
    '"app":"a"',
    '"app":"a","count":9007199254740993',
  );
  await expect(readAppModels(file(large))).rejects.toThrow('"count" is 9007199254740993, of which a number holds 9007199254740992 alone');
  await expect(readAppModels(file(object('a').replace('app: a', 'app: a, count: 9007199254740993')))).rejects.toThrow(
    '"count" is 9007199254740993',
  );
  await expect(readMetadata([file('base: &b { count: 9007199254740993 }\nm: { <<: *b }\n')])).rejects.toThrow(
    '"count" is 9007199254740993',
  );
  await expect(readAppModels(file(object('a').replace('app: a', 'app: a, app: b')))).rejects.toThrow(/is neither JSON nor YAML/);
  await expect(readAppModels(file(object('a').replace('app: a', 'app: !x a')))).rejects.toThrow(/is neither JSON nor YAML/);
  expect(await readMetadata([file('base: &b { count: 1 }\nm: { <<: *b, x: 2 }\n')])).toEqual(
    new Map<string, unknown>([
      ['base', { count: 1 }],
      ['m', { count: 1, x: 2 }],
    ]),
  );
});
