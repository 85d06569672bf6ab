import type { ServedResource } from '../../served-resource.ts';
import { ageColumn, builtinResource, column, listAt, nameColumn, textAt } from '../builtin-resource.ts';

export const endpointsResource: ServedResource = builtinResource({
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  type: 'io.k8s.api.core.v1.Endpoints',
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
