import { getOwn, isObject, type FieldError } from '@kubecast/crd';
import type { KubeObject } from '../../served-resource.ts';

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** What keeps the replicas of a whole object from being a number of things; its path begins with a dot. */
export function scaleErrors(object: KubeObject, paths: ScalePaths): FieldError[] {
  let value: unknown = object;
  for (const [index, name] of paths.specReplicasPath.split('.').slice(1).entries()) {
    if (!isObject(value)) return index === 0 ? [] : [accessorError(paths, value, 'map[string]interface{}')];
    value = getOwn(value, name);
    if (value === undefined) return [];
  }
  return Number.isInteger(value) ? replicaErrors(value, paths) : [accessorError(paths, value, 'int64')];
}

function accessorError(paths: ScalePaths, value: unknown, expected: string): FieldError {
  const type = Number.isInteger(value)
    ? 'int64'
    : typeof value === 'number'
      ? 'float64'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
  const message = `Invalid value: 0: ${paths.specReplicasPath} accessor error: ${shown} is of the type ${type}, expected ${expected}`;
  return { field: paths.specReplicasPath, reason: 'FieldValueInvalid', message };
}

/** What keeps one value from being a number of things. */
export function replicaErrors(replicas: unknown, paths: ScalePaths): FieldError[] {
  if (replicas === undefined || (Number.isInteger(replicas) && (replicas as number) >= 0)) return [];
  return [
    {
      field: paths.specReplicasPath,
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(replicas)}: should be a non-negative integer`,
    },
  ];
}
