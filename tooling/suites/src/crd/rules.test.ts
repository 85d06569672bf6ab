import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  copyJson,
  defaultObject,
  dropNulls,
  pruneObject,
  structuralErrors,
  validateObject,
  validateObjectMeta,
  type FieldError,
  type JsonObject,
} from '@kubecast/crd';
import type { RunningTarget } from '../apiserver/embedded-target.ts';
import { realAssets, startReal } from '../apiserver/real-target.ts';
import { Api, type Json } from '../apiserver/target.ts';
import { ruleNames, rules, rulesCrd } from './rules-schema.ts';

const assets = realAssets();
/** Random objects; more of them for a long proof. */
const objects = Number(process.env['KUBECAST_RULES_OBJECTS'] ?? 600);
const seed = Number(process.env['KUBECAST_RULES_SEED'] ?? 1);
const path = '/apis/t.example/v1/namespaces/default/rules?dryRun=All';

const scalar = fc.constantFrom<unknown>(
  null,
  true,
  0,
  1,
  3,
  5,
  7,
  -1,
  0.5,
  0.7,
  1.5,
  3_000_000_000,
  'a',
  'b',
  'x',
  'abc',
  'abcde',
  'AB',
  'TCP',
  '2026-11-22T10:00:00Z',
  '2026-11-22',
  '2026-13-22',
  '1.2.3.4',
  '01.2.3.4',
  '::1',
  '10.0.0.0/8',
  'aGk=',
  'a_b',
  '1h',
  '5s',
  '1d',
  'http://x/y',
  '/x',
  'x y',
  'a@b.c',
  'a.b',
  'aa:bb:cc:dd:ee:ff',
  '5f8b0d1e-0000-4000-8000-000000000000',
  '"q\\\n\u0001é😀',
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(tie('any'), { maxLength: 3 }) },
    {
      weight: 3,
      arbitrary: fc.dictionary(
        fc.constantFrom('a', 'b', 'c', 'd', 'name', 'proto', 'apiVersion', 'kind', 'zz', 'odd/key', 'x.y'),
        tie('any'),
        { maxKeys: 3, noNullPrototype: true },
      ),
    },
  ),
})).any;
const someSpec = fc.dictionary(fc.constantFrom(...ruleNames, 'unknown'), value, { maxKeys: 4, noNullPrototype: true });

const word = fc.oneof(
  fc.constantFrom(
    'a',
    'A_b',
    '-a',
    'a-',
    'a.b',
    'a..b',
    'x/y',
    'x/',
    '/y',
    'a/b/c',
    'UPPER.com/x',
    `ex.com/${'n'.repeat(64)}`,
    'v'.repeat(64),
    'n'.repeat(254),
    'ü',
    '',
    'foo bar',
    'orphan',
    'foregroundDeletion',
  ),
  fc.string({ maxLength: 5 }),
);
const owner = fc.record({
  apiVersion: fc.constantFrom('v1', '', 'a/', 'a/b', 'a/b/c'),
  kind: fc.constantFrom('Pod', '', 'Event'),
  name: fc.constantFrom('p', ''),
  uid: fc.constantFrom('u', 'v'),
  controller: fc.boolean(),
});
const words = fc.dictionary(word, word, { maxKeys: 2, noNullPrototype: true });
const someMeta = fc.record(
  {
    name: word.filter((name) => name !== ''),
    generateName: word,
    labels: words,
    annotations: words,
    finalizers: fc.array(word, { maxLength: 3 }),
    ownerReferences: fc.uniqueArray(owner, { maxLength: 2, selector: ({ uid }) => uid }),
  },
  { requiredKeys: ['name'] },
);

const line = ({ reason, field, message }: FieldError): string => `${reason} ${field}: ${message}`;

function causes(body: Json): readonly string[] {
  const listed = (body['details']?.['causes'] ?? []) as unknown as readonly FieldError[];
  return listed.map(line).sort();
}

const missing = 'kube-apiserver and etcd are not built, and KUBEBUILDER_ASSETS names no folder with them';
let api: Api | undefined;
let target: RunningTarget | undefined;

beforeAll(async () => {
  if (assets === undefined) return;
  target = await startReal(assets);
  api = new Api(target);
  await api.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', rulesCrd);
  for (let code = 0; code !== 200; code = (await api.get('/apis/t.example/v1/namespaces/default/rules')).code) await sleep(100);
}, 120_000);
afterAll(async () => {
  api?.close();
  await target?.close();
});

test('a schema with every rule is structural, here and there', () => {
  expect(structuralErrors(rules)).toEqual([]);
});

test(
  'what is wrong with an object, what is dropped and what is filled in are the same as on the real API server',
  { timeout: 600_000 },
  async ({ skip }) => {
    skip(assets === undefined, missing);
    const single = ruleNames.flatMap((name) => fc.sample(value, { numRuns: 8, seed }).map((one) => ({ required: 'x', [name]: one })));
    for (const spec of [...single, ...fc.sample(someSpec, { numRuns: objects, seed })]) {
      const object: JsonObject = { apiVersion: 't.example/v1', kind: 'Rule', metadata: { name: 'x', namespace: 'default' }, spec };
      const answer = await (api as Api).post(path, object);
      // A broken object inside of the object is refused before anything is looked at.
      if (answer.code === 400) continue;
      const own = copyJson(object);
      const pruned = pruneObject(rules, own);
      dropNulls(rules, own);
      defaultObject(rules, own);
      const warned = [...answer.warnings.matchAll(/unknown field \\"((?:[^"\\])*)\\"/gu)].map((match) => match[1]);
      const here = {
        spec,
        causes: validateObject(rules, own).map(line).sort(),
        pruned,
        content: answer.code === 201 ? own['spec'] : undefined,
      };
      expect(here).toEqual({
        spec,
        causes: answer.code === 201 ? [] : causes(answer.body),
        pruned: warned,
        content: answer.code === 201 ? answer.body['spec'] : undefined,
      });
    }
  },
);

test('what is wrong with metadata is said in the words of the real API server', { timeout: 600_000 }, async ({ skip }) => {
  skip(assets === undefined, missing);
  for (const meta of fc.sample(someMeta, { numRuns: objects / 2, seed })) {
    const metadata = { ...meta, namespace: 'default' };
    const answer = await (api as Api).post(path, { apiVersion: 't.example/v1', kind: 'Rule', metadata, spec: { required: 'x' } });
    const here = { meta, causes: validateObjectMeta(metadata, { namespaced: true }).map(line).sort() };
    expect(here).toEqual({ meta, causes: answer.code === 201 ? [] : causes(answer.body) });
  }
});
