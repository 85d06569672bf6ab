import { Optional, type Environment } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { LinearRegExp } from './linear-regexp.ts';
import { deepSize, spendSize } from './work-budget.ts';

/** Characters are code points, as the server counts them. */
const points = (text: string): string[] => Array.from(text);

function place(index: bigint, most: number): number {
  if (index < 0n || index > BigInt(most)) throw new Error(`index out of range: ${index}`);
  return Number(index);
}

function indexOf(text: string, wanted: string, from: bigint): bigint {
  const all = points(text);
  if (wanted === '') return from;
  const start = place(from, all.length);
  const at = text.indexOf(wanted, all.slice(0, start).join('').length);
  return at < 0 ? -1n : BigInt(points(text.slice(0, at)).length);
}

function lastIndexOf(text: string, wanted: string, from?: bigint): bigint {
  const all = points(text);
  const last = from === undefined ? all.length : place(from, all.length);
  if (wanted === '') return BigInt(last);
  const at = text.lastIndexOf(wanted, all.slice(0, last).join('').length);
  return at < 0 ? -1n : BigInt(points(text.slice(0, at)).length);
}

function replace(text: string, old: string, by: string, most: bigint): string {
  const pieces = old === '' ? ['', ...points(text), ''] : text.split(old);
  const times = most < 0n ? pieces.length - 1 : Math.min(Number(most), pieces.length - 1);
  spendSize(text.length + times * by.length);
  return pieces
    .slice(0, times + 1)
    .join(by)
    .concat(...pieces.slice(times + 1).map((piece) => old + piece));
}

function split(text: string, by: string, most: bigint): string[] {
  const pieces = by === '' ? points(text) : text.split(by);
  if (most < 0n || BigInt(pieces.length) <= most) return pieces;
  if (most === 0n) return [];
  const kept = Number(most) - 1;
  return [...pieces.slice(0, kept), pieces.slice(kept).join(by)];
}

function join(list: readonly unknown[], by: string): string {
  if (!list.every((item) => typeof item === 'string')) throw new Error('no such overload');
  spendSize(deepSize(list) + list.length * by.length);
  return list.join(by);
}

/** In seconds, as the server does. */
function shownDuration({ seconds, nanos }: Duration): string {
  const fraction = String(Math.abs(nanos)).padStart(9, '0').replace(/0+$/u, '');
  return `${seconds < 0n || nanos < 0 ? '-' : ''}${String(seconds).replace('-', '')}${fraction === '' ? '' : `.${fraction}`}s`;
}

/** A value in `%s`. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (value instanceof Date) return value.toISOString().replace(/\.?0+Z$/u, 'Z');
  if (value instanceof Duration) return shownDuration(value);
  if (value instanceof Map || Object.getPrototypeOf(value) === Object.prototype)
    throw new Error('maps in format are not supported by @kubecast/crd');
  if (value === Infinity || value === -Infinity) return value > 0 ? '+Inf' : '-Inf';
  return String(value as number);
}

function format(pattern: string, args: readonly unknown[]): string {
  let next = 0;
  let out = '';
  let rest = pattern;
  for (let at = rest.indexOf('%'); at >= 0; at = rest.indexOf('%')) {
    out += rest.slice(0, at);
    const clause = /^%(?:%|(?:\.(\d{1,3}))?([sdfebxXo]))/u.exec(rest.slice(at));
    if (clause === null)
      throw new Error(`could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(rest.slice(at + 1, at + 2))}`);
    rest = rest.slice(at + clause[0].length);
    if (clause[0] === '%%') {
      out += '%';
      continue;
    }
    if (next >= args.length) throw new Error(`index ${next} out of range`);
    const piece = formatted(args[next++], clause[2] as string, Math.min(Number(clause[1] ?? 6), 100));
    spendSize(piece.length);
    out += piece;
  }
  return out + rest;
}

function formatted(value: unknown, clause: string, digits: number): string {
  const wrong = (): never => {
    throw new Error(`error during formatting: %${clause} was given a value of another type`);
  };
  switch (clause) {
    case 's':
      return shown(value);
    case 'd':
      return typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) ? shown(value) : wrong();
    case 'f':
      // The server groups the digits, as in English.
      return typeof value === 'number' ? (Number.isFinite(value) ? grouped(value.toFixed(digits)) : shown(value)) : wrong();
    case 'e':
      throw new Error('%e in format is not supported by @kubecast/crd');
    case 'b':
      return typeof value === 'bigint' ? value.toString(2) : typeof value === 'boolean' ? String(Number(value)) : wrong();
    case 'o':
      return typeof value === 'bigint' ? value.toString(8) : wrong();
    default: {
      const hex =
        typeof value === 'bigint'
          ? value.toString(16)
          : typeof value === 'string' || value instanceof Uint8Array
            ? [...(typeof value === 'string' ? new TextEncoder().encode(value) : value)]
                .map((byte) => byte.toString(16).padStart(2, '0'))
                .join('')
            : wrong();
      return clause === 'X' ? hex.toUpperCase() : hex;
    }
  }
}

function grouped(digits: string): string {
  const [whole = '', ...fraction] = digits.split('.');
  return [whole.replaceAll(/\B(?=(?:\d{3})+$)/gu, ','), ...fraction].join('.');
}

const compiled = new Map<string, LinearRegExp>();

function regexp(pattern: string): LinearRegExp {
  let found = compiled.get(pattern);
  if (found === undefined) {
    found = new LinearRegExp(pattern);
    if (compiled.size >= 200) compiled.clear();
    compiled.set(pattern, found);
  }
  return found;
}

const ascii = (text: string, letters: RegExp, change: (letter: string) => string): string => text.replaceAll(letters, change);
const matches = (text: string, pattern: string): boolean => regexp(pattern).find(text) !== undefined;

/** Methods whose own form in the library is another than the server's: they are called by the name given here. */
export const OWN_NAME: ReadonlyMap<string, string> = new Map(
  ['matches', 'lowerAscii', 'upperAscii', 'trim', 'indexOf', 'lastIndexOf', 'substring', 'split', 'join'].map((name) => [
    name,
    `own_${name}`,
  ]),
);

