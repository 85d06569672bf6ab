import { LabelSelectorError } from '../store-error.ts';
import type { LabelRequirement } from './label-selector.ts';

const NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const INTEGER = /^[+-]?[0-9]+$/;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const encoder = new TextEncoder();
const byteLength = (text: string): number => encoder.encode(text).length;

/** The number that a text is to strconv.ParseInt(text, 10, 64): undefined if it is none, or does not fit into 64 bits. */
export function parseInt64(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const number = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return number > MAX_INT64 || number < MIN_INT64 ? undefined : number;
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A text as Go's %q writes it, so that nothing of it is invisible. */
function quoted(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (SHORT[char] !== undefined) out += SHORT[char];
    else if (char === ' ' || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(char)) out += char;
    else if (code < 0x80) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else out += code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return `"${out}"`;
}

function invalid(path: string, value: string, why: string): string {
  return `${path}: Invalid value: ${quoted(value)}: ${why}`;
}

/** What is wrong with a label's key; undefined: nothing. */
export function keyProblem(key: string, path: string): string | undefined {
  const parts = key.split('/');
  if (parts.length > 2)
    return invalid(path, key, `a valid label key ${NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`);
  const wrong: string[] = [];
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') wrong.push('prefix part must be non-empty');
    else {
      if (byteLength(prefix) > 253) wrong.push('prefix part must be no more than 253 bytes');
      if (!SUBDOMAIN.test(prefix)) wrong.push(`prefix part ${SUBDOMAIN_RULE}`);
    }
  }
  if (name === '') wrong.push('name part must be non-empty');
  else if (byteLength(name) > 63) wrong.push('name part must be no more than 63 bytes');
  if (!NAME.test(name)) wrong.push(`name part ${NAME_RULE}`);
  return wrong.length === 0 ? undefined : invalid(path, key, wrong.join('; '));
}

function valueProblem(key: string, value: string, index: number): string | undefined {
  const wrong: string[] = [];
  if (byteLength(value) > 63) wrong.push('must be no more than 63 bytes');
  if (value !== '' && !NAME.test(value)) wrong.push(VALUE_RULE);
  return wrong.length === 0 ? undefined : invalid(`values[${index}][${key}]`, value, wrong.join('; '));
}

/** Go's list of texts, as an error shows it. */
const listed = (values: readonly string[]): string => `[${values.map(quoted).join(',')}]`;

/**
 * A requirement by the rules of apimachinery's NewRequirement.
 * @throws LabelSelectorError with its words, `prefix` before them.
 */
export function newRequirement(requirement: LabelRequirement, prefix: string): LabelRequirement {
  const { key, operator, values } = requirement;
  const problems: (string | undefined)[] = [keyProblem(key, 'key')];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      problems.push(`values: Invalid value: ${listed(values)}: for 'in', 'notin' operators, values set can't be empty`);
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      problems.push(`values: Invalid value: ${listed(values)}: values set must be empty for exists and does not exist`);
  } else {
    if (values.length !== 1)
      problems.push(`values: Invalid value: ${listed(values)}: for 'Gt', 'Lt' operators, exactly one value is required`);
    for (const [index, value] of values.entries())
      if (parseInt64(value) === undefined)
        problems.push(invalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
  }
  for (const [index, value] of values.entries()) problems.push(valueProblem(key, value, index));
  const told = problems.filter((problem) => problem !== undefined);
  if (told.length === 0) return requirement;
  throw new LabelSelectorError(`${prefix}${told.length === 1 ? told[0] : `[${told.join(', ')}]`}`);
}
