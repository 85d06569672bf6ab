import { keepExactTexts } from './exact-texts.ts';

// Only a text with so many digits in a row, or with so large an exponent, can hold a number that a double changes. Few do, and the rest is parsed at full
// speed. What stands before the number keeps most digests and times, which are texts, from being taken for one.
const SUSPECT = /[[:,\s]-?(?:\d[\d.]{15}|[\d.]+[eE][+-]?\d{3})/;

type Reviver = (this: object, name: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * JSON.parse, which also keeps the digits of each number that a double cannot hold (integers beyond 2^53, fractions of more digits than the double
 * has): the object has the nearest double, as ever, and `writeJson` writes the digits that were read. Throws SyntaxError as JSON.parse does. A number
 * that stands alone, in no object and no list, has nowhere to keep its digits.
 */
export function parseJson(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text);
  // Set at the end, all of a holder at once: one by one, a list of n such numbers would cost n².
  const found = new Map<object, Record<string, string>>();
  const keep: Reviver = function (name, value, context) {
    const source = context?.source;
    if (typeof value === 'number' && source !== undefined && isChanged(value, source)) {
      let texts = found.get(this);
      if (!texts) found.set(this, (texts = Object.create(null) as Record<string, string>));
      texts[name] = source;
    }
    return value;
  };
  const parsed: unknown = JSON.parse(text, keep as (this: unknown, name: string, value: unknown) => unknown);
  for (const [holder, texts] of found) keepExactTexts(holder, texts);
  return parsed;
}

function isChanged(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return true;
  const written = String(value);
  return written !== source && (source.length > 15 || /[eE]/.test(source)) && decimalOf(written) !== decimalOf(source);
}

/** A decimal number as its digits, without zeros at either end, and the power of ten of the last: 1.50e3 and 1500 are one number. */
function decimalOf(text: string): string {
  const e = text.search(/[eE]/);
  const mantissa = (e < 0 ? text : text.slice(0, e)).replace('-', '');
  const point = mantissa.indexOf('.');
  const digits = point < 0 ? mantissa : mantissa.slice(0, point) + mantissa.slice(point + 1);
  let power = (e < 0 ? 0 : Number(text.slice(e + 1))) - (point < 0 ? 0 : mantissa.length - point - 1);
  let start = 0;
  let end = digits.length;
  while (start < end && digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') {
    end -= 1;
    power += 1;
  }
  return start === end ? '0' : `${digits.slice(start, end)}e${power}`;
}
