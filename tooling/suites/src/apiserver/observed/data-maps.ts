import { configMaps, gadget, gadgets, named, patch, post, put, services, type Observation, type ObservedRequest } from './observation.ts';

const secrets = '/api/v1/namespaces/NS/secrets';
const config = (name: string, more: object): ObservedRequest => post(configMaps, named(name, more));
const secret = (name: string, type: string, more: object = {}): ObservedRequest => post(secrets, named(name, { type, ...more }));
const service = (name: string, spec: object): ObservedRequest => post(services, named(name, { spec }));

/** What ConfigMaps and Secrets may hold, what a Service may ask for, and finalizers of custom resources. */
export const dataMaps: readonly Observation[] = [
  {
    says: 'keys of a ConfigMap can be names of files, and its values have a mebibyte together',
    requests: [
      config('k1', { data: { '..': 'x' } }),
      config('k2', { data: { '.': 'x' } }),
      config('k3', { data: { '..a': 'x' } }),
      config('k4', { data: { ['k'.repeat(254)]: 'x' } }),
      config('k5', { data: { a: 'x'.repeat(1_048_577) } }),
      config('k6', { data: { a: 'x'.repeat(1_048_570) }, binaryData: { b: 'AAAAAAAAAAA=' } }),
    ],
  },
  {
    says: 'binary data is base64 in whole groups of four, of which line ends are no part',
    requests: [
      config('b1', { binaryData: { a: '%%%' } }),
      config('b2', { binaryData: { a: 'YQ==' } }),
      config('b3', { binaryData: { a: 'YQ=' } }),
      config('b4', { binaryData: { a: 'YWJj\nYWJj' } }),
      config('b5', { binaryData: { a: 'YWJ' } }),
      config('b6', { binaryData: { a: 'YWJjZ' } }),
      secret('b7', 'Opaque', { data: { a: 'YQ' } }),
      secret('b8', 'Opaque', { data: { a: 'YWJj*' } }),
    ],
  },
  {
    says: 'a Secret holds what its type needs, and at most a mebibyte',
    requests: [
      secret('s1', 'kubernetes.io/dockerconfigjson'),
      secret('s2', 'kubernetes.io/dockercfg'),
      secret('s3', 'kubernetes.io/basic-auth'),
      secret('s4', 'kubernetes.io/basic-auth', { data: { username: '' } }),
      secret('s5', 'kubernetes.io/ssh-auth', { data: { 'ssh-privatekey': '' } }),
      secret('s6', 'kubernetes.io/service-account-token'),
      secret('s7', 'Opaque', { stringData: { a: 'x'.repeat(1_048_577) } }),
      secret('s8', 'my/own', { data: { '../a': 'YQ==' } }),
    ],
  },
  {
    says: 'a Service asks for an affinity, an address and node ports that there are',
    requests: [
      service('v1', { ports: [{ port: 80 }], sessionAffinity: 'Foo' }),
      service('v2', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }),
      service('v3', { clusterIP: '1.2.3', ports: [{ port: 80 }] }),
    ],
  },
  {
    says: 'a finalizer of a custom resource needs no domain, and a new one without it brings a warning',
    requests: [
      post(gadgets, gadget('f1', {}, { finalizers: ['plain'] })),
      patch(`${gadgets}/f1`, { metadata: { finalizers: ['plain', 'other'] } }),
      patch(`${gadgets}/f1`, { metadata: { labels: { a: 'b' } } }),
      patch(`${gadgets}/f1`, { metadata: { finalizers: ['x y'] } }),
      put(`${gadgets}/f1`, gadget('f1', {}, { resourceVersion: '{rv}', finalizers: ['a.example/b'] })),
      patch(`${gadgets}/f1`, { metadata: { finalizers: null } }),
    ],
  },
];
