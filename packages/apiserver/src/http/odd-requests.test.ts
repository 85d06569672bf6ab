import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type Cluster } from '../testing/cluster.ts';

const maps = '/api/v1/namespaces/ns/configmaps';
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  for (const name of ['a', 'b']) await cluster.probe.post(maps, { metadata: { name } });
});
afterAll(() => cluster.close());

// As apimachinery's fields.ParseSelector and strconv say it.
test.each([
  ['fieldSelector=a%3Db%3Dc', 'invalid field selector: unescaped character in value: 61'],
  ['fieldSelector=metadata.name%3Da%5C', 'invalid field selector: invalid escape sequence: \\'],
  ['fieldSelector=metadata.name%3Da%5Cb', 'invalid field selector: invalid escape sequence: \\b'],
  ['fieldSelector=metadata.name%20%3D%20a', '"metadata.name " is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ['fieldSelector=%20%20', "invalid selector: '  '; can't understand '  '"],
  ['limit=9223372036854775808', 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
  ['limit=-9223372036854775809', 'strconv.ParseInt: parsing "-9223372036854775809": value out of range'],
  [
    'resourceVersion=18446744073709551616',
    'invalid resource version: resourceVersion: Invalid value: "18446744073709551616": strconv.ParseUint: parsing "18446744073709551616": value out of range',
  ],
])('a list with %s is a 400 in the words of Go', async (query, message) => {
  const answer = await cluster.probe.get(`${maps}?${query}`);
  expect([answer.status, answer.json.message]).toEqual([400, message]);
});

test.each([
  'fieldSelector=metadata.name%3Da',
  'fieldSelector=metadata.name%3D%3Da,',
  'fieldSelector=metadata.namespace!%3Dx,metadata.name%3Da',
])('a list with %s has the one object', async (query) => {
  const answer = await cluster.probe.get(`${maps}?${query}`);
  expect(answer.json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['a']);
});

test('a version in a continue token that is no int64 is a 400', async () => {
  for (const rv of ['1.5', '1e300']) {
    const token = Buffer.from(`{"v":"meta.k8s.io/v1","rv":${rv},"start":"a"}`).toString('base64url');
    const answer = await cluster.probe.get(`${maps}?continue=${token}`);
    expect(answer.status).toBe(400);
    expect(answer.json.message).toMatch(
      /^invalid continue token: continue key is not valid: json: cannot unmarshal number .* of type int64$/,
    );
  }
});

test('an escaped slash parts a path as a slash does: no namespace or object has one', async () => {
  for (const path of [
    '/api/v1/namespaces/n%2Fs/configmaps',
    '/api/v1/namespaces/ns/configmaps/a%2Fb',
    '/api/v1/namespaces/ns%2F/configmaps',
  ])
    expect((await cluster.probe.get(path)).status, path).toBe(404);
  expect((await cluster.probe.get('/api/v1%2Fnamespaces/ns/configmaps%2Fa')).json.metadata.name).toBe('a');
});

test('a selector of 100 KB, with the names of thousands, is read', async () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `name-${i}`).join(',');
  const answer = await cluster.probe.get(`${maps}?labelSelector=app%20notin%20(${names})`);
  expect([answer.status, answer.json.items?.length]).toEqual([200, expect.any(Number)]);
});
