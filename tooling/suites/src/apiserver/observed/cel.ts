import { badCrd, crds, schemaOfField } from './kinds.ts';
import { applyPatch, differing, patch, post, put, type Observation, type ObservedRequest } from './observation.ts';

const ruleds = '/apis/c.example/v1/namespaces/NS/ruleds';

const ruled = (spec: unknown, name = 'r'): object => ({ apiVersion: 'c.example/v1', kind: 'Ruled', metadata: { name }, spec });
const bad = (spec: unknown): ObservedRequest => post(ruleds, ruled(spec));
/** A good object would stay: nothing is stored. */
const good = (spec: unknown): ObservedRequest => post(`${ruleds}?dryRun=All`, ruled(spec));

/** A CRD whose spec.x is checked by the rule. */
function crd(
  rule: string,
  x: Readonly<Record<string, unknown>> = { type: 'integer' },
  more: Readonly<Record<string, unknown>> = {},
): object {
  return badCrd({ plural: 'celbads', kind: 'CelBad' }, schemaOfField('x', { ...x, 'x-kubernetes-validations': [{ rule, ...more }] }));
}
const refused = (...args: Parameters<typeof crd>): ObservedRequest => post(`${crds}?dryRun=All`, crd(...args));
const inner = { type: 'object', properties: { a: { type: 'integer' }, s: { type: 'string', maxLength: 9 } } } as const;

