import { badCrd, crds, schemaOfField } from './kinds.ts';
import {
  configMaps,
  get,
  jsonPatch,
  model,
  models,
  named,
  patch,
  post,
  put,
  remove,
  type Observation,
  type ObservedRequest,
} from './observation.ts';

let count = 0;
/** A CRD that is refused for what is in its version or its spec. */
const refused = (version: object, spec: object = {}): ObservedRequest => {
  const letter = String.fromCharCode(97 + (count++ % 26));
  const plural = `odd${letter}${Math.floor(count / 26)}s`;
  return post(crds, badCrd({ plural, kind: `Odd${letter}` }, version as Record<string, unknown>, spec as Record<string, unknown>));
};
const field = (schema: Record<string, unknown>): ObservedRequest => refused(schemaOfField('f', schema));
const root = (schema: object): ObservedRequest => refused({ schema: { openAPIV3Schema: { type: 'object', ...schema } } });
const text = { type: 'string' };
const patched = (...operations: unknown[]): ObservedRequest => patch(`${models}/p`, operations, jsonPatch);

/** Input that no client library sends, and what must not be taken for something else. */
export const oddInput: readonly Observation[] = [
  {
    says: 'DeleteOptions of a wrong type are refused, and nothing is deleted',
    requests: [
      post(configMaps, named('a')),
      remove(`${configMaps}/a`, { dryRun: 'All' }),
      remove(`${configMaps}/a`, { dryRun: [1] }),
      remove(`${configMaps}/a`, { preconditions: [] }),
      remove(`${configMaps}/a`, { preconditions: { uid: 5 } }),
      remove(`${configMaps}/a`, { gracePeriodSeconds: 'x' }),
      remove(`${configMaps}/a`, { gracePeriodSeconds: 1.5 }),
      remove(`${configMaps}/a`, { orphanDependents: 'x' }),
      remove(`${configMaps}/a`, { propagationPolicy: 5 }),
      get(`${configMaps}/a`),
      remove(`${configMaps}/a`, 'null'),
    ],
  },
  {
    says: 'a JSON patch counts negative indexes from the end, takes an absent value as null, and knows null operations',
    requests: [
      post(models, model('p', {}, { models: ['a', 'b', 'c'].map((name) => ({ name, version: '1' })) })),
      patched({ op: 'remove', path: '/spec/models/-1' }),
      patched({ op: 'replace', path: '/spec/models/00/version', value: '2' }),
      patched({ op: 'remove', path: '/spec/models/-3' }),
      patched({ op: 'add', path: '/spec/app' }),
      patched(null),
      patched(1),
      patched([]),
      patch(`${models}/p`, 'null', jsonPatch),
      patch(`${models}/p`, '"x"', jsonPatch),
    ],
  },
  {
    says: 'a name in a message is quoted as in Go',
    requests: [
      post(configMaps, named('a\u0000b')),
      post(models, model('a\n"\\')),
      get(`${configMaps}/a%00b`),
      remove(`${models}/a%00b`),
      get(`${configMaps}?fieldSelector=a%00b%3Dc`),
      post(`${configMaps}?fieldValidation=Strict`, named('z', { 'f\u0000': 1 })),
    ],
  },
  {
    says: 'metadata are decoded: whole numbers, and a null among finalizers and owners is an empty one',
    requests: [
      post(models, model('m', { generation: 'x' })),
      post(models, model('m', { generation: 1.5 })),
      post(models, model('m', { finalizers: [null] })),
      post(models, model('m', { ownerReferences: [null] })),
      post(models, model('m')),
      put(`${models}/m`, model('m', { resourceVersion: '99999999999999999999' })),
      put(`${models}/m`, model('m', { resourceVersion: '{rv}', deletionTimestamp: '2020-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 })),
      put(`${models}/m?fieldManager=%C3%A9%0A`, model('m')),
    ],
  },
  {
    says: 'a YAML anchor that contains itself is refused',
    requests: [post(configMaps, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: j}\ndata: &x {a: *x}\n', { type: 'application/yaml' })],
  },
  {
    says: 'an Event of events.k8s.io is selected by its reportingController',
    requests: [
      post('/apis/events.k8s.io/v1/namespaces/NS/events', {
        metadata: { name: 'e' },
        regarding: { kind: 'Pod', name: 'p', namespace: 'NS' },
        reason: 'R',
        type: 'Normal',
        eventTime: '2026-01-01T00:00:00.123456Z',
        action: 'A',
        reportingController: 'c',
        reportingInstance: 'i',
      }),
      get('/apis/events.k8s.io/v1/namespaces/NS/events?fieldSelector=reportingController%3Dc'),
      get('/apis/events.k8s.io/v1/namespaces/NS/events?fieldSelector=reportingController%3Dd'),
      get('/apis/events.k8s.io/v1/namespaces/NS/events?fieldSelector=reportingController!%3Dc'),
    ],
  },
  {
    says: 'a CRD is refused for the names of its kind and its versions',
    requests: [
      refused({ name: 'V1' }),
      refused({ name: '' }),
      refused({ deprecationWarning: 'x' }),
      refused({ deprecated: true, deprecationWarning: 'a\u0000b' }),
      refused({}, { names: { plural: 'ods', kind: 'a b', singular: 'A', listKind: 'L L', shortNames: ['A'], categories: ['X'] } }),
      refused({}, { names: { plural: 'ods', kind: 'Od', listKind: 'Od' } }),
      refused({}, { group: 'A.b' }),
    ],
  },
  {
    says: 'a CRD is refused for paths, columns, selectable fields and a conversion that cannot be',
    requests: [
      refused({ subresources: { scale: {} } }),
      refused({ subresources: { scale: { specReplicasPath: 'spec.r', statusReplicasPath: '.spec.r', labelSelectorPath: '.x' } } }),
      refused({ additionalPrinterColumns: [{}] }),
      refused({ additionalPrinterColumns: [{ name: 'a', type: 'x', format: 'bad', jsonPath: '{.a}' }] }),
      refused({ selectableFields: [{ jsonPath: '.spec.x' }, { jsonPath: 'spec' }, { jsonPath: '' }, { jsonPath: '.spec.l[0]' }] }),
      refused({}, { conversion: { strategy: 'X' } }),
      refused({}, { conversion: { strategy: 'Webhook' } }),
      refused({}, { preserveUnknownFields: true }),
    ],
  },
  {
    says: 'a CRD is refused for a schema with a wrong type, extension or keyword',
    requests: [
      field({ type: 'objekt' }),
      field({ type: 'null' }),
      field({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' }),
      field({ type: 'array', items: { ...text, nullable: true }, 'x-kubernetes-list-type': 'set' }),
      field({ type: 'array', items: text, 'x-kubernetes-list-type': 'bag' }),
      field({ type: 'array', items: text, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] }),
      field({
        type: 'array',
        items: { type: 'object', required: ['a'], properties: { a: { ...text, nullable: true } } },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['a', 'a'],
      }),
      field({ type: 'object', 'x-kubernetes-map-type': 'set' }),
      field({ type: 'string', 'x-kubernetes-map-type': 'atomic' }),
      field({ type: 'string', 'x-kubernetes-preserve-unknown-fields': false }),
      field({ type: 'string', allOf: [{ 'x-kubernetes-preserve-unknown-fields': true }] }),
      field({ type: 'object', patternProperties: { a: {} } }),
      field({ type: 'object', definitions: { a: text } }),
      field({ type: 'object', 'x-kubernetes-embedded-resource': true, properties: { kind: { type: 'integer' } } }),
      root({ nullable: true }),
      root({ properties: { kind: { type: 'integer' } } }),
      root({ properties: { metadata: text } }),
      root({ properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } }),
      root({ properties: { metadata: { type: 'object', required: ['name'], properties: { name: text } } } }),
    ],
  },
];
