import {
  configMaps,
  differing,
  noSpecWarning,
  gadget,
  gadgets,
  get,
  leases,
  model,
  models,
  named,
  post,
  services,
  type Observation,
} from './observation.ts';

const slices = '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices';

/** POST: what the server sets, what it refuses, field validation. */
export const creates: readonly Observation[] = [
  {
    says: 'a create drops or replaces what only the server may say; some kinds have a generation, others none [C1, C2]',
    requests: [
      post(
        models,
        model('c', {
          uid: 'x',
          generation: 9,
          creationTimestamp: '2001-01-01T00:00:00Z',
          deletionTimestamp: '2001-01-01T00:00:00Z',
          selfLink: '/x',
        }),
      ),
      post(configMaps, named('c')),
      post(leases, named('c')),
      post(slices, named('c', { addressType: 'IPv4', endpoints: [] })),
    ],
  },
  {
    says: 'a version on a create is a 500 without a reason [C3]',
    requests: [post(models, model('c', { resourceVersion: '5' })), post(configMaps, { metadata: { name: 'c', resourceVersion: '5' } })],
  },
  {
    says: 'a generated name has five characters more; a name given too wins; a dry run stores nothing [C4]',
    requests: [
      post(models, model(undefined, { generateName: 'gen-' })),
      post(models, model('c', { generateName: 'gen-' })),
      post(`${models}?dryRun=All`, model('d')),
      get(`${models}/d`),
    ],
  },
  {
    says: 'what exists is a 409 [C5]',
    requests: [post(models, model('c')), post(models, model('c')), post(configMaps, named('c')), post(configMaps, named('c'))],
  },
  {
    says: 'a missing namespace is a 404 before all validation, and an empty list for a read [C6]',
    requests: [
      post('/apis/iidp.com/v1/namespaces/missing/appmodels', model('c', {}, { app: 5 })),
      post('/api/v1/namespaces/missing/configmaps', named('c')),
      get('/apis/iidp.com/v1/namespaces/missing/appmodels'),
      get('/api/v1/namespaces/missing/configmaps'),
    ],
  },
  {
    says: 'a body of another namespace is a 400; that of a cluster-wide kind has its namespace dropped [C7]',
    requests: [
      post(models, model('c', { namespace: 'other' })),
      post(configMaps, { metadata: { name: 'c', namespace: 'other' } }),
      post('/api/v1/namespaces', { metadata: { name: 'NS-c', namespace: 'x' } }),
    ],
  },
  {
    says: 'a missing and a bad name are refused with the rule of the kind [C8]',
    requests: [
      post(models, model(undefined)),
      post(models, model('Bad_Name')),
      post(configMaps, { metadata: {} }),
      post(services, named('a.b', { spec: { ports: [{ port: 80 }] } })),
      post('/api/v1/namespaces', named('a.b')),
      post(models, model('x'.repeat(254))),
    ],
  },
  {
    says: 'labels, annotations, finalizers and owners are checked; a finalizer without a domain is taken with a warning [C9]',
    requests: [
      post(models, model('c1', { labels: { 'a b': 'x' } })),
      post(models, model('c2', { labels: { a: 'x y' } })),
      post(models, model('c3', { annotations: { 'a b': 'x' } })),
      post(models, model('c4', { finalizers: ['a b'] })),
      post(models, model('c5', { ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] })),
      post(models, model('c6', { finalizers: ['foo'] })),
      post(models, model('c7', { labels: { a: 'x'.repeat(64) } })),
      post(models, model('c8', { labels: { a: 5 } })),
    ],
  },
  {
    says: 'a name in the path of a create is passed over for a custom kind; all namespaces at once have no create [C10]',
    requests: [
      post(`${models}/zz1`, model('c')),
      post(`${configMaps}/zz1`, named('c')),
      post('/apis/iidp.com/v1/appmodels', model('c')),
      post('/api/v1/configmaps', named('c')),
    ],
  },
  {
    says: 'a body of another media type is refused, YAML is taken [C11]',
    requests: [
      post(models, 'x', { type: 'text/plain' }),
      post(configMaps, 'x', { type: 'text/plain' }),
      post(models, 'apiVersion: iidp.com/v1\nkind: AppModel\nmetadata: {name: y}\nspec: {app: a}\n', { type: 'application/yaml' }),
      { method: 'POST', path: models, body: model('n') },
    ],
  },
  {
    says: 'a malformed body is shown by its first 30 bytes [C12]',
    requests: [
      ...['{"apiVersion":"iidp.com/v1","kind":"AppModel"', '', '{}x', '[]', 'null', '"x"', '{'].map((body) => post(models, body)),
      ...['{"a":', '', '[]'].map((body) => post(configMaps, body)),
    ],
  },
  {
    says: 'kind and version of the body are checked: 400 without them, 422 for a wrong kind of a custom group [C13]',
    requests: [
      post(models, { apiVersion: 'iidp.com/v1', metadata: { name: 'c' } }),
      differing(post(models, { ...model('c'), apiVersion: 'iidp.com/v2' }), noSpecWarning),
      post(models, { kind: 'AppModel', metadata: { name: 'c' } }),
      post(models, { ...model('c'), kind: 'Nope' }),
      post(configMaps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'c' } }),
      differing(
        post(configMaps, { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'c' } }),
        'an unknown version of a built-in kind is told as for a custom one, without a place in the source',
      ),
    ],
  },
  {
    says: 'a wrong type in metadata or in a built-in kind is a decoding error [C14]',
    requests: [
      post(models, { ...model('c'), metadata: { name: 5 } }),
      post(models, { ...model('c'), metadata: 'x' }),
      post(configMaps, named('c', { data: { a: 1 } })),
      post(configMaps, named('c', { data: 'x' })),
    ],
  },
  {
    says: 'YAML is read by version 1.1: words are booleans, numbers have underscores and octals, only the first document counts [C15]',
    requests: [
      post(
        gadgets,
        'apiVersion: v.example/v1\nkind: Gadget\nmetadata: {name: y}\nspec: {free: {a: y, b: on, c: 017, d: 0x1F, e: 1_000, g: 1.0, h: 2001-01-01, n: x}}\n---\nkind: X\n',
        { type: 'application/yaml' },
      ),
      differing(
        post(configMaps, 'metadata: {name: y}\ndata: {a: "yes"}\n', { type: 'application/yaml' }),
        'the path in a decoding error of metadata has no names above',
      ),
      post(configMaps, '{"metadata":{"name":"y2"}}', { type: 'application/yaml' }),
    ],
  },
  {
    says: 'bad options are a 422 of the kind of options [C16]',
    requests: [
      post(`${models}?dryRun=foo`, model('c')),
      post(`${models}?fieldValidation=foo`, model('c')),
      post(`${models}?fieldManager=${'m'.repeat(129)}`, model('c')),
      post(`${configMaps}?dryRun=foo`, named('c')),
    ],
  },
  {
    says: 'unknown and duplicate fields warn in order, are refused when strict, and are never stored [F1, F2]',
    requests: [
      post(
        models,
        '{"apiVersion":"iidp.com/v1","kind":"AppModel","metadata":{"name":"f1","foo":1},"Spec":{},"spec":{"app":"a","app":"b","zz":1,"models":[{"name":"m","version":"1","zz":2}]}}',
      ),
      post(
        `${models}?fieldValidation=Strict`,
        '{"apiVersion":"iidp.com/v1","kind":"AppModel","metadata":{"name":"f2","foo":1},"spec":{"app":"a","app":"b","type":1}}',
      ),
      post(`${models}?fieldValidation=Ignore`, model('f3', {}, { zz: 1 })),
      post(models, model('f4', {}, { type: 'x', models: [{ name: 'm' }] })),
      post(`${models}?fieldValidation=Strict`, model('f5', {}, { type: 'x', models: [{ name: 'm' }] })),
      post(configMaps, named('f6', { zz: 1 })),
      post(`${configMaps}?fieldValidation=Strict`, named('f7', { zz: 1 })),
      post(
        `${models}?fieldValidation=Strict`,
        'apiVersion: iidp.com/v1\nkind: AppModel\nmetadata: {name: f8}\nspec:\n  app: a\n  app: b\n',
        { type: 'application/yaml' },
      ),
    ],
  },
  {
    says: 'defaults are filled in below what is there, and only there; preserved fields keep all, metadata in them too [F5, F6]',
    requests: [
      post(gadgets, gadget('f1', undefined)),
      post(gadgets, gadget('f2', {})),
      post(gadgets, gadget('f3', { inner: {}, items: [{ name: 'a' }], free: { x: null, metadata: { zz: 1 } } })),
    ],
  },
];
