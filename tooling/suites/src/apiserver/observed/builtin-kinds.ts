import { configMaps, get, leases, named, patch, post, put, services, type Observation } from './observation.ts';

const slices = '/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices';
const events = '/api/v1/namespaces/NS/events';
const newEvents = '/apis/events.k8s.io/v1/namespaces/NS/events';
const secrets = '/api/v1/namespaces/NS/secrets';
const pods = '/api/v1/namespaces/NS/pods';
const involvedObject = { kind: 'Pod', name: 'p', namespace: 'NS' };
const service = (name: string, spec: object): ReturnType<typeof post> => post(services, named(name, { spec }));
const slice = (name: string, more: object): ReturnType<typeof post> => post(slices, named(name, more));

/** Defaults and checks of the built-in kinds. */
export const builtinKinds: readonly Observation[] = [
  {
    says: 'a Namespace gets its label, its finalizer and a status; its finalizers change by finalize alone [B1]',
    requests: [
      post('/api/v1/namespaces', named('NS-x')),
      patch('/api/v1/namespaces/NS-x', { spec: { finalizers: [] } }),
      get('/api/v1/namespaces/NS-x'),
    ],
  },
  {
    says: 'a Lease wants six digits in its times and positive numbers [B2]',
    requests: [
      post(leases, named('b', { spec: { renewTime: '2026-01-01T00:00:00Z' } })),
      post(leases, named('b', { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } })),
      post(leases, named('b', { spec: { renewTime: '2026-01-01T00:00:00.123456Z', leaseDurationSeconds: 15 } })),
    ],
  },
  {
    says: 'one Event has two forms, by group, with fields and selectors of their own [B3]',
    requests: [
      post(events, named('b', { involvedObject, reason: 'R', message: 'M', type: 'Normal', count: 2, source: { component: 'c' } })),
      get(`${newEvents}/b`),
      post(events, named('b2', { involvedObject: { ...involvedObject, namespace: 'other' } })),
      post(newEvents, named('b3', { regarding: involvedObject, reason: 'R', note: 'N', type: 'Weird' })),
      get(`${events}?fieldSelector=involvedObject.name%3Dp,reason%3DR`),
      get(`${events}?fieldSelector=regarding.name%3Dp`),
      get(`${newEvents}?fieldSelector=regarding.name%3Dp`),
      get(`${newEvents}?fieldSelector=involvedObject.name%3Dp`),
    ],
  },
  {
    says: 'a Service is filled in by its type: cluster address, none, node port, balancer, external name [B4]',
    requests: [
      service('b1', { ports: [{ port: 80 }] }),
      service('b2', { clusterIP: 'None' }),
      service('b3', { type: 'NodePort', ports: [{ port: 80 }] }),
      service('b4', { type: 'LoadBalancer', ports: [{ port: 80 }] }),
      service('b5', { type: 'ExternalName', externalName: 'x.y' }),
    ],
  },
  {
    says: 'a Service without ports, without their names, or with a changed address is refused; an update without the address keeps it [B4]',
    requests: [
      service('b1', {}),
      service('b1', { ports: [{ port: 80 }, { port: 81 }] }),
      service('b1', { ports: [{ port: 80 }] }),
      patch(`${services}/b1`, { spec: { clusterIP: '10.0.0.77' } }),
      put(`${services}/b1`, named('b1', { spec: { ports: [{ port: 82 }] } })),
    ],
  },
  {
    says: 'an EndpointSlice is filled in, and each bad port and address is named [B5]',
    requests: [
      slice('b1', { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'] }], ports: [{ port: 80 }] }),
      slice('b2', { addressType: 'IPv4', endpoints: null, ports: null }),
      slice('b3', { endpoints: [] }),
      slice('b3', { addressType: 'X', endpoints: [] }),
      slice('b3', {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['nope'] }, { addresses: [] }, { addresses: ['127.0.0.1'] }],
        ports: [{}, {}],
      }),
      patch(`${slices}/b1`, { addressType: 'IPv6' }),
    ],
  },
  {
    says: 'an immutable ConfigMap keeps its data and its mark, and takes labels; keys are checked [B6]',
    requests: [
      post(configMaps, named('b', { immutable: true, data: { a: '1' } })),
      patch(`${configMaps}/b`, { data: { a: '2' } }),
      patch(`${configMaps}/b`, { immutable: false }),
      patch(`${configMaps}/b`, { metadata: { labels: { a: 'b' } } }),
      post(configMaps, named('b2', { data: { 'a b': '1' } })),
      post(configMaps, named('b2', { data: { a: '1' }, binaryData: { a: 'AAE=' } })),
    ],
  },
  {
    says: "a Secret's texts come back as data; its type stays, and is checked for what it needs [B6]",
    requests: [
      post(secrets, named('b', { stringData: { a: 'hello' }, data: { b: 'eQ==' } })),
      patch(`${secrets}/b`, { type: 'x' }),
      post(secrets, named('b2', { type: 'kubernetes.io/tls', data: {} })),
      post(secrets, named('b2', { data: { a: '***' } })),
    ],
  },
  {
    says: 'a Pod is filled in; one without containers or without an image is refused [B7]',
    requests: [
      post(pods, named('b', { spec: { containers: [{ name: 'c', image: 'x:1' }] } })),
      post(pods, named('b2', { spec: { containers: [] } })),
      post(pods, named('b2', { spec: { containers: [{ name: 'c' }] } })),
    ],
  },
  {
    says: 'a deprecated kind warns on every request [C17]',
    requests: [
      get('/api/v1/namespaces/NS/endpoints'),
      post('/api/v1/namespaces/NS/endpoints', named('b')),
      get('/api/v1/namespaces/NS/endpoints/b'),
    ],
  },
];
