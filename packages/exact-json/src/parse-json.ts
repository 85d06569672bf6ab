import { keepExactText } from './exact-texts.ts';

// Only a text with so many digits in a row, or with so large an exponent, can hold a number that a double changes. Few do, and the rest is parsed at full speed.
const SUSPECT = /\d[\d.]{15}|\d[eE]\+?\d{3}/;

type Reviver = (this: object, name: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * JSON.parse, which also keeps the digits of each number that a double cannot hold (integers beyond 2^53, more than 17 significant digits): the
 * object has the nearest double, as ever, and `writeJson` writes the digits that were read. Throws SyntaxError as JSON.parse does.
 */
export function parseJson(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text);
  const keep: Reviver = function (name, value, context) {
    const source = context?.source;
    if (typeof value === 'number' && source !== undefined && isChanged(value, source)) keepExactText(this, name, source);
    return value;
  };
  return JSON.parse(text, keep as (this: unknown, name: string, value: unknown) => unknown);
}

function isChanged(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  if (Number.isInteger(value)) return !Number.isSafeInteger(value);
  return (
    source
      .replace(/[eE].*$/, '')
      .replace(/\D/g, '')
      .replace(/^0+/, '').length > 17
  );
}
