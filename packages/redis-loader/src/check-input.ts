import { InputError, KeyTemplateError } from './errors.ts';

const shown = (value: unknown): string =>
  typeof value === 'number' || typeof value === 'boolean' || value === undefined || value === null ? String(value) : `a ${typeof value}`;

/** A number in a range. @throws InputError */
export function checkNumber(option: string, value: number | undefined, least: number, whole: boolean): void {
  if (value === undefined) return;
  const fits = typeof value === 'number' && value >= least && (whole ? Number.isSafeInteger(value) : !Number.isNaN(value));
  if (!fits) throw new InputError(`${option} is ${shown(value)}; it must be a ${whole ? 'whole ' : ''}number of at least ${least}`);
}

/** Milliseconds that a timer of the runtime can wait. @throws InputError */
export function checkTimeout(option: string, value: number | undefined): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || !(value >= 1 && value <= 2_147_483_647))
    throw new InputError(`${option} is ${shown(value)}; it must be a number of milliseconds from 1 to 2,147,483,647`);
}

/** One of some words: a misspelt one would be taken for another. @throws InputError */
export function checkWord(option: string, value: string | undefined, words: readonly string[]): void {
  if (value !== undefined && !words.includes(value))
    throw new InputError(
      `${option} is ${typeof value === 'string' ? JSON.stringify(value) : shown(value)}; it must be ${words.join(', ')}`,
    );
}

/** The names and the version of a value: JSON drops what is undefined, and a number never equals the text in an envelope. @throws InputError */
export function checkNames(
  what: string,
  { namespace, app, model }: { readonly namespace: string; readonly app: string; readonly model: string },
  version: string,
): void {
  for (const [name, value] of Object.entries({ namespace, app, model, version }))
    if (typeof value !== 'string') throw new InputError(`the ${name} of ${what} is ${shown(value)}; it must be a string`);
}

/** A key that is given and not made by a template. @throws KeyTemplateError (BadKey) */
export function checkKey(key: string): void {
  if (typeof key !== 'string') throw new KeyTemplateError('BadKey', `the key is ${shown(key)}; it must be a string`);
  if (!key.isWellFormed())
    throw new KeyTemplateError('BadKey', `the key ${JSON.stringify(key)} holds half of a surrogate pair, which Redis would get as U+FFFD`);
}
