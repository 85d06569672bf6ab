import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmbedded, type RunningTarget } from '../apiserver/embedded-target.ts';
import { ruledCrd } from '../apiserver/observed/ruled-kind.ts';
import { realAssets, startReal } from '../apiserver/real-target.ts';
import { Api, type Answer, type Json } from '../apiserver/target.ts';
import { serveKind } from '../apiserver/widget.ts';

const assets = realAssets();
/** Random objects; more of them for a long proof. */
const objects = Number(process.env['KUBECAST_CEL_OBJECTS'] ?? 400);
const seed = Number(process.env['KUBECAST_CEL_SEED'] ?? 1);
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ruleds = '/apis/c.example/v1/namespaces/default/ruleds';

const int = fc.integer({ min: -2, max: 12 });
const word = fc.constantFrom(
  '',
  'a',
  'aa',
  'ab',
  'abc',
  'b',
  'bad',
  'a,b,c',
  'éA',
  'A1',
  '😀',
  'https://example.com/x?a=1',
  '//x',
  '/x',
  'x:/y',
  '1Mi',
);
const odd = fc.constantFrom(
  'http://[::1]:80',
  'a b',
  '1.5e3',
  '-1k',
  '10',
  '010.0.0.1',
  '1.2.3.4',
  '::1',
  '10.0.0.0/8',
  '10.0.0.1/33',
  '0.0.0.0/0',
  '-a',
  'a-',
);
const texts = fc.oneof(word, odd);
const ints = fc.array(int, { maxLength: 4 });
const fields = {
  ...Object.fromEntries(
    [
      'plain',
      'spaced',
      'worded',
      'computed',
      'broken',
      'empty',
      'duplicate',
      'forbidden',
      'required',
      'failing',
      'maybe',
      'fixed',
      'grown',
      'count',
    ].map((name) => [name, int]),
  ),
  ...Object.fromEntries(
    ['text', 'char', 'lower', 'pieces', 'shown', 'regex', 'url', 'quantity', 'ip', 'cidr', 'label', 'code', 'size'].map((name) => [
      name,
      texts,
    ]),
  ),
  ...Object.fromEntries(['sorted', 'summed', 'least', 'found'].map((name) => [name, ints])),
  bool: fc.boolean(),
  float: fc.constantFrom(5, 5.25, 5.5, 6, 7.5),
  list: fc.array(word, { maxLength: 5 }),
  map: fc.dictionary(fc.constantFrom('a', 'bad', 'x.y', 'a/b'), word, { maxKeys: 1, noNullPrototype: true }),
  object: fc.record({ min: int, max: int }, { requiredKeys: [] }),
  placed: fc.record({ a: int, b: fc.record({ 'c.d': int }, { requiredKeys: [] }) }, { requiredKeys: [] }),
  port: fc.oneof(int, word),
  free: fc.record({ a: int, more: word }, { requiredKeys: [] }),
  odd: fc.record({ namespace: int, 'a-b': int, 'c/d': int, e__f: int }, { requiredKeys: [] }),
  when: fc.constantFrom(
    '2025-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.5Z',
    '2026-01-01T00:00:00+01:00',
    '2027-06-01T10:00:00Z',
  ),
  wait: fc.constantFrom('1h', '59m59s', '1h1ns', '0', '-5s', '1.5h', '500ms'),
  bytes: fc.constantFrom('aGk=', 'aGE=', ''),
  keyed: fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b'), n: int, bad: int }, { requiredKeys: ['name'] }), {
    selector: ({ name }) => name,
  }),
  held: fc.dictionary(fc.constantFrom('a', 'b'), int, { maxKeys: 2, noNullPrototype: true }),
  loose: fc.array(fc.record({ n: int }, { requiredKeys: [] }), { maxLength: 3 }),
} as const;
const someSpec = fc
  .uniqueArray(fc.constantFrom(...Object.keys(fields)), { maxLength: 5 })
  .chain((names) =>
    fc.record(
      Object.fromEntries(names.map((name) => [name, (fields as Record<string, fc.Arbitrary<unknown>>)[name] as fc.Arbitrary<unknown>])),
    ),
  );

function causes({ code, body }: Answer): readonly string[] {
  if (code < 300) return [];
  const listed = (body['details']?.['causes'] ?? []) as unknown as readonly { reason: string; field: string; message: string }[];
  return listed.map(({ reason, field, message }) => `${reason} ${field}: ${message}`).sort();
}

interface Running {
  readonly target: RunningTarget;
  readonly api: Api;
}

async function run(start: () => Promise<RunningTarget>): Promise<Running> {
  const target = await start();
  const api = new Api(target);
  await serveKind(api, ruledCrd);
  return { target, api };
}

const missing = 'kube-apiserver and etcd are not built, and KUBEBUILDER_ASSETS names no folder with them';
const running = new Map<'embedded' | 'real', Running>();

beforeAll(async () => {
  running.set('embedded', await run(startEmbedded));
  if (assets !== undefined) running.set('real', await run(() => startReal(assets)));
}, 120_000);
afterAll(async () => {
  for (const { api, target } of running.values()) {
    api.close();
    await target.close();
  }
});

