import { expect, test } from 'vitest';
import { builtinResources } from '../builtin/index.ts';
import type { ServedResource } from '../served-resource.ts';
import { OpenApi, type OpenApiAnswer } from './openapi-server.ts';

const model: ServedResource = {
  group: 'iidp.com',
  version: 'v1',
  kind: 'AppModel',
  plural: 'appmodels',
  scope: 'Namespaced',
  singular: 'appmodel',
  listKind: 'AppModelList',
  shortNames: ['am'],
  categories: [],
  verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
  schema: {
    type: 'object',
    description: 'An app and its models',
    properties: {
      spec: {
        type: 'object',
        properties: { app: { type: 'string' }, list: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } } },
      },
    },
  },
  columns: [],
  subresources: { status: true, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } },
  generation: true,
  selectableFields: [],
  storage: 'iidp.com/v1/AppModel',
};

interface Server {
  resources: ServedResource[];
  generation: number;
  wall: number;
}

function serve(
  state: Server,
): (path: string, more?: { accept?: string; ifNoneMatch?: string; ifModifiedSince?: string }) => OpenApiAnswer | undefined {
  const openApi = new OpenApi(
    () => state.resources,
    () => state.generation,
    () => state.wall,
  );
  return (path, more = {}) => {
    const url = new URL(path, 'https://server');
    return openApi.answer({
      pathname: url.pathname,
      hash: url.searchParams.get('hash'),
      accept: more.accept,
      ifNoneMatch: more.ifNoneMatch,
      ifModifiedSince: more.ifModifiedSince,
    });
  };
}

interface Document {
  readonly [name: string]: Document;
}

const read = (answer: OpenApiAnswer | undefined): Document => JSON.parse(new TextDecoder().decode(answer?.body)) as Document;
const state = (): Server => ({ resources: [...builtinResources(), model], generation: 1, wall: Date.parse('2026-01-02T03:04:05Z') });

function urlOf(ask: ReturnType<typeof serve>, key: string): string {
  return String(read(ask('/openapi/v3'))['paths']?.[key]?.['serverRelativeURL']);
}

test('the index names a document for each group and version, with its hash, as text that only looks like JSON', () => {
  const answer = serve(state())('/openapi/v3');
  expect(answer?.headers['Content-Type']).toBe('text/plain; charset=utf-8');
  const paths = read(answer)['paths'] ?? {};
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/iidp.com/v1']));
  for (const [key, entry] of Object.entries(paths))
    expect(String(entry['serverRelativeURL'])).toMatch(new RegExp(`^/openapi/v3/${key}\\?hash=[0-9A-F]{128}$`));
});

test('an index that did not change since is not sent again; one that changed within the same second is', () => {
  const now = state();
  const ask = serve(now);
  const since = ask('/openapi/v3')?.headers['Last-Modified'] ?? '';
  expect(ask('/openapi/v3', { ifModifiedSince: since })?.code).toBe(304);
  now.resources = [...builtinResources()];
  now.generation++;
  const changed = ask('/openapi/v3', { ifModifiedSince: since });
  expect(changed?.code).toBe(200);
  expect(read(changed)['paths']).not.toHaveProperty('apis/iidp.com/v1');
});

test('a document asked for by its hash may be kept for a year, by a wrong hash leads to the right one', () => {
  const ask = serve(state());
  const url = urlOf(ask, 'apis/iidp.com/v1');
  const answer = ask(url);
  expect(answer?.headers).toMatchObject({
    'Content-Type': 'application/json',
    'Cache-Control': 'public, immutable',
    Expires: 'Sat, 02 Jan 2027 03:04:05 GMT',
  });
  expect(ask(url, { ifNoneMatch: answer?.headers['Etag'] ?? '' })?.code).toBe(304);
  expect(ask('/openapi/v3/apis/iidp.com/v1')?.headers['Cache-Control']).toBeUndefined();
  expect(ask('/openapi/v3/apis/iidp.com/v1?hash=0')).toMatchObject({ code: 301, headers: { Location: url } });
});

test('what is not served is 404 with nothing, what only protobuf readers take is 406, other paths are not answered', () => {
  const ask = serve(state());
  for (const key of ['apis/nope/v1', 'apis/iidp.com/v2', 'api', '__proto__', 'apis/__proto__/constructor'])
    expect(ask(`/openapi/v3/${key}`)).toMatchObject({ code: 404, body: new Uint8Array(0) });
  expect(ask('/openapi/v3/api/v1', { accept: 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf' })?.code).toBe(406);
  expect(ask('/openapi/v2')).toBeUndefined();
});

test('a custom kind keeps its schema, gets the common fields, and stands under its reversed group', () => {
  const schemas = read(serve(state())('/openapi/v3/apis/iidp.com/v1'))['components']?.['schemas'] ?? {};
  const kind = schemas['com.iidp.v1.AppModel'];
  expect(Object.keys(kind?.['properties'] ?? {}).sort()).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
  expect(kind?.['properties']?.['spec']?.['properties']?.['list']).toEqual({
    type: 'array',
    'x-kubernetes-list-type': 'set',
    items: { type: 'string' },
  });
  expect(kind?.['x-kubernetes-group-version-kind']).toEqual([{ group: 'iidp.com', kind: 'AppModel', version: 'v1' }]);
  expect(schemas['com.iidp.v1.AppModelList']?.['required']).toEqual(['items']);
});

test('every reference in every document is to a schema of that document', () => {
  const ask = serve(state());
  for (const key of Object.keys(read(ask('/openapi/v3'))['paths'] ?? {})) {
    const text = new TextDecoder().decode(ask(`/openapi/v3/${key}`)?.body);
    const schemas = (JSON.parse(text) as Document)['components']?.['schemas'] ?? {};
    const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] as string);
    expect(references.length).toBeGreaterThan(0);
    for (const name of new Set(references)) expect(Object.hasOwn(schemas, name), `${name} in ${key}`).toBe(true);
  }
});

test('a PATCH takes fieldValidation, by which kubectl knows that the server checks fields', () => {
  const paths = read(serve(state())('/openapi/v3/apis/iidp.com/v1'))['paths'] ?? {};
  expect(Object.keys(paths)).toEqual([
    '/apis/iidp.com/v1/namespaces/{namespace}/appmodels',
    '/apis/iidp.com/v1/namespaces/{namespace}/appmodels/{name}',
    '/apis/iidp.com/v1/appmodels',
    '/apis/iidp.com/v1/namespaces/{namespace}/appmodels/{name}/status',
    '/apis/iidp.com/v1/namespaces/{namespace}/appmodels/{name}/scale',
  ]);
  const patch = paths['/apis/iidp.com/v1/namespaces/{namespace}/appmodels/{name}']?.['patch'];
  expect((patch?.['parameters'] as unknown as { name: string }[] | undefined)?.map((one) => one.name)).toEqual([
    'dryRun',
    'fieldManager',
    'fieldValidation',
    'force',
  ]);
  expect(Object.keys(patch?.['requestBody']?.['content'] ?? {})).toEqual([
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
  ]);
});
