import type { FieldError } from './field-error.ts';
import { int64Text, isInt64, numberText } from './go-number.ts';

// The texts of k8s.io/apimachinery/pkg/util/validation/field, as kube-apiserver 1.36 sends them.

const escapes = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['"', '\\"'],
  ['\\', '\\\\'],
]);

/** A string in double quotes, as Go's %q writes it. */
export function goQuote(text: string): string {
  let out = '"';
  for (const character of text) {
    const known = escapes.get(character);
    if (known !== undefined) {
      out += known;
      continue;
    }
    const code = character.codePointAt(0) as number;
    if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if ((code >= 0x80 && code < 0xa1) || code === 0xad || (code >= 0x2028 && code <= 0x202e) || (code >= 0xd800 && code <= 0xdfff))
      out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += character;
  }
  return `${out}"`;
}

/** A value as an error text shows it: strings quoted, numbers as Go writes them, everything else as JSON. */
export function shownValue(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'string' ? goQuote(value) : (JSON.stringify(value) ?? 'null');
}

function detailed(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

export function requiredError(field: string, detail = ''): FieldError {
  return { field, reason: 'FieldValueRequired', message: detailed('Required value', detail) };
}

export function invalidError(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: 'FieldValueInvalid', message: detailed(`Invalid value: ${shownValue(value)}`, detail) };
}

/** `value` is the name of the JSON type that was found, or the text that is not of the format. */
export function typeInvalidError(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: 'FieldValueTypeInvalid', message: detailed(`Invalid value: ${shownValue(value)}`, detail) };
}

/** A supported value as JSON; an int64 with all of its digits. */
function supportedText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && isInt64(value) ? int64Text(value) : (JSON.stringify(value) ?? 'null');
}

export function notSupportedError(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const values = supported.map((item) => goQuote(supportedText(item))).join(', ');
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: detailed(`Unsupported value: ${shownValue(value)}`, values === '' ? '' : `supported values: ${values}`),
  };
}

export function duplicateError(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${shownValue(value)}` };
}

export function forbiddenError(field: string, detail: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: detailed('Forbidden', detail) };
}

export function tooLongError(field: string, maximum: number): FieldError {
  return { field, reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maximum} ${maximum === 1 ? 'byte' : 'bytes'}` };
}

export function tooManyError(field: string, actual: number, maximum: number): FieldError {
  return {
    field,
    reason: 'FieldValueTooMany',
    message: `Too many: ${actual}: must have at most ${maximum} ${maximum === 1 ? 'item' : 'items'}`,
  };
}