test('what rules say of random objects and their changes is the same on the real API server', { timeout: 600_000 }, async ({ skip }) => {
  const here = running.get('embedded')?.api as Api;
  const there = running.get('real')?.api;
  if (there === undefined) return skip(missing);
  let refused = 0;
  const specs = fc.sample(fc.tuple(someSpec, someSpec), { numRuns: objects, seed });
  for (const [index, [spec, next]] of specs.entries()) {
    const name = `r${index}`;
    const answers: unknown[] = [];
    for (const api of [here, there]) {
      const created = await api.post(ruleds, { apiVersion: 'c.example/v1', kind: 'Ruled', metadata: { name }, spec });
      const type = 'application/merge-patch+json';
      const changed =
        created.code === 201 ? await api.send('PATCH', `${ruleds}/${name}`, { type, body: JSON.stringify({ spec: next }) }) : undefined;
      if (created.code !== 201) refused += 1;
      answers.push({ spec, next, created: [created.code, causes(created)], changed: changed && [changed.code, causes(changed)] });
    }
    expect(answers[0]).toEqual(answers[1]);
  }
  // Both kinds were among them.
  expect(refused).toBeGreaterThan(objects / 2);
  expect(refused).toBeLessThan(objects * 2 - objects / 10);
  return undefined;
});

/** The CRD with rules that what is stored does not fit; `unruled` is the same without them. */
function lateCrd(ruled: boolean): Json {
  const rules = ruled ? { 'x-kubernetes-validations': [{ rule: 'self > 5' }] } : {};
  const number = { type: 'integer', ...rules };
  const item = { type: 'object', required: ['name'], properties: { name: { type: 'string', maxLength: 9 }, n: number } };
  const list = { type: 'array', maxItems: 9, items: item };
  const spec = {
    type: 'object',
    properties: {
      n: number,
      other: { type: 'string' },
      whole: {
        type: 'object',
        properties: { n: { type: 'integer' } },
        ...(ruled ? { 'x-kubernetes-validations': [{ rule: '!has(self.n) || self.n > 5' }] } : {}),
      },
      plain: list,
      keyed: { ...list, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'lates.c.example' },
    spec: {
      group: 'c.example',
      scope: 'Namespaced',
      names: { plural: 'lates', kind: 'Late' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }],
    },
  } as unknown as Json;
}

const broken = (field: string, value: number): string => `FieldValueInvalid ${field}: Invalid value: ${value}: failed rule: self > 5`;

describe.each(['embedded', 'real'] as const)('on the %s server', (on) => {
  test('what was stored before there were rules stays, until it is touched', { timeout: 60_000 }, async ({ skip }) => {
    const api = running.get(on)?.api;
    if (api === undefined) return skip(missing);
    const lates = '/apis/c.example/v1/namespaces/default/lates';
    const type = 'application/merge-patch+json';
    const patch = async (path: string, body: unknown): Promise<Answer> => api.send('PATCH', path, { type, body: JSON.stringify(body) });
    await serveKind(api, lateCrd(false) as unknown as typeof ruledCrd);
    const items = [
      { name: 'a', n: 3 },
      { name: 'b', n: 3 },
    ];
    const stored = { n: 3, whole: { n: 3 }, plain: items, keyed: items };
    expect((await api.post(lates, { apiVersion: 'c.example/v1', kind: 'Late', metadata: { name: 'l' }, spec: stored })).code).toBe(201);
    await patch(`${crds}/lates.c.example`, { spec: lateCrd(true)['spec'] });
    const probe = { apiVersion: 'c.example/v1', kind: 'Late', metadata: { name: 'probe' }, spec: { n: 1 } };
    while ((await api.post(`${lates}?dryRun=All`, probe)).code !== 422) await sleep(20);

    const change = async (spec: unknown): Promise<unknown> => {
      const answer = await patch(`${lates}/l`, { spec });
      return [answer.code, ...causes(answer)];
    };
    expect(await change({ other: 'x' })).toEqual([200]);
    expect(await change({ n: 4 })).toEqual([422, broken('spec.n', 4)]);
    expect(await change({ whole: { n: 4 } })).toEqual([
      422,
      'FieldValueInvalid spec.whole: Invalid value: failed rule: !has(self.n) || self.n > 5',
    ]);
    // Items of a map are known by their keys, wherever they stand.
    expect(await change({ keyed: [{ name: 'c', n: 6 }, ...items] })).toEqual([200]);
    expect(await change({ keyed: [{ name: 'b', n: 4 }] })).toEqual([422, broken('spec.keyed[0].n', 4)]);
    // Items of another list are not, once the list is touched.
    expect(await change({ plain: [...items, { name: 'c', n: 6 }] })).toEqual([
      422,
      broken('spec.plain[0].n', 3),
      broken('spec.plain[1].n', 3),
    ]);
    expect(await change({ n: 6, plain: null, whole: { n: 7 } })).toEqual([200]);
    return undefined;
  });
});
