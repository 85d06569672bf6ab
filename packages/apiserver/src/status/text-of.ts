/** A value from outside as an error text shows it: strings as they are, everything else as JSON; '' for nothing. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
