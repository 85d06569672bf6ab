import { forbiddenError, invalidError, isObject, equalJson, type FieldError } from '@kubecast/crd';
import type { KubeObject, ServedResource } from '../../served-resource.ts';
import { ageColumn, builtinResource, column, nameColumn } from '../builtin-resource.ts';

export const configMapResource: ServedResource = builtinResource({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  type: 'io.k8s.api.core.v1.ConfigMap',
  columns: [nameColumn, column('Data', (object) => count(object['data']) + count(object['binaryData'])), ageColumn],
  behaviour: {
    validate(object, old) {
      const errors = [...keyErrors(object, 'data'), ...keyErrors(object, 'binaryData')];
      for (const key of Object.keys(isObject(object['data']) ? object['data'] : {})) {
        if (isObject(object['binaryData']) && Object.hasOwn(object['binaryData'], key))
          errors.push(invalidError(`data[${key}]`, key, 'duplicate of key present in binaryData'));
      }
      if (size(object['data']) + size(object['binaryData']) > 1 << 20)
        errors.push({ field: '[]', reason: 'FieldValueTooLong', message: `Too long: may not be more than ${1 << 20} bytes` });
      return [...errors, ...immutableErrors(object, old, ['data', 'binaryData'])];
    },
  },
});

export const count = (value: unknown): number => (isObject(value) ? Object.keys(value).length : 0);

function size(value: unknown): number {
  return isObject(value)
    ? Object.entries(value).reduce((sum, [key, one]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(one)), 0)
    : 0;
}

export function keyErrors(object: KubeObject, field: string): FieldError[] {
  const value = object[field];
  return Object.keys(isObject(value) ? value : {})
    .filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key) || key === '.' || key === '..' || key.length > 253)
    .map((key) =>
      invalidError(
        `${field}[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ),
    );
}

/** An immutable object keeps its data and stays immutable. */
export function immutableErrors(object: KubeObject, old: KubeObject | undefined, held: readonly string[]): FieldError[] {
  if (old?.['immutable'] !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  return [
    ...(object['immutable'] === true ? [] : [forbiddenError('immutable', why)]),
    ...held.filter((field) => !equalJson(object[field] ?? {}, old[field] ?? {})).map((field) => forbiddenError(field, why)),
  ];
}
