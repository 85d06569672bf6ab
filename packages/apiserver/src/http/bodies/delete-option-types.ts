import { isObject } from '@kubecast/crd';
import type { KubeObject } from '../../served-resource.ts';
import { badRequest } from '../../status/status-error.ts';

const isText = (value: unknown): boolean => typeof value === 'string';
const isWhole = (value: unknown): boolean => Number.isInteger(value);

/** The fields of DeleteOptions, each with its Go type and what a value of it is. */
const fields: Readonly<Record<string, readonly [type: string, fits: (value: unknown) => boolean]>> = {
  gracePeriodSeconds: ['int64', isWhole],
  preconditions: ['v1.Preconditions', isObject],
  orphanDependents: ['bool', (value) => typeof value === 'boolean'],
  propagationPolicy: ['v1.DeletionPropagation', isText],
  dryRun: ['[]string', Array.isArray],
};

/**
 * Options of a wrong type are refused before anything is deleted: `dryRun: "All"` is no list, and must not be read as no dry run.
 * @throws StatusError 400 in the words of Go's decoder
 */
export function checkDeleteOptionTypes(given: KubeObject): void {
  for (const [name, [type, fits]] of Object.entries(fields)) check(given, name, `DeleteOptions.${name}`, type, fits);
  if (Array.isArray(given['dryRun']))
    for (const one of given['dryRun'] as unknown[])
      if (one !== null && !isText(one)) throw undecodable(one, 'DeleteOptions.dryRun', 'string');
  const preconditions = given['preconditions'];
  if (!isObject(preconditions)) return;
  check(preconditions, 'uid', 'Preconditions.preconditions.uid', 'types.UID', isText);
  check(preconditions, 'resourceVersion', 'Preconditions.preconditions.resourceVersion', 'string', isText);
}

function check(object: KubeObject, name: string, place: string, type: string, fits: (value: unknown) => boolean): void {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  if (value !== undefined && value !== null && !fits(value)) throw undecodable(value, place, type);
}

function undecodable(value: unknown, place: string, type: string): Error {
  return badRequest(`json: cannot unmarshal ${found(value, type)} into Go struct field ${place} of type ${type}`);
}

function found(value: unknown, type: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  // A number of the wrong kind is shown, one in the place of something else is not.
  return typeof value === 'number' && type === 'int64' ? `number ${value}` : typeof value;
}
