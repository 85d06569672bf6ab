import { afterAll, beforeAll, expect, test } from 'vitest';
import { collection, startCluster, type Cluster } from '../../testing/cluster.ts';
import type { Reply } from '../../testing/probe.ts';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const maps = '/api/v1/namespaces/ns/configmaps';
let cluster: Cluster;
let number = 0;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

function crdOf(spec: object, more: object = {}): Record<string, unknown> {
  number++;
  const plural = `odds${number}`;
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
    ...more,
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.odd.example` },
    spec: { group: 'odd.example', scope: 'Namespaced', names: { plural, kind: `Odd${number}` }, versions: [version] },
  };
}

test.each<readonly [string, object, object]>([
  ['allOf', { type: 'object', allOf: [null] }, { type: 'object', allOf: [{}] }],
  ['anyOf', { type: 'object', anyOf: [null, null] }, { type: 'object', anyOf: [{}, {}] }],
  ['oneOf', { type: 'object', oneOf: [null] }, { type: 'object', oneOf: [{}] }],
  ['not', { type: 'object', not: { allOf: [null] } }, { type: 'object', not: { allOf: [{}] } }],
  ['allOf in allOf', { type: 'object', allOf: [{ allOf: [null] }] }, { type: 'object', allOf: [{ allOf: [{}] }] }],
  ['required', { type: 'object', required: [null] }, { type: 'object', required: [''] }],
  [
    'allOf of the items of a list',
    { type: 'array', items: { type: 'object', allOf: [null] } },
    { type: 'array', items: { type: 'object', allOf: [{}] } },
  ],
  [
    'anyOf of all other properties',
    { type: 'object', additionalProperties: { type: 'string', anyOf: [null] } },
    { type: 'object', additionalProperties: { type: 'string', anyOf: [{}] } },
  ],
])('a null in %s of a schema is the empty value of its type, as Go decodes it', async (_what, given, kept) => {
  const made = await cluster.probe.post(crds, crdOf(given));
  expect([made.status, made.json.message]).toEqual([201, undefined]);
  expect(made.json.spec.versions[0].schema.openAPIV3Schema.properties.spec).toEqual(kept);
  // Patched in, it is the same.
  const name = made.json.metadata.name as string;
  const patch = [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec', value: given }];
  const patched = await cluster.probe.patch(`${crds}/${name}`, patch, 'application/json-patch+json');
  expect(patched.json.spec.versions[0].schema.openAPIV3Schema.properties.spec).toEqual(kept);
});

test('a null in another list of a CRD is judged as the empty value of its type', async () => {
  const validations = await cluster.probe.post(crds, crdOf({ type: 'object', 'x-kubernetes-validations': [null] }));
  expect([validations.status, validations.json.message]).toEqual([422, expect.stringContaining('x-kubernetes-validations[0].rule')]);
  const columns = await cluster.probe.post(crds, crdOf({ type: 'object' }, { additionalPrinterColumns: [null] }));
  expect([columns.status, columns.json.message]).toEqual([
    422,
    expect.stringContaining('additionalPrinterColumns[0].name: Required value'),
  ]);
  const selectable = await cluster.probe.post(crds, crdOf({ type: 'object' }, { selectableFields: [null] }));
  expect([selectable.status, selectable.json.message]).toEqual([
    422,
    expect.stringContaining('selectableFields[0].jsonPath: Required value'),
  ]);
});

const map = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: ä}\n`;
const create = (body: string | Buffer): Promise<Reply> => cluster.probe.request('POST', maps, { body, type: 'application/yaml' });
const apply = (name: string, body: string | Buffer): Promise<Reply> =>
  cluster.probe.request('PATCH', `${maps}/${name}?fieldManager=odd`, { body, type: 'application/apply-patch+yaml' });

// As the real server answers: a null is a built-in object without members, and no custom resource.
test.each(['---', '---\n', '---\n---\n', '# nothing', '', 'null', '~', `---\n---\n${map('x')}`])(
  'the YAML %j holds no object: the first document counts, and it is null',
  async (text) => {
    const made = await create(text);
    expect([made.status, made.json.message]).toEqual([
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ]);
    const applied = await apply('x', text);
    expect([applied.status, applied.json.message]).toEqual([400, 'invalid object type: /, Kind=']);
    const put = await cluster.probe.request('PUT', `${maps}/x`, { body: text, type: 'application/yaml' });
    expect([put.status, put.json.message]).toEqual([
      400,
      'the name of the object (x based on URL) was undeterminable: name must be provided',
    ]);
  },
);

test.each(['---', ''])('of a custom resource the YAML %j is told as it came', async (body) => {
  const made = await cluster.probe.request('POST', collection, { body, type: 'application/yaml' });
  expect([made.status, made.json.message]).toEqual([400, expect.stringContaining(`Object 'Kind' is missing in '${body}' (`)]);
});

test.each([
  ['a mark of UTF-8', (name: string): string => `\uFEFF${map(name)}`],
  ['a mark and a document that begins', (name: string): string => `\uFEFF---\n${map(name)}`],
  [
    'a mark of UTF-8 before JSON',
    (name: string): string => `\uFEFF{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{"a":"ä"}}`,
  ],
  ['UTF-16, the low byte first', (name: string): Buffer => Buffer.from(`\uFEFF${map(name)}`, 'utf16le')],
  ['UTF-16, the high byte first', (name: string): Buffer => Buffer.from(`\uFEFF${map(name)}`, 'utf16le').swap16()],
  ['line ends of Windows', (name: string): string => map(name).replaceAll('\n', '\r\n')],
  ['another document behind it', (name: string): string => `${map(name)}---\nx`],
])('YAML with %s is read', async (what, text) => {
  const name = what.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const made = await create(text(`${name}-1`));
  expect([made.status, made.json.data]).toEqual([201, { a: 'ä' }]);
  const applied = await apply(`${name}-2`, text(`${name}-2`));
  expect([applied.status, applied.json.data]).toEqual([201, { a: 'ä' }]);
});

test.each([
  ['text', 'string'],
  ['- a', 'array'],
  ['5', 'number'],
  ['y', 'bool'],
])('the YAML %s in an apply is no map', async (text, type) => {
  const applied = await apply('x', text);
  expect([applied.status, applied.json.message]).toEqual([
    400,
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  ]);
});

test('JSON takes no mark; the error shows its first byte', async () => {
  const why = "invalid character 'ï' looking for beginning of value";
  const made = await cluster.probe.request('POST', maps, { body: '\uFEFF{"kind":"ConfigMap"}' });
  expect([made.status, made.json.message]).toEqual([400, expect.stringContaining(why)]);
  await create(map('marked'));
  for (const type of ['application/merge-patch+json', 'application/json-patch+json']) {
    const patched = await cluster.probe.patch(`${maps}/marked`, '\uFEFF{}', type);
    expect([patched.status, patched.json.message]).toEqual([400, `error decoding patch: ${why}`]);
  }
});

test.each([
  ['\uFEFF{}', "invalid character 'ï' looking for beginning of value"],
  ['x', "invalid character 'x' looking for beginning of value"],
  ['', 'unexpected end of JSON input'],
  ['{"a":', 'unexpected end of JSON input'],
  ['5', 'json: cannot unmarshal number into Go value of type map[string]interface {}'],
  ['[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
])('the strategic patch %j is refused in the words of the decoder alone', async (body, message) => {
  await create(map('strategic'));
  const patched = await cluster.probe.patch(`${maps}/strategic`, body, 'application/strategic-merge-patch+json');
  expect([patched.status, patched.json.message]).toEqual([400, message]);
});

test('a strategic patch of null changes nothing', async () => {
  await create(map('null-patch'));
  const patched = await cluster.probe.patch(`${maps}/null-patch`, 'null', 'application/strategic-merge-patch+json');
  expect([patched.status, patched.json.data]).toEqual([200, { a: 'ä' }]);
});
