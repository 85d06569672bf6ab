import { invalidError, notSupportedError, requiredError, type FieldError } from '@kubecast/crd';
import { badRequest, invalidOptions } from '../../status/status-error.ts';
import { header, type Context } from '../context.ts';

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** The manager that the change is booked on: fieldManager, else the User-Agent up to its first slash. */
  readonly manager: string;
  readonly force: boolean;
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';

/** @throws StatusError 422, 400 */
export function writeOptions(context: Context, kind: OptionsKind, apply = false): WriteOptions {
  const { query } = context;
  const errors: FieldError[] = [];
  const manager = query.get('fieldManager') ?? '';
  const force = booleanParameter(query, 'force');
  if (kind === 'PatchOptions') {
    if (apply && manager === '') errors.push(requiredError('fieldManager', 'is required for apply patch'));
    if (!apply && query.has('force'))
      errors.push({ field: 'force', reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch' });
  }
  if (Buffer.byteLength(manager) > 128)
    errors.push({ field: 'fieldManager', reason: 'FieldValueTooLong', message: 'Too long: may not be more than 128 bytes' });
  else {
    const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(manager);
    if (unprintable !== null) errors.push(invalidError('fieldManager', manager, characterProblem(manager, unprintable)));
  }
  errors.push(...dryRunErrors(query.getAll('dryRun')));
  const validation = query.get('fieldValidation') ?? '';
  // A server that does not know the parameter prunes in silence.
  const known = context.core.release.fieldValidation;
  if (known && !['', 'Ignore', 'Strict', 'Warn'].includes(validation))
    errors.push(notSupportedError('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  if (errors.length > 0) throw invalidOptions(kind, errors);
  return {
    dryRun: query.getAll('dryRun').includes('All'),
    fieldValidation: known ? (validation === '' ? 'Warn' : (validation as 'Ignore' | 'Warn' | 'Strict')) : 'Ignore',
    manager: manager === '' ? managerOfAgent(header(context, 'user-agent')) : manager,
    force,
  };
}

/** The place is counted in bytes. */
function characterProblem(text: string, { 0: character, index }: RegExpExecArray): string {
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
  return `invalid character U+${code} (at position ${Buffer.byteLength(text.slice(0, index))})`;
}

export function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.some((value) => value !== 'All' && value !== '') ? [notSupportedError('dryRun', values, ['All'])] : [];
}

function managerOfAgent(agent: string | undefined): string {
  if (agent === undefined || agent === '') return 'unknown';
  const name = agent.split('/')[0] as string;
  return name === 'Mozilla' ? 'Mozilla 5.0' : name.slice(0, 128);
}

/** Go's conversion of query values: absent, '0' and 'false' are false, anything else is true. */
export function booleanParameter(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** @throws StatusError 400 */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  const number = value.length > 40 ? 1n << 63n : BigInt(value.replace('+', ''));
  if (number >= 1n << 63n || number < -(1n << 63n)) throw badRequest(`strconv.ParseInt: parsing "${value}": value out of range`);
  return Number(number);
}
