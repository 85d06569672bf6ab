import { invalidError, isObject, type FieldError } from '@kubecast/crd';
import { badRequest } from '../../status/status-error.ts';
import type { KubeObject } from '../../served-resource.ts';

/** What the values of a ConfigMap or Secret may have together. */
export const DATA_LIMIT = 1_048_576;

export const count = (value: unknown): number => (isObject(value) ? Object.keys(value).length : 0);

/** The keys and values of a map that may be absent. */
export function entriesOf(object: KubeObject, field: string): readonly (readonly [key: string, value: unknown])[] {
  const value = object[field];
  return isObject(value) ? Object.entries(value) : [];
}

const keyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function keyProblems(key: string): string[] {
  const problems: string[] = [];
  if (Buffer.byteLength(key) > 253) problems.push('must be no more than 253 characters');
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) problems.push(keyRule);
  if (key === '.' || key === '..') problems.push(`must not be '${key}'`);
  else if (key.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** What is wrong with the keys of ConfigMaps and Secrets, which become names of files. */
export function keyErrors(object: KubeObject, field: string): FieldError[] {
  return entriesOf(object, field).flatMap(([key]) => keyProblems(key).map((problem) => invalidError(`${field}[${key}]`, key, problem)));
}

/**
 * Checks that the values of a field are standard base64, and writes them as Go does: without line ends.
 * @throws StatusError 400 in the words of Go's decoder
 */
export function readBase64(object: KubeObject, kind: string, field: string): void {
  const map = object[field];
  if (!isObject(map)) return;
  for (const [key, value] of Object.entries(map)) {
    if (typeof value !== 'string') continue;
    const plain = value.replaceAll(/[\r\n]/g, '');
    const bad = badByte(plain);
    if (bad !== undefined)
      throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: illegal base64 data at input byte ${bad}`);
    map[key] = plain;
  }
}

/** Where Go's decoder stops; undefined if the text is base64 in whole groups of four. */
function badByte(text: string): number | undefined {
  const strange = text.search(/[^A-Za-z0-9+/]/);
  const padding = strange < 0 ? '' : text.slice(strange);
  const body = strange < 0 ? text.length : strange;
  const missing = body % 4;
  if (padding === '') return missing === 0 ? undefined : body - missing;
  // Two or three characters of a group are followed by as much padding as makes it whole, and by nothing else.
  const wanted = missing === 2 ? 2 : missing === 3 ? 1 : 0;
  const found = /^=*/.exec(padding)?.[0].length ?? 0;
  if (wanted === 0 || found === 0) return body;
  if (found < wanted) return padding.length === found ? text.length : body + found;
  return padding.length === wanted ? undefined : body + wanted;
}
