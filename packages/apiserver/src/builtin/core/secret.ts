import { invalidError, isObject, requiredError, setOwn, tooLongError, type FieldError } from '@kubecast/crd';
import type { ServedResource } from '../../served-resource.ts';
import { ageColumn, builtinResource, column, nameColumn, textAt } from '../builtin-resource.ts';
import { immutableErrors } from './config-map.ts';
import { count, DATA_LIMIT, entriesOf, keyErrors, readBase64 } from './data-map.ts';

/** What the types of Secrets hold; basic-auth needs one of its two. */
const neededKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
]);

export const secretResource: ServedResource = builtinResource({
  kind: 'Secret',
  plural: 'secrets',
  type: 'io.k8s.api.core.v1.Secret',
  columns: [nameColumn, column('Type', (object) => textAt(object, 'type')), column('Data', (object) => count(object['data'])), ageColumn],
  behaviour: {
    fields: { type: (object) => textAt(object, 'type') },
    prepare(object) {
      const data = isObject(object['data']) ? object['data'] : {};
      readBase64(object, 'Secret', 'data');
      if (isObject(object['stringData'])) {
        for (const [key, value] of Object.entries(object['stringData'])) setOwn(data, key, Buffer.from(String(value)).toString('base64'));
        object['data'] = data;
      }
      delete object['stringData'];
      if (object['type'] === undefined || object['type'] === '') object['type'] = 'Opaque';
    },
    validate(object, old) {
      const errors: FieldError[] = keyErrors(object, 'data');
      const size = entriesOf(object, 'data').reduce((sum, [, value]) => sum + Buffer.byteLength(String(value), 'base64'), 0);
      if (size > DATA_LIMIT) errors.push(tooLongError('data', DATA_LIMIT));
      const needed = neededKeys.get(textAt(object, 'type')) ?? [];
      // A key that is there may be empty, but for ssh-auth.
      const keys = new Set(entriesOf(object, 'data').flatMap(([key, value]) => (key === 'ssh-privatekey' && value === '' ? [] : [key])));
      errors.push(...needed.filter((key) => !keys.has(key)).map((key) => requiredError(`data[${key}]`)));
      const account = 'kubernetes.io/service-account.name';
      if (textAt(object, 'type') === 'kubernetes.io/service-account-token' && textAt(object, 'metadata', 'annotations', account) === '')
        errors.push(requiredError(`metadata.annotations[${account}]`));
      if (textAt(object, 'type') === 'kubernetes.io/basic-auth' && !keys.has('username') && !keys.has('password'))
        errors.push(requiredError('data[username]'), requiredError('data[password]'));
      if (old !== undefined && old['type'] !== object['type']) errors.push(invalidError('type', object['type'], 'field is immutable'));
      return [...errors, ...immutableErrors(object, old, ['data'])];
    },
  },
});
