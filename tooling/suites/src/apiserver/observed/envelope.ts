import { configMaps, get, model, models, patch, jsonPatch, post, put, remove, send, type Observation } from './observation.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Paths, methods, media types, sizes, discovery, health. */
export const envelope: readonly Observation[] = [
  {
    says: 'an unknown path is plain text in a custom group and a Status in a built-in one [E3]',
    requests: [
      '/nope',
      '/apis/nope.example',
      '/apis/nope.example/v1',
      '/apis/iidp.com/v1/nope',
      '/apis/iidp.com/v7',
      '/api/v1/nope',
      '/apis/apps/v1/nope',
      '/api/v2',
    ].map((path) => get(path, { shows: ['x-content-type-options'] })),
  },
  {
    says: 'an unknown subresource looks like a missing object, a wrong scope like an unknown path [E4]',
    requests: [
      post(models, model('e')),
      get(`${models}/e/status`),
      patch(`${models}/e/status`, {}),
      get(`${models}/e/foo`),
      get('/apis/iidp.com/v1/appmodels/e'),
      get('/apis/apiextensions.k8s.io/v1/namespaces/NS/customresourcedefinitions'),
    ],
  },
  {
    says: 'answers are not to be kept, and have an id that the request may set [E7]',
    requests: [
      get(`${models}/nope`, { headers: { 'Audit-ID': 'mine' }, shows: ['audit-id', 'cache-control'] }),
      get(models, { shows: ['cache-control'] }),
    ],
  },
  {
    says: 'a method that is not served is a 405 in the words of its kind; HEAD works on a custom kind alone [E11]',
    requests: [
      post(models, model('e')),
      send('HEAD', `${models}/e`),
      send('HEAD', configMaps),
      send('HEAD', '/version'),
      send('HEAD', '/healthz'),
      send('OPTIONS', configMaps),
      send('OPTIONS', models),
      send('DELETE', '/apis/iidp.com/v1/appmodels'),
      send('POST', '/healthz'),
      remove(`${models}/e/status`),
    ],
  },
  {
    says: 'a method that a subresource does not have, and a path that is longer than one [E4, E11]',
    requests: [
      post(models, model('e')),
      get('/api/v1/namespaces/NS/serviceaccounts/default/token'),
      put('/api/v1/namespaces/NS/serviceaccounts/default/token', {}),
      send('DELETE', '/api/v1/namespaces/NS/serviceaccounts/default/token'),
      get('/api/v1/namespaces/NS/configmaps/a/b'),
      get('/api/v1/namespaces/NS/configmaps/a/b/c'),
      post('/api/v1/namespaces/NS/configmaps/a/b/c', {}),
      get(`${models}/e/status/more`),
      get(`${models}/e/foo/more`),
      get(`${models}/nope/foo/more`),
      post(`${models}/e/foo/more`, {}),
      get('/apis/nope.example/v1/namespaces/NS/nopes/a/b/c'),
    ],
  },
  {
    says: 'a bad timeout is a 400; a slash at the end and unknown parameters are passed over [E12]',
    requests: [get(`${models}?timeout=abc`), get(`${models}?foo=bar&timeout=5s`), get('/apis/iidp.com/v1/'), get('//api')],
  },
  {
    says: 'annotations have 256 KiB, JSON patches 10000 operations, ConfigMaps 1 MiB [E13]',
    requests: [
      post(models, model('e', { annotations: { a: 'x'.repeat(262_144) } })),
      post(configMaps, { metadata: { name: 'e' }, data: { a: 'x'.repeat(1_048_577) } }),
      post(models, model('e')),
      patch(
        `${models}/e`,
        Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'AppModel' })),
        jsonPatch,
      ),
    ],
  },
  {
    says: 'core is named by its versions, a group by an APIGroup whose first version is preferred [D1]',
    requests: [get('/api'), get('/apis/iidp.com'), get('/apis/v.example')],
  },
  {
    says: 'a group version lists its resources with verbs in order, short names, categories and the hash of its storage [D2]',
    requests: [get('/apis/iidp.com/v1'), get('/apis/v.example/v1'), get('/apis/coordination.k8s.io/v1'), get('/apis/discovery.k8s.io/v1')],
  },
  {
    says: 'a form of discovery that is not served is a 406, or the next that is asked for [D4, D5]',
    requests: [
      get('/api', { accept: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList' }),
      get('/api', { accept: 'application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json' }),
      send('HEAD', '/apis/iidp.com/v1'),
      get(models, { accept: 'application/cbor' }),
      get(models, { accept: 'text/plain,application/json' }),
      get(models, { accept: '*/*' }),
      get(models, { accept: 'application/yaml' }),
      get(models, { accept: 'application/vnd.kubernetes.protobuf,application/json' }),
    ],
  },
  {
    says: 'discovery in one answer says what it is, how it varies, and that others may keep it [D3]',
    requests: [send('HEAD', '/apis'), get('/api/nope', { accept: aggregated })],
  },
  {
    says: 'health is ok in plain text, as a whole and check by check [D8]',
    requests: [get('/healthz'), get('/livez'), get('/readyz'), get('/livez/etcd'), get('/livez/nope'), get('/readyz?exclude=nope')],
  },
  {
    says: 'a bad token is a 401, and none is the anonymous user, who may see health and version alone [A1, A4]',
    requests: [
      get(models, { headers: { Authorization: 'Bearer nope' }, shows: ['www-authenticate'] }),
      get(models, { headers: { Authorization: '' } }),
      get('/api', { headers: { Authorization: '' } }),
      get('/healthz', { headers: { Authorization: '' } }),
    ],
  },
];
