import { badCrd, crds, schemaOfField } from './kinds.ts';
import { differing, gadget, gadgets, model, models, post, type Observation } from './observation.ts';

const bad = (spec: unknown): ReturnType<typeof post> => post(gadgets, gadget('v', spec));

const crd = (name: string, spec: Readonly<Record<string, unknown>> = {}, version: Readonly<Record<string, unknown>> = {}): object =>
  badCrd({ plural: 'bads', kind: 'Bad' }, version, spec, name);

/** Patterns that the regular expressions of JavaScript have, or that no one has. */
const patterns = [
  '(',
  'a)',
  '[a',
  '[b-a]',
  'a**',
  'x*+',
  '*a',
  'a{1001}',
  'a{2,1}',
  'a\\',
  '(a)\\1',
  'x\\y',
  '(?=a)',
  '(?!a)b',
  '(?<=a)b',
  '(?P<n-n>a)',
  '(?z)a',
  '\\pX',
  '\\p{Nothing}a',
  '[[:nothing:]]',
  '((a{100}){100}){100}',
];

/** What a schema refuses, and what a CRD is refused for. */
export const schemas: readonly Observation[] = [
  {
    says: 'a wrong type is told by its path and by both types [V11]',
    requests: [bad({ color: 5 }), bad({ count: 'x' }), bad({ plain: 'x' }), bad({ inner: [] }), bad(5), bad({ count: 1.5 })],
  },
  {
    says: 'what is required and missing is named [V11]',
    requests: [post(models, model('v', {}, { models: [{}, { name: 'm' }] })), bad({ items: [{}] })],
  },
  { says: 'an enum names what it supports [V11]', requests: [bad({ size: 'XL' }), bad({ size: 5 })] },
  {
    says: 'pattern and lengths of texts are refused by their rule [V11]',
    requests: [bad({ code: 'A1' }), bad({ short: 'x' }), bad({ short: 'xxxxxx' }), bad({ when: 'yesterday' })],
  },
  {
    says: 'bounds and steps of numbers are refused by their rule [V11]',
    requests: [bad({ count: -1 }), bad({ count: 101 }), bad({ below: 5 }), bad({ step: 0.7 })],
  },
  {
    says: 'sizes of lists and maps are refused by their rule [V11]',
    requests: [bad({ plain: [] }), bad({ plain: ['a', 'b', 'c'] }), bad({ bag: {} }), bad({ bag: { a: '1', b: '2' } })],
  },
  { says: 'integer or text takes nothing else [V11]', requests: [bad({ port: 1.5 }), bad({ port: true })] },
  {
    says: 'oneOf, anyOf, not and a number out of its format are errors of no field [V12]',
    requests: [bad({ one: { a: '1', b: '2' } }), bad({ one: {} }), bad({ any: {} }), bad({ not: 'bad' }), bad({ small: 3_000_000_000 })],
  },
  {
    says: 'duplicates in a set and a list-map are shown by value and by key with its defaults [V13]',
    requests: [bad({ tags: ['a', 'b', 'a'] }), bad({ items: [{ name: 'a' }, { name: 'a', proto: 'TCP' }] })],
  },
  {
    says: 'several problems are one message and one cause each [E5]',
    requests: [bad({ count: 101, tags: ['a', 'a'] }), post(models, model('Bad_Name', {}, { app: 5 }))],
  },
  {
    says: 'replicas that are no number of things are refused for the scale too [V15]',
    requests: [bad({ replicas: -1 }), bad({ replicas: 'x' })],
  },
  {
    says: 'a CRD is refused with the path of each mistake [V4]',
    requests: [
      post(crds, crd('wrong.bad.example')),
      differing(
        post(crds, crd('bads.bad.example', {}, { storage: false })),
        'versions are shown as they were sent, and stored versions are not checked at a create',
      ),
      post(crds, crd('bads.bad.example', {}, { schema: undefined })),
      post(crds, crd('bads.bad.example', {}, { schema: { openAPIV3Schema: {} } })),
      post(crds, crd('bads.x.k8s.io', { group: 'x.k8s.io' })),
      post(crds, crd('bads.bad.example', { scope: 'Foo' })),
    ],
  },
  {
    says: 'a CRD is refused for a pattern that RE2 does not read [V4]',
    requests: patterns.map((pattern) => post(crds, crd('bads.bad.example', {}, schemaOfField('code', { type: 'string', pattern })))),
  },
];
