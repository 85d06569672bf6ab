import { expect, test } from 'vitest';
import { readAnnouncement, type AppModelLike } from './announcement.ts';

const header = { namespace: 'n', name: 'a', uid: 'u', created: 0 };
const read = (object: unknown): ReturnType<typeof readAnnouncement> => readAnnouncement(header, object as AppModelLike);

test.each<readonly [what: string, object: unknown, code: string]>([
  ['undefined', undefined, 'NoSpec'],
  ['null', null, 'NoSpec'],
  ['a number', 5, 'NoSpec'],
  ['a text', 'x', 'NoSpec'],
  ['a list', [], 'NoSpec'],
  ['a spec that is null', { spec: null }, 'NoSpec'],
  ['a spec that is a list', { spec: [] }, 'NoSpec'],
  ['an app that is no text', { spec: { app: 5 } }, 'NoApp'],
  ['models that are no list', { spec: { app: 'a', models: {} } }, 'MalformedModel'],
  ['a model that is null', { spec: { app: 'a', models: [null] } }, 'MalformedModel'],
  ['a version that is a number', { spec: { app: 'a', models: [{ name: 'm', version: 1 }] } }, 'MalformedModel'],
  ['a Service that is a number', { metadata: { annotations: { 'iidp.com/service': 5 } }, spec: { app: 'a' } }, 'BadServiceAnnotation'],
  ['a Service that is null', { metadata: { annotations: { 'iidp.com/service': null } }, spec: { app: 'a' } }, 'BadServiceAnnotation'],
  [
    'a Service of 64 characters',
    { metadata: { annotations: { 'iidp.com/service': 'a'.repeat(64) } }, spec: { app: 'a' } },
    'BadServiceAnnotation',
  ],
  [
    'a Service of 1 MB',
    { metadata: { annotations: { 'iidp.com/service': 'a'.repeat(1 << 20) } }, spec: { app: 'a' } },
    'BadServiceAnnotation',
  ],
])('%s is a problem, and throws nothing', (_what, object, code) => {
  const announcement = read(object);
  expect(announcement.problems.map((problem) => problem.code)).toEqual([code]);
  expect(announcement.problems[0]?.message.length).toBeLessThan(300);
  expect([announcement.models.size, announcement.service]).toEqual([0, { name: 'a', explicit: false }]);
});

test.each([
  { metadata: null },
  { metadata: {} },
  { metadata: { annotations: null } },
  { metadata: { annotations: 'x' } },
  { metadata: { annotations: [] } },
])('without annotations (%j) the Service is that of its own name', (metadata) => {
  expect(read({ ...metadata, spec: { app: 'a' } })).toMatchObject({ app: 'a', problems: [], service: { name: 'a', explicit: false } });
});

test('of very many problems a hundred are kept, and the last says how many there are; the models count all the same', () => {
  const models = Array.from({ length: 30_000 }, (_, i) => ({ name: `m${i % 10}`, version: String(i) }));
  const announcement = read({ spec: { app: 'a', models } });
  expect(announcement.problems).toHaveLength(100);
  expect(announcement.problems.at(-1)?.message).toMatch(/; and 29890 more problems of this AppModel$/);
  expect(announcement.models.get('m9')).toBe('29999');
  expect(announcement.models.size).toBe(10);
});
