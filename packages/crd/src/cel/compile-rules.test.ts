import { expect, test } from 'vitest';
import type { Schema, ValidationRule } from '../schema/schema.ts';
import { compileRules } from './compile-rules.ts';

const number = { type: 'integer' } as const satisfies Schema;
const text = { type: 'string' } as const satisfies Schema;

/** What is wrong with the value of x under one rule. */
function broken(rule: string | ValidationRule, x: unknown, schema: Schema = text, old?: unknown, budget?: number): readonly string[] {
  const whole: Schema = {
    type: 'object',
    properties: { x: { ...schema, 'x-kubernetes-validations': [typeof rule === 'string' ? { rule } : rule] } },
  };
  const set = compileRules(whole);
  if (set.errors.length > 0) return set.errors.map(({ message }) => message);
  return set
    .evaluate({ x }, old === undefined ? undefined : { x: old }, budget === undefined ? {} : { budget })
    .map(({ field, message }) => `${field}: ${message}`);
}
const holds = (rule: string, x: unknown = 'x', schema: Schema = text): void => expect(broken(rule, x, schema), rule).toEqual([]);

test.each([
  // Texts: characters are code points, letters of ASCII alone change their case.
  '"tacocat".charAt(3) == "o" && "abc".charAt(3) == ""',
  '"😀b".charAt(1) == "b" && "😀b".indexOf("b") == 1 && "😀b".substring(1) == "b"',
  '"Ä".lowerAscii() == "Ä" && "A".lowerAscii() == "a"',
  '"  a ".trim() == "a"',
  '"hello mellow".indexOf("ello", 2) == 7 && "hello mellow".lastIndexOf("ello") == 7 && "hello mellow".lastIndexOf("ello", 6) == 1',
  '"hello hello".replace("he", "we", 1) == "wello hello" && "ab".replace("", "-") == "-a-b-"',
  '"a,b,c".split(",", 2) == ["a", "b,c"] && "a,b".split(",", 0) == [] && ["a", "b"].join("-") == "a-b"',
  '"%s %d %.2f %x %X %o %b %%".format(["a", 5, 1.239, 255, 255, 8, 5]) == "a 5 1.24 ff FF 10 101 %"',
  '"%f".format([1234.5]) == "1,234.500000" && "%s".format([duration("-1500ms")]) == "-1.5s" && string(timestamp("2026-01-01T00:00:00.5Z")) == "2026-01-01T00:00:00.5Z"',
  '"%s".format([[1, 2]]) == "[1, 2]" && "%s".format([true]) == "true"',
  // Regular expressions of RE2.
  '"ab12cd".find("[0-9]+") == "12" && "abc".find("x") == "" && "a1b22".findAll("\\\\d+") == ["1", "22"] && "a1b22".findAll("\\\\d+", 1) == ["1"]',
  '"AbC".matches("(?i)^abc$") && !"abcd".matches("^a.c$") && matches("abc", "b")',
  '"aXbX".find("a.*?X") == "aX" && "foobar".find("(?:foo|foob)a?r?") == "foo"',
  '"aaa".matches("^(?P<n>a){2,3}$") && "a-b".matches("^[\\\\w-]+$") && "é".matches("^\\\\pL$")',
  // Lists.
  '[1, 2, 2].isSorted() && !["b", "a"].isSorted() && [1.5, 2.5].sum() == 4.0 && [3, 1].min() == 1 && ["a", "b"].max() == "b"',
  '[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && ["a"].indexOf("z") == -1',
  '[duration("1s"), duration("2s")].sum() == duration("3s")',
  // URLs.
  'url("https://u@example.com:80/p?a=1&a=2").getHost() == "example.com:80" && url("https://[::1]:80/").getHostname() == "::1"',
  'url("http://x/p%20q?a=1&a=2").getQuery()["a"] == ["1", "2"] && url("/path").getScheme() == "" && !isURL("../x") && url("http://x:8/").getPort() == "8"',
  'url("http://x/p").getEscapedPath() == "/p"',
  // Quantities.
  'quantity("1Mi").compareTo(quantity("1024Ki")) == 0 && quantity("1500m").asApproximateFloat() == 1.5 && !quantity("1.5").isInteger()',
  'quantity("50k").asInteger() == 50000 && quantity("1").add(2).sub(quantity("500m")) == quantity("2500m") && sign(quantity("-1")) == -1',
  '!isQuantity("1 Mi") && !isQuantity("1mi") && quantity("1e3") == quantity("1k") && quantity("1").isLessThan(quantity("2"))',
  // Addresses.
  'ip("::1").isLoopback() && ip("10.0.0.1").isGlobalUnicast() && !isIP("010.0.0.1") && !isIP("::ffff:1.2.3.4") && string(ip("2001:DB8::1")) == "2001:db8::1"',
  'ip.isCanonical("2001:db8::1") && !ip.isCanonical("2001:DB8::1") && ip("0.0.0.0").isUnspecified() && ip("fe80::1").isLinkLocalUnicast()',
  'cidr("10.0.1.2/8").masked() == cidr("10.0.0.0/8") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && cidr("::/0").prefixLength() == 0',
  'cidr("10.0.0.0/8").containsIP(ip("10.0.0.1")) && !isCIDR("10.0.0.0/33") && cidr("10.0.0.0/8").ip() == ip("10.0.0.0")',
  // Names.
  '!format.dns1123Subdomain().validate("a.b").hasValue() && format.named("labelValue").value().validate("-").hasValue()',
  '!format.named("nope").hasValue() && format.dns1035Label().validate("1a").hasValue() && !format.dns1123LabelPrefix().validate("a-").hasValue()',
  // CEL itself.
  '[1, 2].exists_one(i, i > 1) && {"a": 1}.all(k, k == "a") && has({"a": 1}.a)',
  'optional.of(1).orValue(2) == 1 && {"a": 1}[?"b"].orValue(3) == 3',
])('what Kubernetes adds to CEL: %s', (rule) => {
  expect(broken(rule, 'x')).toEqual([]);
});

