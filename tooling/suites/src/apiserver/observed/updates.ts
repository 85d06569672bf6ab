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
  patch,
  post,
  put,
  services,
  type Observation,
} from './observation.ts';

/** PUT, and the subresources status and scale. */
export const updates: readonly Observation[] = [
  {
    says: 'an update without a change is no write; a spec or status change of a kind without subresources counts the generation, metadata do not [U1]',
    requests: [
      post(models, model('u')),
      put(`${models}/u`, model('u', { resourceVersion: '{rv}' })),
      put(`${models}/u`, { ...model('u', { resourceVersion: '{rv}' }, { app: 'b' }), status: { phase: 'A' } }),
      put(`${models}/u`, { ...model('u', { resourceVersion: '{rv}' }, { app: 'b' }), status: { phase: 'B' } }),
      put(`${models}/u`, { ...model('u', { resourceVersion: '{rv}', labels: { a: 'b' } }, { app: 'b' }), status: { phase: 'B' } }),
    ],
  },
  {
    says: 'with a status subresource the status in a create or an update of the object is passed over [U1]',
    requests: [
      post(gadgets, { ...gadget('u', { color: 'red' }), status: { phase: 'A' } }),
      put(`${gadgets}/u`, { ...gadget('u', { color: 'red' }, { resourceVersion: '{rv}' }), status: { phase: 'A' } }),
    ],
  },
  {
    says: 'an update without a version is refused for a custom resource and a Lease, taken for a ConfigMap and a Service [U2]',
    requests: [
      post(models, model('u')),
      put(`${models}/u`, model('u')),
      put(`${models}/u`, model('u', { resourceVersion: '0' })),
      post(leases, named('u')),
      put(`${leases}/u`, named('u', { spec: { holderIdentity: 'x' } })),
      post(configMaps, named('u')),
      put(`${configMaps}/u`, named('u', { data: { a: '1' } })),
      post(services, named('u', { spec: { ports: [{ port: 80 }] } })),
      put(`${services}/u`, named('u', { spec: { ports: [{ port: 81 }] } })),
      put(`${models}/u`, model('u', { resourceVersion: 'abc' })),
    ],
  },
  {
    says: 'a stale version and another uid are conflicts; the uid is looked at before the missing version [U3]',
    requests: [
      post(models, model('u')),
      put(`${models}/u`, model('u', { resourceVersion: '1' })),
      put(`${models}/u`, model('u', { resourceVersion: '{rv}', uid: 'zzz' })),
      put(`${models}/u`, model('u', { uid: 'zzz' })),
      post(configMaps, named('u')),
      put(`${configMaps}/u`, { metadata: { name: 'u', resourceVersion: '1' } }),
    ],
  },
  {
    says: 'the name in the body must be that of the path; a collection cannot be updated [U4]',
    requests: [
      post(models, model('u1')),
      put(`${models}/u1`, model('u2', { resourceVersion: '{rv}' })),
      put(`${models}/u1`, model(undefined, { resourceVersion: '{rv}' })),
      put(models, model('u1')),
      patch(models, {}),
      put(configMaps, named('u1')),
      put(`${configMaps}/u1`, named('u2')),
    ],
  },
  {
    says: 'an update of what is not there is a 404, but creates a Lease and a Service [U5]',
    requests: [
      put(`${models}/u`, model('u', { resourceVersion: '5' })),
      put(`${configMaps}/u`, named('u')),
      put(`${leases}/u`, { metadata: { name: 'u', resourceVersion: '5' }, spec: {} }),
      put(`${services}/u`, named('u', { spec: { ports: [{ port: 80 }] } })),
      put(`${leases}/u2`, { metadata: { name: 'u2', uid: 'zzz' }, spec: {} }),
    ],
  },
  {
    says: 'what the server sets cannot be set: times and generation are passed over, the uid is immutable, the generated name may change [U6]',
    requests: [
      post(models, model('u')),
      put(
        `${models}/u`,
        model('u', { resourceVersion: '{rv}', generation: 9, creationTimestamp: '2001-01-01T00:00:00Z', generateName: 'x-' }),
      ),
      patch(`${models}/u`, { metadata: { uid: 'other' } }),
      patch(`${models}/u`, { metadata: { deletionTimestamp: '2001-01-01T00:00:00Z' } }),
      patch(`${models}/u`, { metadata: { deletionGracePeriodSeconds: 3 } }),
    ],
  },
  {
    says: 'an update is checked in order: name and version of the API, existence, uid and version, kind and schema [U8]',
    requests: [
      differing(put(`${models}/u`, { ...model('other'), apiVersion: 'iidp.com/v7' }), noSpecWarning),
      differing(put(`${models}/u`, { ...model('u'), apiVersion: 'iidp.com/v7' }), noSpecWarning),
      put(`${models}/u`, { ...model('u', {}, { app: 5 }), kind: 'Nope' }),
      put(`${models}/u?fieldValidation=Strict`, model('u', {}, { zz: 5 })),
      post(models, model('u')),
      put(`${models}/u`, { ...model('u', { resourceVersion: '1' }, { app: 5 }), kind: 'Nope' }),
      put(`${models}/u`, { ...model('u', { resourceVersion: '{rv}' }, { app: 5 }), kind: 'Nope' }),
      put(`${models}/u`, model('u', { resourceVersion: '{rv}' }, { app: 5 })),
    ],
  },
  {
    says: 'the status is written by itself: nothing else of the body counts, the generation stays, the version is needed, the schema holds [R1]',
    requests: [
      post(gadgets, gadget('u', { color: 'red' })),
      put(`${gadgets}/u/status`, {
        ...gadget('u', { color: 'blue' }, { resourceVersion: '{rv}', labels: { a: 'b' } }),
        status: { phase: 'A' },
      }),
      put(`${gadgets}/u/status`, { ...gadget('u', {}, { resourceVersion: '{rv}' }), status: { phase: 'A' } }),
      patch(`${gadgets}/u/status`, { spec: { color: 'green' }, status: { phase: 'B', zz: 1 } }),
      put(`${gadgets}/u/status`, { ...gadget('u', {}), status: { phase: 'A' } }),
      put(`${gadgets}/u/status`, { ...gadget('u', {}, { resourceVersion: '1' }), status: { phase: 'A' } }),
      patch(`${gadgets}/u/status`, { status: { phase: 5 } }),
      get(`${gadgets}/u/status`),
      patch(`${gadgets}/missing/status`, { status: { phase: 'A' } }),
    ],
  },
  {
    says: 'the scale shows and sets the replicas alone, with or without a version; without replicas it is an internal error [R2]',
    requests: [
      post(gadgets, gadget('u', { replicas: 2 })),
      get(`${gadgets}/u/scale`),
      patch(`${gadgets}/u/scale`, { spec: { replicas: 3 } }),
      get(`${gadgets}/u`),
      put(`${gadgets}/u/scale`, { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'u' }, spec: { replicas: 4 } }),
      put(`${gadgets}/u/scale`, {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'u', resourceVersion: '1' },
        spec: { replicas: 5 },
      }),
      patch(`${gadgets}/u/scale`, { spec: { replicas: -1 } }),
      post(gadgets, gadget('none', { color: 'red' })),
      get(`${gadgets}/none/scale`),
      get(`${gadgets}/missing/scale`),
    ],
  },
];