/** Rules in CEL: where they stand, how their failures are told, and what a CRD with a bad one is refused for. */
export const cel: readonly Observation[] = [
  {
    says: 'a failed rule is told by its message, or by itself [V14]',
    requests: [bad({ plain: 3 }), bad({ spaced: 3 }), bad({ worded: 3 }), good({ plain: 6, spaced: 6, worded: 6 })],
  },
  {
    says: 'a message that is an expression is computed, and one that fails or is empty falls back [V14]',
    requests: [bad({ computed: 3 }), bad({ broken: 3 }), bad({ empty: 3 })],
  },
  {
    says: 'the reason of a rule is that of its cause, and fieldPath its place [V14]',
    requests: [
      bad({ duplicate: 3 }),
      bad({ forbidden: 3 }),
      bad({ required: 3 }),
      bad({ placed: { a: 3 } }),
      bad({ placed: { b: { 'c.d': 3 } } }),
    ],
  },
  { says: 'a rule that fails to evaluate refuses the object [V14]', requests: [bad({ failing: 0 }), bad({ object: { min: 1 } })] },
  {
    says: 'rules hold scalars, lists and their items, maps and their values, and objects [V14]',
    requests: [
      bad({ text: 'b' }),
      bad({ bool: false }),
      bad({ float: 5 }),
      bad({ float: 5.25 }),
      bad({ list: ['a', 'bad'] }),
      bad({ list: ['a', 'b', 'c', 'd'] }),
      bad({ map: { a: 'bad' } }),
      bad({ map: { bad: 'a' } }),
      bad({ object: { min: 2, max: 1 } }),
      good({ text: 'a', bool: true, float: 6, list: ['a'], map: { a: 'a' }, object: { min: 1, max: 1 } }),
    ],
  },
  {
    says: 'rules hold int-or-string, objects that keep what they do not know, embedded resources and what may be null [V14]',
    requests: [
      bad({ port: 5 }),
      bad({ port: 'ftp' }),
      good({ port: 'http' }),
      bad({ free: { a: 3, b: 1 } }),
      bad({ inside: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } } }),
      good({ inside: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } } }),
      bad({ maybe: 3 }),
      good({ maybe: null }),
    ],
  },
  {
    says: 'names that CEL cannot say are escaped [V14]',
    requests: [bad({ odd: { namespace: 3 } }), bad({ odd: { 'a-b': 3 } }), bad({ odd: { 'c/d': 3 } }), bad({ odd: { e__f: 3 } })],
  },
  {
    says: 'times, durations and bytes are what their format says [V14]',
    requests: [
      bad({ when: '2025-06-01T00:00:00Z' }),
      bad({ wait: '2h' }),
      bad({ bytes: 'aGE=' }),
      good({ when: '2027-06-01T00:00:00Z', wait: '59m', bytes: 'aGk=' }),
    ],
  },
  {
    says: 'a rule of the root sees the name, and its error has no field [V14]',
    requests: [post(ruleds, ruled({}, 'bad')), bad({ plain: 100 })],
  },
  {
    says: 'rules about the old value hold where it can be told which it was [V14]',
    requests: [
      post(ruleds, ruled({ fixed: 1, grown: 5, keyed: [{ name: 'a', n: 5 }], held: { a: 5 } })),
      patch(`${ruleds}/r`, { spec: { fixed: 2 } }),
      patch(`${ruleds}/r`, { spec: { grown: 4 } }),
      patch(`${ruleds}/r`, { spec: { held: { a: 4 } } }),
      patch(`${ruleds}/r`, { spec: { held: { b: 4 } } }),
      patch(`${ruleds}/r`, {
        spec: {
          keyed: [
            { name: 'b', n: 1 },
            { name: 'a', n: 4 },
          ],
        },
      }),
      patch(`${ruleds}/r`, { spec: { keyed: [{ name: 'b', n: 1 }] } }),
      bad({ grown: 10 }),
      patch(`${ruleds}/r?fieldManager=m&force=true`, { apiVersion: 'c.example/v1', kind: 'Ruled', spec: { grown: 1 } }, applyPatch),
    ],
  },
  {
    says: 'status is held by the rules too [V14]',
    requests: [
      post(ruleds, ruled({})),
      patch(`${ruleds}/r/status`, { status: { n: 3 } }),
      patch(`${ruleds}/r/status`, { status: { n: 6, m: 3 } }),
      patch(`${ruleds}/r/status`, { status: { m: 2 } }),
      put(`${ruleds}/r/status`, {
        apiVersion: 'c.example/v1',
        kind: 'Ruled',
        metadata: { name: 'r', resourceVersion: '{rv}' },
        status: { m: 1 },
      }),
    ],
  },
  {
    says: 'rules are left out when a type, a required field, an enum, a length or a format is wrong, and that is said [V14]',
    requests: [
      bad({ plain: 'x' }),
      bad({ plain: 3, size: 'XL' }),
      bad({ plain: 3, code: 'abcdefg' }),
      bad({ plain: 3, list: ['a', 'a', 'a', 'a', 'a', 'a'] }),
      bad({ plain: 3, keyed: [{}] }),
      bad({ plain: 3, when: 'x' }),
      bad({ plain: 3, map: { a: '', b: '', c: '', d: '', e: '', f: '' } }),
      bad({ plain: 3, keyed: [{ name: 'a' }, { name: 'a' }] }),
    ],
  },
  {
    says: 'rules are held beside a wrong minimum, pattern or least length [V14] [V12]',
    requests: [bad({ plain: 3, count: -1 }), bad({ plain: 3, code: 'A1' }), bad({ plain: 3, code: 'a' })],
  },
  {
    says: 'lists have their own functions [V14]',
    requests: [
      bad({ sorted: [2, 1] }),
      bad({ summed: [5, 5] }),
      bad({ least: [1] }),
      bad({ found: [3, 3] }),
      good({ sorted: [1, 2], summed: [1, 2], least: [2, 7], found: [1, 3, 3] }),
    ],
  },
  {
    says: 'texts have their own functions [V14]',
    requests: [
      bad({ char: 'acb' }),
      bad({ char: 'a' }),
      bad({ lower: 'b' }),
      bad({ pieces: 'a,b' }),
      bad({ shown: 'b' }),
      bad({ regex: 'ab' }),
      good({ char: 'abc', lower: 'éA', pieces: 'a,b,c', shown: 'a', regex: 'aa' }),
    ],
  },
  {
    says: 'URLs, quantities, addresses and names are known to the rules [V14]',
    requests: [
      bad({ url: 'https://example.org/x' }),
      bad({ url: 'nothing' }),
      bad({ quantity: '1000' }),
      bad({ quantity: 'x' }),
      bad({ ip: '::1' }),
      bad({ ip: 'x' }),
      bad({ cidr: '10.1.0.0/16' }),
      bad({ label: 'A' }),
      good({ url: 'https://example.com/x', quantity: '1Mi', ip: '1.2.3.4', cidr: '10.0.0.0/8', label: 'a' }),
    ],
  },
  {
    says: 'a CRD with a rule that names what is not there is refused [V4]',
    requests: [
      refused('self.nope > 1', inner),
      refused('nope > 1'),
      refused('self.a > 1 &&\n  self.nope > 1', inner),
      refused('nope(self)'),
      refused('self.nope()'),
      refused('self > "x"'),
      refused('self + "x" == 1'),
    ],
  },
  {
    says: 'a CRD with a rule that is no condition, or no CEL, is refused [V4]',
    requests: [refused('self + 1'), refused('self.a', inner), refused('self >'), refused('self > 1)'), refused(''), refused('  ')],
  },
  {
    says: 'a CRD is refused for a message, a reason or a place that cannot be [V4]',
    requests: [
      refused('self > 1', undefined, { messageExpression: 'self' }),
      refused('self > 1', undefined, { messageExpression: 'nope' }),
      refused('self > 1', undefined, { reason: 'Nope' }),
      refused('self > 1', undefined, { message: 'a\nb' }),
      refused('self > 1', undefined, { message: ' ' }),
      refused('self.a > 1', inner, { fieldPath: '.nope' }),
      refused('self > 1\n|| self < 0'),
    ],
  },
  {
    says: 'a rule about the old value is refused where nobody can tell what it was [V4]',
    requests: [
      refused('true', {
        type: 'array',
        maxItems: 3,
        items: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
      }),
      refused('self > 1', undefined, { optionalOldSelf: true }),
    ],
  },
  {
    says: 'a rule that may cost too much is forbidden [V4]',
    requests: [
      differing(
        refused('self.all(a, self.all(b, a == b))', { type: 'array', items: { type: 'string' } }),
        'the cost of a rule is not estimated, but bounded when it is evaluated',
      ),
    ],
  },
];