test('a field of the name __proto__, constructor or toString is a field like any other', () => {
  const names: Schema = { type: 'object', properties: { constructor: number, toString: number } };
  holds('self.constructor == 1 && self.toString == 2', { constructor: 1, toString: 2 }, names);
  expect(broken('has(self.constructor)', {}, names)).toEqual(['x: Invalid value: failed rule: has(self.constructor)']);
  holds('"__proto__" in self && self["__proto__"] == 1', JSON.parse('{"__proto__":1}'), {
    type: 'object',
    additionalProperties: { type: 'integer' },
  });
});

test('objects are compared by what they hold', () => {
  const point: Schema = { type: 'object', properties: { a: { type: 'integer' }, l: { type: 'array', items: text } } };
  expect(broken('self == oldSelf', { a: 1, l: ['x'] }, point, { a: 1, l: ['x'] })).toEqual([]);
  expect(broken('self == oldSelf', { a: 1, l: ['x'] }, point, { a: 1, l: ['y'] })).toEqual([
    'x: Invalid value: failed rule: self == oldSelf',
  ]);
  holds('self.exists(one, one == {"a": 1}) && {"a": 2} in self', [{ a: 1 }, { a: 2 }], {
    type: 'array',
    items: { type: 'object', additionalProperties: { type: 'integer' } },
  });
});

test('has asks for a field of anything, and fails where what has it is not there', () => {
  const list: Schema = { type: 'array', items: { type: 'object', properties: { a: { type: 'object', properties: { b: text } } } } };
  holds('has(self[0].a) && !has(self[1].a) && has(self[0].a.b)', [{ a: { b: 'x' } }, {}], list);
  expect(broken('has(self[0].a.b)', [{}], list)).toEqual(['x: Invalid value: "array": no such key: a evaluating rule: has(self[0].a.b)']);
  expect(broken('has(self[0].nope)', [{}], list)[0]).toContain("undefined field 'nope'");
  expect(broken('has(self)', [{}], list)[0]).toContain('invalid argument to has() macro');
});

test('a field that is null is to a rule not there', () => {
  expect(broken('!has(self.a)', { a: null }, { type: 'object', properties: { a: { ...number, nullable: true } } })).toEqual([]);
});

