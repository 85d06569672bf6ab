import type { FaultVerb } from '../faults/fault.ts';
import type { ResourcePath } from '../routing/resource-path.ts';
import { badRequest } from '../status/status-error.ts';
import { isWatch } from '../verbs/reads/list-options.ts';

/** The API verb of a request for a resource; undefined for a method that has none. */
export function verbOf(method: string, path: ResourcePath, query: URLSearchParams): FaultVerb | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (path.watch || (path.name === undefined && isWatch({ path, query }))) return 'watch';
      return path.name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name === undefined ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

const duration = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/;

/**
 * Checks the parameter `timeout`, which kubectl sends on every request. No request here takes long enough to need it, but the real server refuses
 * a value that is not a duration. It ignores the parameter of a watch.
 * @throws StatusError 400
 */
export function checkTimeout(text: string | null): void {
  if (text === null || text === '' || duration.test(text)) return;
  const why = /^[+-]?\d+(?:\.\d*)?$/.test(text) ? 'missing unit in duration' : 'invalid duration';
  throw badRequest(`invalid timeout specified in the request URL - time: ${why} ${JSON.stringify(text)}`);
}
