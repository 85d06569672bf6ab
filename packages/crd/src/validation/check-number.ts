import type { FieldError } from '../schema/field-error.ts';
import { invalidError } from '../schema/field-error-texts.ts';
import { checkedFormat } from '../schema/checked-format.ts';
import { float64Text, int64Text, isInt64, isNearInteger, toInt64 } from '../schema/go-number.ts';
import type { Schema } from '../schema/schema.ts';

/** Range, multipleOf, minimum and maximum of a number, in the order of the server's answer. */
export function checkNumber(schema: Schema, value: number, path: string, report: (error: FieldError) => void): void {
  const { multipleOf, minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false } = schema;
  const integer = isInt64(value);
  const outOfRange = (what: string): void => {
    const format = schema.type === undefined ? undefined : checkedFormat(schema);
    const shown = format === undefined ? '(default format)' : `with format ${format}`;
    report(invalidError('<nil>', '', `${what} value must be of type ${schema.type ?? ''} ${shown} in ${path}`));
  };
  // An int64 is compared with a limit that is cut to int64. Where the limit is outside of the schema's type, both are float64.
  const readLimit = (given: number, what: string): Limit => {
    const held = limitInRange(schema, given);
    if (!held) outOfRange(what);
    const text = held && integer ? int64Text : float64Text;
    return { at: held && integer ? toInt64(given) : given, integers: held && integer, text };
  };
  const refuse = ({ text }: Limit, detail: string): void => {
    const shown = integer ? text(value) : float64Text(value);
    const message = `Invalid value: ${shown}: ${path === '' ? '' : `${path} `}in body should be ${detail}`;
    report({ field: path, reason: 'FieldValueInvalid', message });
  };
  if (!inRange(schema, value)) outOfRange('Checked');
  if (multipleOf !== undefined) {
    const factor = readLimit(multipleOf, 'MultipleOf');
    const shown = factor.text(factor.at);
    if (factor.at <= 0)
      report({
        field: path,
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${shown}: factor MultipleOf declared for ${path} must be positive: ${shown}`,
      });
    else if (!isMultiple(value, factor)) refuse(factor, `a multiple of ${shown}`);
  }
  if (minimum !== undefined) {
    const least = readLimit(minimum, 'Minimum boundary');
    if (exclusiveMinimum ? value <= least.at : value < least.at)
      refuse(least, `greater than ${exclusiveMinimum ? '' : 'or equal to '}${least.text(least.at)}`);
  }
  if (maximum !== undefined) {
    const most = readLimit(maximum, 'Maximum boundary');
    if (exclusiveMaximum ? value >= most.at : value > most.at)
      refuse(most, `less than ${exclusiveMaximum ? '' : 'or equal to '}${most.text(most.at)}`);
  }
}

/** A limit of a schema, as it is compared with one value. */
interface Limit {
  readonly at: number;
  /** Whether value and limit are compared as int64. */
  readonly integers: boolean;
  readonly text: (value: number) => string;
}

function isMultiple(value: number, { at: factor, integers }: Limit): boolean {
  if (integers) return value % factor === 0;
  // 0.3 / 0.1 is 2.9999999999999996, and 1 / 0.1 * 0.3 is 3: the server multiplies, so that decimal fractions count as multiples.
  return isNearInteger(factor < 1 ? (1 / factor) * value : value / factor);
}

/** Whether a value can be held by the schema's type and format. */
function inRange({ type, format }: Schema, value: number): boolean {
  if (type === 'integer') return isInt64(value) && (format !== 'int32' || (value <= 2147483647 && value >= -2147483648));
  return type !== 'number' || format !== 'float' || Number.isFinite(Math.fround(value));
}

/** The same for a limit. The server checks its shortest decimal text, and that of the least int64 is a number below it. */
function limitInRange(schema: Schema, limit: number): boolean {
  return inRange(schema, limit) && (schema.type !== 'integer' || limit > -(2 ** 63));
}
