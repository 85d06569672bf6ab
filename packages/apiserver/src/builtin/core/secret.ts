import { invalidError, isObject, requiredError, setOwn, type FieldError } from '@kubecast/crd';
import { badRequest } from '../../status/status-error.ts';
import type { ServedResource } from '../../served-resource.ts';
import { ageColumn, builtinResource, column, nameColumn, textAt } from '../builtin-resource.ts';
import { count, immutableErrors, keyErrors } from './config-map.ts';

export const secretResource: ServedResource = builtinResource({
  kind: 'Secret',
  plural: 'secrets',
  type: 'io.k8s.api.core.v1.Secret',
  columns: [nameColumn, column('Type', (object) => textAt(object, 'type')), column('Data', (object) => count(object['data'])), ageColumn],
  behaviour: {
    fields: { type: (object) => textAt(object, 'type') },
    prepare(object) {
      const data = isObject(object['data']) ? object['data'] : {};
      for (const value of Object.values(data)) checkBase64(value);
      if (isObject(object['stringData'])) {
        for (const [key, value] of Object.entries(object['stringData'])) setOwn(data, key, Buffer.from(String(value)).toString('base64'));
        object['data'] = data;
      }
      delete object['stringData'];
      if (object['type'] === undefined || object['type'] === '') object['type'] = 'Opaque';
    },
    validate(object, old) {
      const errors: FieldError[] = keyErrors(object, 'data');
      if (object['type'] === 'kubernetes.io/tls') {
        for (const key of ['tls.crt', 'tls.key'])
          if (!isObject(object['data']) || !Object.hasOwn(object['data'], key)) errors.push(requiredError(`data[${key}]`));
      }
      if (old !== undefined && old['type'] !== object['type']) errors.push(invalidError('type', object['type'], 'field is immutable'));
      return [...errors, ...immutableErrors(object, old, ['data'])];
    },
  },
});

function checkBase64(value: unknown): void {
  if (typeof value !== 'string' || /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(value)) return;
  throw badRequest(
    `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${value.search(/[^A-Za-z0-9+/=\r\n]/)}`,
  );
}
