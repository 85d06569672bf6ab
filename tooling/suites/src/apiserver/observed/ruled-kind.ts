const word = { type: 'string', maxLength: 64 } as const;

/** A text that a rule in CEL is held against, in a field of its own. */
const checked = (rule: string, more: Readonly<Record<string, unknown>> = {}): object => ({
  ...word,
  'x-kubernetes-validations': [{ rule, ...more }],
});
const counted = (rule: string, more: Readonly<Record<string, unknown>> = {}): object => ({
  type: 'integer',
  'x-kubernetes-validations': [{ rule, ...more }],
});
const numbers = (rule: string): object => ({
  type: 'array',
  maxItems: 10,
  items: { type: 'integer' },
  'x-kubernetes-validations': [{ rule }],
});

/** The fields of a Ruled: one for each thing that a rule can do. */
const fields = {
  // What an error is told with.
  plain: counted('self > 5'),
  spaced: counted('  self > 5  ', { message: ' too small ' }),
  worded: counted('self > 5', { message: 'must be more' }),
  computed: counted('self > 5', { messageExpression: '"must be more than 5, not " + (self == 3 ? "3" : "that")' }),
  broken: counted('self > 5', { message: 'the fallback', messageExpression: '["a"][self]' }),
  empty: counted('self > 5', { messageExpression: '""' }),
  duplicate: counted('self > 5', { message: 'dropped', reason: 'FieldValueDuplicate' }),
  forbidden: counted('self > 5', { message: 'not you', reason: 'FieldValueForbidden' }),
  required: counted('self > 5', { message: 'give more', reason: 'FieldValueRequired' }),
  placed: {
    type: 'object',
    properties: { a: { type: 'integer' }, b: { type: 'object', properties: { 'c.d': { type: 'integer' } } } },
    'x-kubernetes-validations': [
      { rule: '!has(self.a) || self.a > 5', message: 'a is small', fieldPath: '.a' },
      { rule: '!has(self.b) || !has(self.b.c__dot__d) || self.b.c__dot__d > 5', message: 'd is small', fieldPath: ".b['c.d']" },
    ],
  },
  failing: counted('10 / self > 1'),
  // Where a rule can stand.
  text: checked('self.startsWith("a")'),
  bool: { type: 'boolean', 'x-kubernetes-validations': [{ rule: 'self' }] },
  float: { type: 'number', 'x-kubernetes-validations': [{ rule: 'self > 5.5' }] },
  list: {
    type: 'array',
    maxItems: 5,
    items: checked('self != "bad"'),
    'x-kubernetes-validations': [{ rule: 'size(self) < 4', message: 'is long' }],
  },
  map: {
    type: 'object',
    maxProperties: 5,
    additionalProperties: checked('self != "bad"'),
    'x-kubernetes-validations': [{ rule: 'self.all(name, name != "bad")' }],
  },
  object: {
    type: 'object',
    properties: { min: { type: 'integer' }, max: { type: 'integer' } },
    'x-kubernetes-validations': [{ rule: 'self.min <= self.max' }],
  },
  port: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-validations': [{ rule: 'type(self) == int ? self > 5 : self == "http"' }] },
  free: {
    type: 'object',
    properties: { a: { type: 'integer' } },
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-validations': [{ rule: '!has(self.a) || self.a > 5' }],
  },
  inside: {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-validations': [{ rule: 'self.kind == "Pod" && self.metadata.name.startsWith("a")' }],
  },
  maybe: { type: 'integer', nullable: true, 'x-kubernetes-validations': [{ rule: 'self > 5' }] },
  odd: {
    type: 'object',
    properties: {
      namespace: { type: 'integer' },
      'a-b': { type: 'integer' },
      'c/d': { type: 'integer' },
      e__f: { type: 'integer' },
    },
    'x-kubernetes-validations': [
      {
        rule: '!has(self.__namespace__) || self.__namespace__ > 5',
      },
      { rule: '!has(self.a__dash__b) || self.a__dash__b > 5' },
      { rule: '!has(self.c__slash__d) || self.c__slash__d > 5' },
      { rule: '!has(self.e__underscores__f) || self.e__underscores__f > 5' },
    ],
  },
  when: { type: 'string', format: 'date-time', 'x-kubernetes-validations': [{ rule: 'self > timestamp("2026-01-01T00:00:00Z")' }] },
  wait: { type: 'string', format: 'duration', 'x-kubernetes-validations': [{ rule: 'self < duration("1h")' }] },
  bytes: { type: 'string', format: 'byte', maxLength: 64, 'x-kubernetes-validations': [{ rule: 'self == b"hi"' }] },
  // What was before.
  fixed: counted('self == oldSelf', { message: 'does not change' }),
  grown: {
    type: 'integer',
    'x-kubernetes-validations': [{ rule: 'oldSelf.hasValue() ? self >= oldSelf.value() : self < 10', optionalOldSelf: true }],
  },
  keyed: {
    type: 'array',
    maxItems: 5,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: {
      type: 'object',
      required: ['name'],
      properties: { name: word, n: counted('self >= oldSelf', { message: 'never less' }), bad: counted('self > 5') },
    },
  },
  held: { type: 'object', maxProperties: 5, additionalProperties: counted('self >= oldSelf', { message: 'never less' }) },
  loose: {
    type: 'array',
    maxItems: 5,
    items: { type: 'object', properties: { n: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self != 3' }] } } },
  },
  // The functions that Kubernetes adds.
  sorted: numbers('self.isSorted()'),
  summed: numbers('self.sum() < 10'),
  least: numbers('size(self) == 0 || self.min() > 1 && self.max() < 8'),
  found: numbers('self.indexOf(3) == 1 && self.lastIndexOf(3) == 2'),
  char: checked('self.charAt(1) == "b" && self.indexOf("c") == 2 && self.substring(0, 2) == "ab"'),
  lower: checked('self.lowerAscii() == "éa" && self.upperAscii() == "éA".upperAscii() && self.trim() == self'),
  pieces: checked('self.split(",").size() == 3 && self.replace(",", "-").contains("-")'),
  shown: checked('"%s-%d".format([self, 5]) == "a-5"'),
  regex: checked('self.matches("^a+$") && self.find("a+") == self && self.findAll("a").size() == self.size()'),
  url: checked('isURL(self) && url(self).getHostname() == "example.com" && url(self).getScheme() == "https"'),
  quantity: checked('isQuantity(self) && quantity(self).isGreaterThan(quantity("1Ki"))'),
  ip: checked('isIP(self) && ip(self).family() == 4'),
  cidr: checked('isCIDR(self) && cidr(self).containsIP("10.0.0.1")'),
  label: checked('!format.dns1123Label().validate(self).hasValue()'),
  // Beside the rules.
  count: { type: 'integer', minimum: 0 },
  size: { type: 'string', enum: ['S', 'M'] },
  code: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 5 },
} as const;

/** A custom resource whose schema is held by rules in CEL. */
export const ruledCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ruleds.c.example' },
  spec: {
    group: 'c.example',
    scope: 'Namespaced',
    names: { plural: 'ruleds', kind: 'Ruled' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: fields },
              status: {
                type: 'object',
                properties: { n: counted('self > 5'), m: counted('self >= oldSelf', { message: 'never less' }) },
              },
            },
            'x-kubernetes-validations': [
              { rule: 'self.metadata.name != "bad"', message: 'a bad name' },
              { rule: '!has(self.spec) || !has(self.spec.plain) || self.spec.plain < 100', message: 'plain is much' },
            ],
          },
        },
      },
    ],
  },
} as const;
