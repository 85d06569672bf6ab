import { InformerOptionsError } from '../errors.ts';

/** Timers hold 31 bits of milliseconds. */
export const MAX_MS = 2_147_483_647;
const SHOWN = 80;
/** Control characters, and those that change how the text around them is shown. */
const HIDDEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u;

/** A value as an error message shows it: on one line, short, and without its content where it is an object. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const text = JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
      return text.replace(HIDDEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
    }
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? `an array of ${value.length}` : 'an object';
    case 'boolean':
    case 'number':
    case 'undefined':
    default:
      return String(value);
  }
}

/** An option, the value that it was given, and what to give instead. */
export function wrongOption(option: string, value: unknown, instead: string, cause?: unknown): InformerOptionsError {
  return new InformerOptionsError(`${option}: ${shown(value)} cannot work; ${instead}`, cause === undefined ? undefined : { cause });
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object that has no other fields than these. `undefined` counts as an absent field. */
export function checkFields(of: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw wrongOption(of, value, 'give an object of options');
  for (const name of Object.keys(value))
    if (!known.includes(name)) throw new InformerOptionsError(`${of}: there is no option ${shown(name)}; there are: ${known.join(', ')}`);
  return value;
}

/** A number of milliseconds, if it was given. */
export function checkMs(option: string, value: unknown, least: number): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !(value >= least && value <= MAX_MS))
    throw wrongOption(option, value, `give a number of milliseconds from ${least} to ${MAX_MS}`);
}

/** A whole number, if it was given. */
export function checkCount(option: string, value: unknown, least: number, most: number = MAX_MS): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw wrongOption(option, value, `give a whole number from ${least} to ${most}`);
}

export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw wrongOption(option, value, 'give a function');
}

export function checkBoolean(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrongOption(option, value, 'give true or false');
}

/** A text that is not empty, if it was given. */
export function checkText(option: string, value: unknown): void {
  if (value !== undefined && (typeof value !== 'string' || value === '')) throw wrongOption(option, value, 'give a text that is not empty');
}

export function checkSignal(option: string, value: unknown): void {
  if (value === undefined) return;
  if (!isObject(value) || typeof value['aborted'] !== 'boolean' || typeof value['addEventListener'] !== 'function')
    throw wrongOption(option, value, 'give an AbortSignal');
}

/** The name of a cluster is a part of keys and of scope ids. */
export function checkCluster(option: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value.length > 253 || !value.isWellFormed() || /\p{Cc}/u.test(value))
    throw wrongOption(option, value, "give a text of at most 253 characters without control characters, '' for the only cluster");
}

export function isDnsLabel(text: unknown): text is string {
  return typeof text === 'string' && LABEL.test(text);
}

export function isDnsSubdomain(text: unknown): text is string {
  return typeof text === 'string' && text.length <= 253 && SUBDOMAIN.test(text);
}

/** The key of an object, as far as it can be one. */
export function checkKey(option: string, value: unknown): void {
  if (!isObject(value)) throw wrongOption(option, value, 'give { namespace, name }, and `cluster` where there are several');
  const { cluster, namespace, name } = value;
  if (typeof name !== 'string' || name === '') throw wrongOption(`${option}.name`, name, 'give the name of the object');
  if (typeof namespace !== 'string')
    throw wrongOption(`${option}.namespace`, namespace, "give the namespace, '' for a cluster-scoped object");
  if (cluster !== undefined) checkCluster(`${option}.cluster`, cluster);
}
