import { ApiServerError } from '../errors.ts';
import type { Fault, FaultMatch, FaultVerb } from './fault.ts';

type Check = (value: unknown) => string | undefined;

const count: Check = (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number, 0 or more');
/** A timer holds 31 bits of milliseconds. */
const milliseconds: Check = (value) =>
  typeof value === 'number' && value >= 0 && value < 2 ** 31 ? undefined : 'a number of milliseconds from 0 to 2,147,483,647';
const text: Check = (value) => (typeof value === 'string' ? undefined : 'a text');
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value) ? undefined : `one of ${values.join(', ')}`;
interface Field {
  readonly check: Check;
  readonly required?: boolean;
}

const afterEvents: Field = { check: count };
const fields: { readonly [type in Fault['type']]: Readonly<Record<string, Field>> } = {
  drop: { afterEvents },
  stall: { afterEvents },
  slow: { ms: { check: milliseconds, required: true } },
  status: {
    code: { check: oneOf(401, 403, 404, 409, 410, 429, 500, 503, 504), required: true },
    retryAfterSeconds: { check: count },
    message: { check: text },
  },
  'watch-error': { code: { check: oneOf(410, 500), required: true }, afterEvents },
  'missing-bookmark': { which: { check: oneOf('initial-events-end', 'periodic', 'all') } },
  truncate: { afterEvents },
  'end-watch': { afterEvents },
  lag: { revisions: { check: count }, ms: { check: milliseconds } },
};

const verbs: readonly FaultVerb[] = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const verb: Check = (value) => {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  return given.length > 0 && given.every((one) => (verbs as readonly unknown[]).includes(one))
    ? undefined
    : `one of ${verbs.join(', ')}, or a list of them`;
};
const plural: Check = (value) =>
  typeof value === 'string' && !/[A-Z/]/.test(value) ? undefined : 'the plural of a kind as it stands in a path, such as configmaps';

const matches: { readonly [name in keyof Required<FaultMatch>]: Field } = {
  verb: { check: verb },
  group: { check: text },
  resource: { check: plural },
  namespace: { check: text },
  name: { check: text },
  subresource: { check: text },
  user: { check: text },
  times: { check: (value) => (Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'a whole number, at least 1') },
};

/**
 * A fault that is misspelt would strike nobody, and the test that relies on it would pass for nothing; one with a wrong value would strike otherwise.
 *
 * @throws ApiServerError ERR_APISERVER_OPTION, which names the field and what it takes
 */
export function checkFault(fault: unknown, match: unknown): void {
  const { type } = objectOf(fault, "a fault such as { type: 'drop' }") as { readonly type?: unknown };
  if (typeof type !== 'string' || !Object.hasOwn(fields, type))
    refuse(`the type of a fault must be one of ${Object.keys(fields).join(', ')}`);
  checkFields(`the fault ${type}`, fault as object, { type: { check: text }, ...fields[type as Fault['type']] });
  checkFields('the match of a fault', objectOf(match, "a match such as { verb: 'list' }"), matches);
}

function checkFields(what: string, given: object, known: Readonly<Record<string, Field>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(known, name))
      refuse(`${what} has no field ${JSON.stringify(name.slice(0, 100))}; it has ${Object.keys(known).join(', ')}`);
    const wanted = known[name]?.check(value);
    if (wanted !== undefined) refuse(`${what}: ${name} must be ${wanted}`);
  }
  for (const [name, { check, required }] of Object.entries(known))
    if (required === true && (given as Readonly<Record<string, unknown>>)[name] === undefined)
      refuse(`${what}: ${name} is missing; it must be ${check(undefined) ?? 'given'}`);
}

function objectOf(value: unknown, wanted: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`faults.add takes ${wanted}`);
  return value;
}

function refuse(problem: string): never {
  throw new ApiServerError('ERR_APISERVER_OPTION', problem);
}
