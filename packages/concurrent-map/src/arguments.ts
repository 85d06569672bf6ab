import { MapOptionsError } from './errors.ts';

/** What a value is, for a message: never its content. */
export function typeNameOf(value: unknown): string {
  return value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : value === undefined
        ? 'undefined'
        : `a value of type ${typeof value}`;
}

/** Options are an object, and a name that nobody reads is refused: a misspelt option would be one that was not given. */
export function checkOptions(of: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new MapOptionsError(`the options of ${of} are an object, not ${typeNameOf(options)}`);
  for (const name in options)
    if (!known.includes(name) && (options as Readonly<Record<string, unknown>>)[name] !== undefined)
      throw new MapOptionsError(`there is no option ${JSON.stringify(name.slice(0, 100))} of ${of}; there are ${known.join(', ')}`);
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw new MapOptionsError(`${what} is a function, not ${typeNameOf(value)}`);
}

export function checkSignal(of: string, signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new MapOptionsError(`the option "signal" of ${of} is an AbortSignal, not ${typeNameOf(signal)}`);
}
