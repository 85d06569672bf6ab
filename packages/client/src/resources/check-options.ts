import { RequestError } from '../errors.ts';
import { shown } from '../calls/api-path.ts';
import { isSignal } from '../calls/check-request.ts';

/** What an option must be; undefined where the value is that. */
type Rule = (value: unknown) => string | undefined;
export type Rules = Readonly<Record<string, Rule>>;

const text: Rule = (value) => (typeof value === 'string' ? undefined : 'a string');
const flag: Rule = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const signal: Rule = (value) => (isSignal(value) ? undefined : 'an AbortSignal');
const size: Rule = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? undefined : 'a number that is not negative';
const count: Rule = (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number that is not negative');
function oneOf(...values: readonly string[]): Rule {
  return (value) => (values.includes(value as string) ? undefined : values.map((each) => JSON.stringify(each)).join(' or '));
}

export const callRules: Rules = { signal, deadlineMs: size, priority: oneOf('high', 'normal', 'low'), namespace: text, accept: text };
/** Of a question about the server itself. */
export const askRules: Rules = { signal, deadlineMs: size };
export const placeRules: Rules = { namespace: text };
export const tableRules: Rules = { includeObject: oneOf('None', 'Metadata', 'Object') };
export const getRules: Rules = { ...callRules, resourceVersion: text };
/** Of a get that may name a subresource. */
export const subGetRules: Rules = { ...getRules, subresource: text };
export const pageRules: Rules = {
  resourceVersion: text,
  resourceVersionMatch: oneOf('Exact', 'NotOlderThan'),
  labelSelector: text,
  fieldSelector: text,
  limit: count,
};
export const listRules: Rules = { ...callRules, ...pageRules, whenExpired: oneOf('throw', 'continue') };
export const watchRules: Rules = {
  signal,
  resourceVersion: text,
  resourceVersionMatch: oneOf('NotOlderThan'),
  labelSelector: text,
  fieldSelector: text,
  timeoutSeconds: count,
  allowWatchBookmarks: flag,
  sendInitialEvents: flag,
};
export const writeRules: Rules = {
  ...callRules,
  fieldManager: text,
  dryRun: flag,
  fieldValidation: oneOf('Ignore', 'Warn', 'Strict'),
  validate: flag,
  subresource: text,
};
export const patchRules: Rules = { ...writeRules, kind: oneOf('json', 'merge', 'strategic') };
export const applyRules: Rules = { ...writeRules, force: flag };
export const deleteRules: Rules = {
  ...callRules,
  preconditions: (value) => preconditions(value),
  propagationPolicy: oneOf('Background', 'Foreground', 'Orphan'),
  gracePeriodSeconds: count,
  dryRun: flag,
};
export const deleteCollectionRules: Rules = { ...deleteRules, labelSelector: text, fieldSelector: text, all: flag };

/**
 * Throws RequestError for an option of the wrong type and for one that does not exist: a misspelt `dryRun` would write, a misspelt selector would
 * delete everything. An option that is undefined is absent.
 */
export function checkOptions(call: string, options: unknown, rules: Rules): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new RequestError(`${call}: the options are ${shown(options)}; expected an object`);
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined)
      throw new RequestError(
        `${call}: there is no option ${JSON.stringify(name.slice(0, 100))}; there are ${Object.keys(rules).join(', ')}`,
      );
    const expected = value === undefined ? undefined : rule(value);
    if (expected !== undefined) throw new RequestError(`${call}: ${name} is ${shown(value)}; expected ${expected}`);
  }
}

// A precondition that is undefined would be left out of the body, and the delete would have none.
function preconditions(value: unknown): string | undefined {
  const expected = 'an object with uid or resourceVersion, which are strings that are not empty';
  if (typeof value !== 'object' || value === null) return expected;
  const entries = Object.entries(value);
  const fits = entries.every(([name, own]) => (name === 'uid' || name === 'resourceVersion') && typeof own === 'string' && own !== '');
  return entries.length > 0 && fits ? undefined : expected;
}
