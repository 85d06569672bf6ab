import { forbiddenError, invalidError, isObject, equalJson, tooLongError, type FieldError } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../../served-resource.ts';
import { ageColumn, builtinResource, column, nameColumn } from '../builtin-resource.ts';
import { count, DATA_LIMIT, entriesOf, keyErrors, readBase64 } from './data-map.ts';

export const configMapResource: ServedResource = builtinResource({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  type: 'io.k8s.api.core.v1.ConfigMap',
  columns: [nameColumn, column('Data', (object) => count(object['data']) + count(object['binaryData'])), ageColumn],
  behaviour: {
    prepare: (object) => readBase64(object, 'ConfigMap', 'binaryData'),
    validate(object, old) {
      const errors = [...keyErrors(object, 'data'), ...keyErrors(object, 'binaryData')];
      for (const key of Object.keys(isObject(object['data']) ? object['data'] : {})) {
        if (isObject(object['binaryData']) && Object.hasOwn(object['binaryData'], key))
          errors.push(invalidError(`data[${key}]`, key, 'duplicate of key present in binaryData'));
      }
      const texts = entriesOf(object, 'data').reduce((sum, [, value]) => sum + Buffer.byteLength(String(value)), 0);
      const bytes = entriesOf(object, 'binaryData').reduce((sum, [, value]) => sum + Buffer.byteLength(String(value), 'base64'), 0);
      if (texts + bytes > DATA_LIMIT) errors.push(tooLongError('[]', DATA_LIMIT));
      return [...errors, ...immutableErrors(object, old, ['data', 'binaryData'])];
    },
  },
});

/** An immutable object keeps its data and stays immutable. */
export function immutableErrors(object: KubeObject, old: KubeObject | undefined, held: readonly string[]): FieldError[] {
  if (old?.['immutable'] !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  return [
    ...(object['immutable'] === true ? [] : [forbiddenError('immutable', why)]),
    ...held.filter((field) => !equalJson(object[field] ?? {}, old[field] ?? {})).map((field) => forbiddenError(field, why)),
  ];
}
