import type { FieldError, FieldErrorReason } from '../schema/field-error.ts';
import { shownValue } from '../schema/field-error-texts.ts';
import { isObject } from '../schema/own-property.ts';
import type { ValidationRule } from '../schema/schema.ts';

/** A rule as a schema carries it. */
export type Rule = ValidationRule;

export const REASONS: readonly string[] = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** The name of a rule in error texts. */
function subjectOf({ rule, message = '' }: Rule): string {
  return message === '' ? rule.trim() : message.trim();
}

/** The message of a failed rule without a computed message. */
export function messageOf(rule: Rule): string {
  return (rule.message ?? '') === '' ? `failed rule: ${subjectOf(rule)}` : subjectOf(rule);
}

/** Objects and lists are not shown. */
const shows = (value: unknown): boolean => !Array.isArray(value) && !isObject(value);

export function failedError(field: string, value: unknown, detail: string, rule: Rule): FieldError {
  const shown = shows(value) ? `: ${shownValue(value)}` : '';
  switch (rule.reason) {
    case 'FieldValueDuplicate':
      return { field, reason: rule.reason, message: `Duplicate value${shown}` };
    case 'FieldValueForbidden':
      return { field, reason: rule.reason, message: `Forbidden: ${detail}` };
    case 'FieldValueRequired':
      return { field, reason: rule.reason, message: `Required value: ${detail}` };
    case undefined:
    default:
      return { field, reason: 'FieldValueInvalid' satisfies FieldErrorReason, message: `Invalid value${shown}: ${detail}` };
  }
}

/** The error of a rule whose evaluation failed. `type` is that of the schema. */
export function brokenError(field: string, type: string, problem: string, rule: Rule): FieldError {
  const text = problem.startsWith('no such overload')
    ? `'${problem}': call arguments did not match a supported operator, function or macro signature for rule: ${subjectOf(rule)}`
    : `${problem} evaluating rule: ${subjectOf(rule)}`;
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(type)}: ${text}` };
}

export function costError(field: string, type: string, rule: Rule): FieldError {
  return {
    field,
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(type)}: 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${subjectOf(rule)}`,
  };
}

/** The problem, in cel-go's text where it is known. */
export function problemOf(error: unknown): string {
  const { code, summary, message, cause } = error as { code?: string; summary?: string; message?: string; cause?: unknown };
  const text = summary ?? message ?? 'failed';
  if (code === 'no_such_key') return text.replace(/^No such key/u, 'no such key');
  if (code === 'index_out_of_bounds') return `index out of bounds: ${/index (-?\d+)/u.exec(text)?.[1] ?? ''}`;
  if (code === undefined && cause instanceof Error && summary === undefined && message === undefined) return cause.message;
  return text.replace(/^(integer overflow|Unsigned integer overflow).*$/u, (_all, kind: string) => kind.toLowerCase());
}
