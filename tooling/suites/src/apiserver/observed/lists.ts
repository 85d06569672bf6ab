import { configMaps, differing, gadget, gadgets, get, model, models, named, post, tableOf, type Observation } from './observation.ts';

const three = [
  post(models, model('a', { labels: { t: '1' } })),
  post(models, model('b')),
  post(models, model('c', { labels: { t: '2' } })),
];
const metadataOf = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
const metadataListOf = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

/** GET and LIST with their options, selectors and forms, and what a watch refuses before it starts. */
export const lists: readonly Observation[] = [
  {
    says: 'what is not there is named; a version of 0 or of the past is fine for a GET, a bad one is a 500 [L1]',
    requests: [
      get(`${models}/nope`),
      get(`${configMaps}/nope`),
      post(models, model('a')),
      // Read at its own version first: a server's cache may be behind what was just written.
      get(`${models}/a?resourceVersion={rv}`),
      get(`${models}/a?resourceVersion=0`),
      get(`${models}/a?resourceVersion=1`),
      get(`${models}/a?resourceVersion=abc`),
      get(`${models}/a?watch=1`),
    ],
  },
  {
    says: 'items of a custom kind say what they are, those of a built-in kind do not; an empty list is an empty array [L2]',
    requests: [get(models), get(configMaps), ...three, post(configMaps, named('x')), get(models), get(configMaps)],
  },
  {
    says: 'a list comes in pages, whose token is refused beside a version; at version 0 the limit is passed over [L4, L8]',
    requests: [
      ...three,
      get(`${models}?limit=2`),
      get(`${models}?limit=2&continue={continue}&resourceVersion=5`),
      get(`${models}?limit=2&continue={continue}&resourceVersion=0`),
      get(`${models}?limit=2&continue={continue}`),
      get(`${models}?limit=1&resourceVersion=0`),
      get(`${models}?limit=-1`),
      get(`${models}?limit=abc`),
      get(`${models}?limit=1&labelSelector=t`),
    ],
  },
  {
    says: 'a version of the future is a 504 after a while, with when to come back [L5, E15]',
    requests: [get(`${models}?resourceVersion=99999999`, { shows: ['retry-after'] })],
  },
  { says: 'a bad version of a list is a 400 [L6]', requests: [get(`${models}?resourceVersion=abc`), get(`${models}?resourceVersion=-1`)] },
  {
    says: 'bad continue tokens are told by what is wrong in them [L10]',
    requests: [
      get(`${models}?continue=%21%21`),
      get(`${models}?continue=e30`),
      get(`${models}?continue=eyJ2IjoidjkiLCJydiI6NSwic3RhcnQiOiJhIn0`),
      get(`${models}?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NSwic3RhcnQiOiIifQ`),
      get(`${models}?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0`),
    ],
  },
  {
    says: 'options of a list that do not go together are refused one by one [L11]',
    requests: [
      get(`${models}?resourceVersionMatch=Exact`),
      get(`${models}?resourceVersionMatch=Exact&resourceVersion=0`),
      get(`${models}?resourceVersionMatch=Foo&resourceVersion=1`),
      get(`${models}?resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=x`),
      get(`${models}?sendInitialEvents=true`),
    ],
  },
  {
    says: 'label selectors choose by presence, value and set, and are refused in the words of the parser [L12]',
    requests: [
      ...three,
      ...[
        't',
        '!t',
        't=1',
        't==1',
        't!=1',
        't in (1,2)',
        't notin (1)',
        't>1',
        't<2',
        'a b',
        't=1,,',
        't in',
        't=a b',
        '-x=1',
        't>x',
        't in (1',
      ].map((selector) => get(`${models}?labelSelector=${encodeURIComponent(selector)}`, { accept: metadataListOf })),
    ],
  },
  {
    says: 'field selectors know name, namespace and what the CRD selects by; other fields are refused in the words of each kind [L13]',
    requests: [
      post(gadgets, gadget('a', { color: 'red' })),
      post(gadgets, gadget('b', { size: 'S' })),
      ...[
        'metadata.name=a',
        'metadata.namespace==NS,metadata.name!=a',
        'spec.color=red',
        'spec.color!=red',
        'spec.color=',
        'spec.size=S',
        'metadata.name',
      ].map((selector) => get(`${gadgets}?fieldSelector=${encodeURIComponent(selector)}`, { accept: metadataListOf })),
      get(`${configMaps}?fieldSelector=foo%3Dbar`),
    ],
  },
  {
    says: 'options of a watch that do not go together are refused before it starts [W5, W8, W1]',
    requests: [
      get(`${models}?watch=1&sendInitialEvents=true`),
      get(`${models}?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact`),
      get(`${models}?watch=1&resourceVersionMatch=NotOlderThan`),
      get(`${models}?watch=1&resourceVersion=abc`),
      get(`${models}?watch=1&timeoutSeconds=abc`),
      get(`${models}?watch=1&continue=x`),
      differing(get(`${models}?watch=1`, { accept: 'application/yaml' }), 'a Status is always written in JSON'),
    ],
  },
  {
    says: 'a Table of a kind without columns has name and age; rows hold the metadata, the object or nothing, as asked [T1, T2, T4]',
    requests: [
      get(models, { accept: tableOf }),
      post(models, model('a'), { accept: tableOf }),
      get(`${models}/a`, { accept: tableOf }),
      get(`${models}/a?includeObject=None`, { accept: tableOf }),
      get(`${models}?includeObject=Object`, { accept: tableOf }),
      get(`${models}?includeObject=Foo`, { accept: tableOf }),
      get(`${models}/nope`, { accept: tableOf }),
      get(models, { accept: 'application/json;as=Table;v=v1beta1;g=meta.k8s.io' }),
    ],
  },
  {
    says: 'metadata alone has a form for one object and one for a list, and a list in the first form is refused [T5]',
    requests: [
      get(models, { accept: metadataListOf }),
      post(models, model('a')),
      get(`${models}/a`, { accept: metadataOf }),
      get(models, { accept: metadataListOf }),
      get(models, { accept: metadataOf }),
      get(models, { accept: 'application/json;as=Foo;v=v1;g=meta.k8s.io' }),
      get(models, { accept: 'application/json;as=Foo;v=v1;g=meta.k8s.io,application/json' }),
    ],
  },
  {
    says: 'built-in kinds have the columns that kubectl shows [T6]',
    requests: [
      '/api/v1/namespaces/NS/configmaps',
      '/api/v1/namespaces/NS/secrets',
      '/api/v1/namespaces/NS/serviceaccounts',
      '/api/v1/namespaces/NS/services',
      '/api/v1/namespaces/NS/pods',
      '/api/v1/namespaces/NS/events',
      '/apis/coordination.k8s.io/v1/namespaces/NS/leases',
      '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices',
    ].map((path) => get(path, { accept: tableOf })),
  },
];