test('what was wrong before and is unchanged is tolerated and heard of; what compares with the old value is not', () => {
  const schema: Schema = { type: 'object', properties: { x: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 5' }] } } };
  const tolerated: string[] = [];
  const set = compileRules(schema);
  expect(set.evaluate({ x: 3 }, { x: 3 }, { onTolerated: ({ field }) => void tolerated.push(field) })).toEqual([]);
  expect(tolerated).toEqual(['x']);
  expect(set.evaluate({ x: 4 }, { x: 3 })).toHaveLength(1);
  expect(broken('self > oldSelf', 3, { type: 'integer' }, 3)).toEqual(['x: Invalid value: 3: failed rule: self > oldSelf']);
});

test.each([
  ['nested turns', 'self.all(a, self.all(b, self.all(c, self.all(d, self.all(e, self.all(f, true))))))'],
  ['comparisons of what is long', 'self.all(a, self.all(b, self.map(c, c + c) == self.map(c, c + c)))'],
  ['an error that another branch would hide', 'self.all(a, self.all(b, self.all(c, self.all(d, true)))) || true'],
])('work is bounded: %s', (_what, rule) => {
  const list = Array.from({ length: 100 }, (_, index) => `item ${index}`.repeat(10));
  const [error, ...more] = broken(rule, list, { type: 'array', items: text });
  expect(more).toEqual([]);
  expect(error).toMatch(
    /^x: Invalid value: "array": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run/u,
  );
});

test('a pattern that backtracks without end elsewhere is matched in a moment', () => {
  expect(broken('self.matches("^(a+)+$")', `${'a'.repeat(5000)}!`)).toEqual([
    `x: Invalid value: "${'a'.repeat(5000)}!": failed rule: self.matches("^(a+)+$")`,
  ]);
});

test('what is spent by one object is there for the next', () => {
  const schema: Schema = { type: 'array', items: text };
  expect(broken('self.all(a, true)', ['a', 'b', 'c'], schema, undefined, 2)).toHaveLength(1);
  expect(broken('self.all(a, true)', ['a', 'b', 'c'], schema)).toEqual([]);
});

test.each([
  ['sets.contains([1], [1])', "'sets'"],
  ['isSemver("1.0.0")', "'isSemver'"],
  ['[1].all(i, v, v > i)', "'all with two variables'"],
  ['[1].transformList(i, v, v)', "'transformList'"],
  ['[1].existsOne(i, v, v > 0)', "'existsOne'"],
  ['[1].reverse() == [1]', "'reverse'"],
])('what is not supported is refused, and never passes: %s', (rule, name) => {
  expect(broken(rule, 'x')[0]).toContain(`${name} is part of CEL in Kubernetes, and not supported by @kubecast/crd`);
});

test('a rule within a junctor is refused, since it would not be held', () => {
  const schema: Schema = { type: 'object', allOf: [{ properties: { x: { 'x-kubernetes-validations': [{ rule: 'false' }] } } }] };
  expect(compileRules(schema).errors).toEqual([
    {
      field: 'spec.validation.openAPIV3Schema.allOf[0]',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: rules within a junctor are not supported by @kubecast/crd',
    },
  ]);
});

test('a function of the library that Kubernetes does not have is not there', () => {
  expect(broken('cel.bind(y, 1, y == 1)', 'x')[0]).toContain("undeclared reference to 'bind' (in container '')");
  expect(broken('b"a".hex() == "61"', 'x')[0]).toContain("undeclared reference to 'hex' (in container '')");
});

test('the items of a list that is written out are of one type', () => {
  expect(broken('[1, "a"].size() == 2', 'x')[0]).toContain("<input>:1:5: expected type 'int' but found 'string'\n");
  holds('"%s%d".format(["a", 1]) == "a1"');
});

test('an expression as large as can be is refused, not a crash', () => {
  expect(broken('!'.repeat(200_000).concat('true'), 'x')[0]).toContain('compilation failed');
  expect(broken(`${'('.repeat(5000)}true${')'.repeat(5000)}`, 'x')[0]).toContain('compilation failed');
});
