import type { ServedResource } from '../served-resource.ts';
import { ageColumn, builtinResource, column, listAt, nameColumn, textAt } from './builtin-resource.ts';
import { atomic, fields, kindSchema, objectReference, text, whole } from './schema-parts.ts';

const address = fields({ ip: text(), hostname: text(), nodeName: text(), targetRef: objectReference }, undefined, {
  required: ['ip'],
  'x-kubernetes-map-type': 'atomic',
});
const subset = fields({
  addresses: atomic(address),
  notReadyAddresses: atomic(address),
  ports: atomic(
    fields({ name: text(), port: whole(), protocol: text(), appProtocol: text() }, undefined, {
      required: ['port'],
      'x-kubernetes-map-type': 'atomic',
    }),
  ),
});

export const endpointsResource: ServedResource = builtinResource({
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  schema: kindSchema('Endpoints is a collection of endpoints that implement the actual service.', {
    subsets: atomic(subset, 'The set of all endpoints is the union of all subsets.'),
  }),
  columns: [
    nameColumn,
    column('Endpoints', (object) => {
      const all = listAt(object, 'subsets').flatMap((one) =>
        listAt(one, 'addresses').flatMap((place) => {
          const ports = listAt(one, 'ports');
          return ports.length === 0 ? [textAt(place, 'ip')] : ports.map((port) => `${textAt(place, 'ip')}:${textAt(port, 'port')}`);
        }),
      );
      return all.length === 0 ? '<none>' : all.length <= 3 ? all.join(',') : `${all.slice(0, 3).join(',')} + ${all.length - 3} more...`;
    }),
    ageColumn,
  ],
  behaviour: {
    prepare(object) {
      for (const one of listAt(object, 'subsets')) for (const port of listAt(one, 'ports')) port['protocol'] ??= 'TCP';
    },
  },
});
