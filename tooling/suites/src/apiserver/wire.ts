import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningTarget } from './embedded-target.ts';
import { modelCrd } from './observed/kinds.ts';
import { Api, json, listAt, type Answer, type Json } from './target.ts';
import { serveKind } from './widget.ts';

const models = '/apis/iidp.com/v1/namespaces/default/appmodels';
const maps = '/api/v1/namespaces/default/configmaps';
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const model = (name: string, spec: unknown = { app: 'a' }): object => ({
  apiVersion: 'iidp.com/v1',
  kind: 'AppModel',
  metadata: { name },
  spec,
});

/** How answers look on the wire: the same on the embedded server and on the real one. Skipped without a server to start. */
export function wire(on: string, start: (() => Promise<RunningTarget>) | undefined): void {
  let target: RunningTarget;
  let api: Api;
  const says = (text: string, body: () => Promise<void>): void => {
    test(`${on}: ${text}`, async (context) => {
      if (start === undefined) return context.skip();
      expect.hasAssertions();
      await body();
    });
  };

  beforeAll(async () => {
    if (start === undefined) return;
    target = await start();
    api = new Api(target);
    await serveKind(api, modelCrd);
    await api.post(models, model('a'));
  }, 120_000);
  afterAll(async () => {
    api?.close();
    await target?.close();
  });

  const ask = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => api.send('GET', path, { headers });

  says('a failure is a Status whose names stand in one order, and whose details leave out what is empty [E1]', async () => {
    const missing = await api.get(`${models}/nope`);
    expect(missing.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"appmodels.iidp.com \\"nope\\" not found","reason":"NotFound","details":{"name":"nope","group":"iidp.com","kind":"appmodels"},"code":404}\n',
    );
    expect((await api.get('/api/v1/nope')).body['details']).toEqual({});
    expect((await api.post(models, 'no json')).body['details']).toBeUndefined();
    expect((await api.send('POST', models, { type: 'text/plain', body: '{}' })).body['details']).toBeUndefined();
    expect((await api.send('PUT', maps, { type: json, body: '{}' })).body['details']).toEqual({});
  });

  says('messages name the resource where something is missing or there already, and the kind where it is invalid [E2]', async () => {
    const message = async (answer: Promise<Answer>): Promise<string> => String((await answer).body['message']);
    expect(await message(api.get(`${maps}/nope`))).toBe('configmaps "nope" not found');
    expect(await message(api.post(models, model('a')))).toBe('appmodels.iidp.com "a" already exists');
    expect(await message(api.post(models, model('A')))).toMatch(/^AppModel\.iidp\.com "A" is invalid: metadata\.name: /);
    expect(await message(api.post(maps, { metadata: { name: 'A' } }))).toMatch(/^ConfigMap "A" is invalid: metadata\.name: /);
    expect(await message(api.put(`${models}/a`, model('a')))).toMatch(/^appmodels\.iidp\.com "a" is invalid: metadata\.resourceVersion: /);
    const stale = await api.send('DELETE', `${models}/a`, { type: json, body: { preconditions: { uid: 'x' } } });
    expect(stale.body['message']).toMatch(/^Operation cannot be fulfilled on AppModel\.iidp\.com "a": the UID in the precondition/);
  });

  says('causes have the text of the error without its field, with a reason for machines [E5, E6]', async () => {
    const causes = async (answer: Promise<Answer>): Promise<unknown> => listAt((await answer).body, 'details', 'causes');
    // The real server goes through the fields of an object in any order.
    const both = (await causes(api.post(models, model('c', { app: 5, models: [{ name: 'x' }] })))) as { field: string }[];
    expect(both.toSorted((a, b) => (a.field < b.field ? -1 : 1))).toEqual([
      {
        reason: 'FieldValueTypeInvalid',
        message: 'Invalid value: "integer": spec.app in body must be of type string: "integer"',
        field: 'spec.app',
      },
      { reason: 'FieldValueRequired', message: 'Required value', field: 'spec.models[0].version' },
    ]);
    const namespaced = { metadata: { name: 'c' }, addressType: 'Other', endpoints: [], ports: [{ name: 'a' }, { name: 'a' }] };
    expect(await causes(api.post('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', namespaced))).toEqual(
      expect.arrayContaining([
        {
          reason: 'FieldValueNotSupported',
          message: 'Unsupported value: "Other": supported values: "FQDN", "IPv4", "IPv6"',
          field: 'addressType',
        },
        { reason: 'FieldValueDuplicate', message: 'Duplicate value: "a"', field: 'ports[1].name' },
      ]),
    );
  });

  says('JSON is indented for curl, Wget and browsers, and where it is asked for; else it is one line with an end [E8]', async () => {
    const lines = async (path: string, agent: string): Promise<boolean> => {
      const { text } = await ask(path, { 'User-Agent': agent });
      const indented = text.startsWith('{\n  "');
      expect(text.endsWith('\n')).toBe(!indented);
      return indented;
    };
    for (const agent of ['curl/8', 'Wget/1', 'Mozilla/5.0 (X11)'])
      expect([agent, await lines(`${models}/a`, agent)]).toEqual([agent, true]);
    expect(await lines(`${models}/a`, 'kubectl')).toBe(false);
    for (const pretty of ['1', 'true']) expect(await lines(`${models}?pretty=${pretty}`, 'kubectl')).toBe(true);
    expect(await lines(`${models}?pretty=0`, 'curl/8')).toBe(false);
    expect(await lines(`${models}/nope`, 'curl/8')).toBe(true);
    expect((await ask('/version', { 'User-Agent': 'kubectl' })).text).toMatch(/^\{\n {2}"major"/);
  });

  says('short answers have a length, long ones come in pieces [E9]', async () => {
    await api.post(maps, { metadata: { name: 'long' }, data: { a: 'x'.repeat(5_000) } });
    const short = await api.get(`${models}/a`);
    expect([short.headers['content-length'], short.headers['transfer-encoding']]).toEqual([String(short.text.length), undefined]);
    const long = await api.get(`${maps}/long`);
    expect([long.headers['content-length'], long.headers['transfer-encoding']]).toEqual([undefined, 'chunked']);
  });

  says('discovery in one answer may be kept by others, and asked for again by its tag [D3]', async () => {
    const first = await ask('/apis', { Accept: aggregated });
    expect([first.type, first.headers['cache-control'], first.headers['vary']]).toEqual([aggregated, 'public', 'Accept']);
    expect(first.headers['etag']).toMatch(/^"[0-9A-F]{128}"$/);
    expect((await ask('/apis', { Accept: aggregated, 'If-None-Match': String(first.headers['etag']) })).code).toBe(304);
    const turned = 'application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io;profile=nopeer';
    expect((await ask('/apis', { Accept: turned })).body['kind']).toBe('APIGroupDiscoveryList');
    const group = listAt(first.body, 'items').find((one) => String(one['metadata']?.['name']) === 'iidp.com');
    expect(group?.['versions']).toEqual([
      {
        version: 'v1',
        resources: [
          {
            resource: 'appmodels',
            responseKind: { group: 'iidp.com', version: 'v1', kind: 'AppModel' },
            scope: 'Namespaced',
            singularResource: 'appmodel',
            verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
            shortNames: ['am'],
            categories: ['all'],
          },
        ],
        freshness: 'Current',
      },
    ]);
    const core = listAt((await ask('/api', { Accept: aggregated })).body, 'items')[0];
    expect(core?.['metadata']).toEqual({});
    const resources = listAt(core ?? {}, 'versions', '0', 'resources');
    const spaces = resources.find((one) => String(one['resource']) === 'namespaces');
    expect(spaces?.['responseKind']).toEqual({ group: '', version: '', kind: 'Namespace' });
    expect(listAt(spaces ?? {}, 'subresources').map((one) => one['subresource'])).toEqual(['finalize', 'status']);
  });

  says('a custom kind is answered in JSON where protobuf is only preferred, in a watch too [D6]', async () => {
    const both = await api.get(models, 'application/vnd.kubernetes.protobuf,application/json');
    expect([both.code, both.type]).toEqual([200, json]);
    const watch = await api.get(
      `${models}?watch=true&timeoutSeconds=1`,
      'application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch',
    );
    expect([watch.code, watch.type]).toEqual([200, json]);
    expect(watch.text).toMatch(/^\{"type":"ADDED","object":\{"apiVersion":"iidp\.com\/v1"/);
  });

  says('the version is told in these parts [D7]', async () => {
    const { body } = await api.get('/version');
    expect(Object.keys(body)).toEqual([
      'major',
      'minor',
      'emulationMajor',
      'emulationMinor',
      'minCompatibilityMajor',
      'minCompatibilityMinor',
      'gitVersion',
      'gitCommit',
      'gitTreeState',
      'buildDate',
      'goVersion',
      'compiler',
      'platform',
    ]);
    expect([body['minor'], body['minCompatibilityMinor'], body['gitVersion']]).toEqual(['36', '35', 'v1.36.3']);
  });

  says('the index of OpenAPI names each document with its hash, and may be asked for again by its time [D9]', async () => {
    const index = await api.get('/openapi/v3');
    expect([index.type, index.headers['etag']]).toEqual(['text/plain; charset=utf-8', undefined]);
    const { paths } = JSON.parse(index.text) as { paths: Json };
    expect(paths['apis/iidp.com/v1']?.['serverRelativeURL']).toMatch(/^\/openapi\/v3\/apis\/iidp\.com\/v1\?hash=[0-9A-F]{128}$/);
    const again = await ask('/openapi/v3', { 'If-Modified-Since': String(index.headers['last-modified']) });
    expect([again.code, again.text]).toEqual([304, '']);
  });

  says('a document that is asked for by its hash may be kept for ever; a wrong hash leads to the right one [D10]', async () => {
    const { paths } = JSON.parse((await api.get('/openapi/v3')).text) as { paths: Json };
    const url = String(paths['apis/iidp.com/v1']?.['serverRelativeURL']);
    const hash = url.slice(url.indexOf('hash=') + 5);
    const path = '/openapi/v3/apis/iidp.com/v1';
    const kept = await api.get(url);
    expect([kept.type, kept.headers['etag'], kept.headers['cache-control'], kept.headers['vary']]).toEqual([
      json,
      `"${hash}"`,
      'public, immutable',
      'Accept',
    ]);
    expect(new Date(String(kept.headers['expires'])).getTime() - Date.now()).toBeGreaterThan(364 * 86_400_000);
    const bare = await api.get(path);
    expect([bare.headers['etag'], bare.headers['cache-control'], bare.headers['expires']]).toEqual([
      `"${hash}"`,
      'no-cache, private',
      undefined,
    ]);
    const wrong = await api.get(`${path}?hash=AB`);
    expect([wrong.code, wrong.headers['location'], wrong.text]).toEqual([301, url, '']);
    const missing = await api.get('/openapi/v3/apis/nope/v1');
    expect([missing.code, missing.text, missing.type]).toEqual([404, '', '']);
    const other = await api.get(path, 'text/html');
    expect([other.code, other.text, other.type]).toEqual([406, '', '']);
    expect((await ask(path, { 'If-None-Match': `"${hash}"` })).code).toBe(304);
  });

  says('the root names the paths that there are [D12]', async () => {
    const { paths } = (await api.get('/')).body as unknown as { paths: readonly string[] };
    expect(paths).toEqual([...paths].sort());
    expect(paths).toEqual(
      expect.arrayContaining([
        '/api',
        '/api/v1',
        '/apis',
        '/apis/',
        '/apis/iidp.com',
        '/apis/iidp.com/v1',
        '/healthz',
        '/openapi/v3',
        '/version',
      ]),
    );
  });
}
