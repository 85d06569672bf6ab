import { StoreError } from '../store-error.ts';

/** What a value is, in an error's text; a text may be long or secret, and is not quoted. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * An option that is misspelt would be as if it were left out: an index that is missing, a field that is kept.
 *
 * @throws StoreError OPTIONS_INVALID, which names it
 */
export function checkNames(options: object, names: readonly string[], what: string): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !names.includes(name))
      throw new StoreError('OPTIONS_INVALID', `${what}: there is no ${JSON.stringify(name.slice(0, 100))}; there are ${names.join(', ')}`);
}
