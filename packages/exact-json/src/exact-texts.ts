/**
 * Where the texts of the numbers stand that a double cannot hold, on the object or list that holds these numbers. An enumerable symbol: `{ ...object }` and
 * Object.assign carry it over, while JSON.stringify, Object.keys and for-in pass it by. Registered, so that two copies of this package read each other's.
 */
const TEXTS: symbol = Symbol.for('kubecast.exact-json.texts');

type Texts = Readonly<Record<string, string>>;
type Holder = Record<symbol, Texts | undefined>;

/** The digits that the number under `name` was read with, where the number itself does not tell them; undefined where the number is all there is. */
export function exactTextOf(holder: object, name: string | number): string | undefined {
  const value = (holder as Record<string | number, unknown>)[name];
  const texts = (holder as Holder)[TEXTS];
  if (texts === undefined || typeof value !== 'number') return undefined;
  const own = Object.hasOwn(texts, name) ? texts[name] : undefined;
  if (own !== undefined && Object.is(Number(own), value)) return own;
  // Items move when a list is sorted or spliced in place. Their numbers tell them apart: see `keepable`.
  return Array.isArray(holder) ? Object.values(texts).find((text) => Object.is(Number(text), value)) : undefined;
}

/** Keeps the digits of the number that stands under `name`. */
export function keepExactText(holder: object, name: string | number, text: string): void {
  const texts: Record<string, string> = Object.assign(Object.create(null) as Record<string, string>, (holder as Holder)[TEXTS]);
  texts[name] = text;
  setTexts(holder, texts);
}

/** Lets a copy know the digits of the numbers that it has from the original. A number that is no longer the same is not affected. */
export function shareExactTexts<T extends object>(original: object, copy: T): T {
  const texts = (original as Holder)[TEXTS];
  if (texts !== undefined) setTexts(copy, texts);
  return copy;
}

function setTexts(holder: object, texts: Texts): void {
  const value = Array.isArray(holder) ? keepable(texts) : texts;
  Object.defineProperty(holder, TEXTS, { value: Object.freeze(value), enumerable: true, configurable: true, writable: true });
}

// Two items of a list whose numbers are equal and whose digits are not cannot be told apart once they may have moved: neither is kept, and writing refuses both.
function keepable(texts: Texts): Texts {
  const kept: Record<string, string> = Object.create(null) as Record<string, string>;
  const entries = Object.entries(texts);
  for (const [name, text] of entries) if (!entries.some(([, other]) => other !== text && Number(other) === Number(text))) kept[name] = text;
  return kept;
}
