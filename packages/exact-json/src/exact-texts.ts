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
  // Items move when a list is sorted or spliced in place. Their numbers tell them apart: see `keepable`. A number that tells all of itself was read so.
  return Array.isArray(holder) && !Number.isSafeInteger(value) ? byNumber(texts).get(value) : undefined;
}

/** Keeps the digits of the number that stands under `name`. */
export function keepExactText(holder: object, name: string | number, text: string): void {
  const texts: Record<string, string> = Object.assign(Object.create(null) as Record<string, string>, (holder as Holder)[TEXTS]);
  texts[name] = text;
  keepExactTexts(holder, texts);
}

/** Lets a copy know the digits of the numbers that it has from the original. A number that is no longer the same is not affected. */
export function shareExactTexts<T extends object>(original: object, copy: T): T {
  const texts = (original as Holder)[TEXTS];
  if (texts !== undefined) keepExactTexts(copy, texts);
  return copy;
}

/** Keeps these digits, and no others, of the numbers of one object or list. */
export function keepExactTexts(holder: object, texts: Texts): void {
  const value = Array.isArray(holder) ? keepable(texts) : texts;
  Object.defineProperty(holder, TEXTS, { value: Object.freeze(value), enumerable: true, configurable: true, writable: true });
}

// Two items of a list whose numbers are equal and whose digits are not cannot be told apart once they may have moved: neither is kept, and writing refuses both.
function keepable(texts: Texts): Texts {
  const first = new Map<number, string>();
  const doubtful = new Set<number>();
  for (const text of Object.values(texts)) {
    const number = Number(text);
    if ((first.get(number) ?? text) !== text) doubtful.add(number);
    else first.set(number, text);
  }
  const kept: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, text] of Object.entries(texts)) if (!doubtful.has(Number(text))) kept[name] = text;
  return kept;
}

// The texts of a holder are frozen and replaced as a whole, so what was made of them once stays right.
const numbers = new WeakMap<Texts, ReadonlyMap<number, string>>();

function byNumber(texts: Texts): ReadonlyMap<number, string> {
  let known = numbers.get(texts);
  if (!known) numbers.set(texts, (known = new Map(Object.values(texts).map((text) => [Number(text), text]))));
  return known;
}
