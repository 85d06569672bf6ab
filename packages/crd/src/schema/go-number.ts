// Numbers as the API server holds them: a JSON integer within 64 bits is an int64, every other number a float64.

const LEAST_INT64 = -(2 ** 63);
const INT64_LIMIT = 2 ** 63;

/** Whether the API server holds the number as an int64. JSON text like `1.0` is a float64 there; here it cannot be told from 1. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= LEAST_INT64 && value < INT64_LIMIT;
}

/** The int64 that a float64 is cut to. What int64 cannot hold becomes the least one, as amd64 converts it. */
export function toInt64(value: number): number {
  const cut = Math.trunc(value);
  return cut >= LEAST_INT64 && cut < INT64_LIMIT ? cut : LEAST_INT64;
}

/** An int64 in decimal digits. */
export function int64Text(value: number): string {
  return BigInt(value).toString();
}

/** A float64 as Go's `%v` writes it: the fewest digits that name it, with an exponent below 1e-4 and from 1e6 on. */
export function float64Text(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** A number as an error text of the API server shows it. */
export function numberText(value: number): string {
  return isInt64(value) ? int64Text(value) : float64Text(value);
}

const SAFE = 2 ** 53 - 1;

/**
 * Whether a float64 counts as an integer (swag.IsFloat64AJSONInteger): an integer of at most 53 bits, or a positive number so little above one that only
 * rounding can have made the difference. A number a little below an integer, and a negative one beside an integer, do not count.
 */
export function isNearInteger(value: number): boolean {
  if (!(value >= -SAFE && value <= SAFE)) return false;
  if (Number.isInteger(value)) return true;
  const below = Math.trunc(value);
  if (value < 1) return false;
  return (value - below) / (value + below) < 1e-9;
}