/** Functions on texts: those of cel-go's strings extension, and Kubernetes' `find` and `findAll`. */
export function registerTexts(env: Environment): void {
  env.registerFunction('own_matches(string, string): bool', matches);
  env.registerFunction('string.own_matches(string): bool', matches);
  env.registerFunction('string.find(string): string', (text: string, pattern: string) => {
    const match = regexp(pattern).find(text);
    return match === undefined ? '' : text.slice(...match);
  });
  env.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => regexp(pattern).findAll(text));
  env.registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, most: bigint) =>
    regexp(pattern).findAll(text, most < 0n ? Infinity : Number(most)),
  );
  env.registerFunction('string.charAt(int): string', (text: string, index: bigint) => {
    const all = points(text);
    return all[place(index, all.length)] ?? '';
  });
  env.registerFunction('string.own_lowerAscii(): string', (text: string) => ascii(text, /[A-Z]/gu, (letter) => letter.toLowerCase()));
  env.registerFunction('string.own_upperAscii(): string', (text: string) => ascii(text, /[a-z]/gu, (letter) => letter.toUpperCase()));
  env.registerFunction('string.own_trim(): string', (text: string) =>
    text.replace(/^[\t-\r \u0085\p{Z}]+/u, '').replace(/[\t-\r \u0085\p{Z}]+$/u, ''),
  );
  env.registerFunction('string.own_indexOf(string): int', (text: string, wanted: string) => indexOf(text, wanted, 0n));
  env.registerFunction('string.own_indexOf(string, int): int', indexOf);
  env.registerFunction('string.own_lastIndexOf(string): int', (text: string, wanted: string) => lastIndexOf(text, wanted));
  env.registerFunction('string.own_lastIndexOf(string, int): int', lastIndexOf);
  env.registerFunction('string.own_substring(int): string', (text: string, start: bigint) => {
    const all = points(text);
    return all.slice(place(start, all.length)).join('');
  });
  env.registerFunction('string.own_substring(int, int): string', (text: string, start: bigint, end: bigint) => {
    const all = points(text);
    if (start > end) throw new Error(`invalid substring range. start: ${start}, end: ${end}`);
    return all.slice(place(start, all.length), place(end, all.length)).join('');
  });
  env.registerFunction('string.replace(string, string): string', (text: string, old: string, by: string) => replace(text, old, by, -1n));
  env.registerFunction('string.replace(string, string, int): string', replace);
  env.registerFunction('string.own_split(string): list<string>', (text: string, by: string) => split(text, by, -1n));
  env.registerFunction('string.own_split(string, int): list<string>', split);
  env.registerFunction('list<string>.own_join(): string', (list: string[]) => join(list, ''));
  env.registerFunction('list<string>.own_join(string): string', join);
  env.registerFunction('string.format(list): string', format);
  env.registerFunction('string(google.protobuf.Timestamp): string', shown);
  env.registerFunction('string(google.protobuf.Duration): string', shown);
  env.registerFunction('int(google.protobuf.Timestamp): int', (time: Date) => BigInt(Math.floor(time.getTime() / 1000)));
}

export function optionalOf<T>(value: T | undefined): Optional<T> {
  return value === undefined ? (Optional.none() as Optional<T>) : Optional.of(value);
}
