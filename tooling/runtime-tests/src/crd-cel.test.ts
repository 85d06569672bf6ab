import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules, type RuleSet } from '@kubecast/crd/cel';

const ruled = (rule: string): RuleSet =>
  compileRules({
    type: 'object',
    properties: { n: { type: 'integer' }, t: { type: 'string' }, l: { type: 'array', items: { type: 'integer' } } },
    'x-kubernetes-validations': [{ rule }],
  });
const told = (rule: string, object: unknown, old?: unknown): readonly string[] =>
  ruled(rule)
    .evaluate(object, old)
    .map(({ field, message }) => `${field}: ${message}`);

test('crd cel: a rule holds, and a broken one is told', () => {
  assert.deepEqual(told('self.n > 5', { n: 6 }), []);
  assert.deepEqual(told('self.n > 5', { n: 5 }), ['<nil>: Invalid value: failed rule: self.n > 5']);
});

test('crd cel: a rule about the old value is held on an update alone', () => {
  assert.deepEqual(told('self.n >= oldSelf.n', { n: 1 }), []);
  assert.equal(told('self.n >= oldSelf.n', { n: 1 }, { n: 2 }).length, 1);
});

test('crd cel: times, texts, addresses and quantities are read alike', () => {
  const rules = [
    'timestamp("2026-01-01T00:00:00Z") + duration("1h") == timestamp("2026-01-01T01:00:00Z")',
    'self.t.matches("^\\\\pL+$") && self.t.upperAscii() == "éA"',
    'cidr("10.0.0.0/8").containsIP("10.1.2.3") && string(ip("2001:DB8::1")) == "2001:db8::1"',
    'quantity("1Mi") == quantity("1024Ki") && url("https://[::1]:80/x").getHostname() == "::1"',
    '"%.1f".format([1234.5]) == "1,234.5" && format.dns1123Label().validate("A").hasValue()',
    'self.l.sum() == 6 && self.l.isSorted() && bytes("é") == b"\\303\\251"',
  ];
  for (const rule of rules) assert.deepEqual(told(rule, { t: 'éa', l: [1, 2, 3] }), [], rule);
});

test('crd cel: a rule that would not end is given up', () => {
  const many = { l: Array.from({ length: 1000 }, (_, index) => index) };
  assert.match(told('self.l.all(a, self.l.all(b, self.l.all(c, true)))', many)[0] ?? '', /actual cost limit exceeded/u);
});

test('crd cel: a bad rule is told with its place', () => {
  assert.match(
    ruled('self.nope > 1').errors[0]?.message ?? '',
    /ERROR: <input>:1:5: undefined field 'nope'\n \| self\.nope > 1\n \| \.\.\.\.\^$/u,
  );
});
