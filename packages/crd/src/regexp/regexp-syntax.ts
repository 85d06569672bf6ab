/** A set of characters, asked by their code point. */
export type Test = (code: number) => boolean;

/** A regular expression of RE2, read. */
export type Expression =
  | { readonly op: 'char'; readonly test: Test }
  | { readonly op: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | { readonly op: 'sequence' | 'either'; readonly parts: readonly Expression[] }
  | {
      readonly op: 'repeat';
      readonly part: Expression;
      readonly least: number;
      readonly most: number;
      readonly greedy: boolean;
      /** Written with numbers in braces: such ones within each other may not multiply beyond a bound. */
      readonly counted: boolean;
    };

/** What Go's regexp/syntax says of a pattern that it does not read, in its words: what is wrong, and the part that is. */
export class RegExpSyntaxError extends Error {
  override readonly name = 'RegExpSyntaxError';

  constructor(problem: string, part: string) {
    super(`error parsing regexp: ${problem}: \`${part}\``);
  }
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
}

const MOST_REPEATS = 1000;
const MOST_DEPTH = 200;

const isWord: Test = (code) => (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
const isDigit: Test = (code) => code >= 48 && code <= 57;
const isSpace: Test = (code) => code === 9 || code === 10 || code === 12 || code === 13 || code === 32;
const not =
  (test: Test): Test =>
  (code) =>
    !test(code);
const sets = new Map<string, Test>([
  ['d', isDigit],
  ['D', not(isDigit)],
  ['w', isWord],
  ['W', not(isWord)],
  ['s', isSpace],
  ['S', not(isSpace)],
]);
const controls = new Map([
  ['a', 7],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);
const named = new Map([
  ['alnum', /[0-9A-Za-z]/u],
  ['alpha', /[A-Za-z]/u],
  ['digit', /[0-9]/u],
  ['lower', /[a-z]/u],
  ['punct', /[!-/:-@[-`{-~]/u],
  ['space', /[\t\n\v\f\r ]/u],
  ['upper', /[A-Z]/u],
  ['ascii', /[\0-\x7F]/u],
  ['blank', /[\t ]/u],
  ['cntrl', /[\0-\x1F\x7F]/u],
  ['graph', /[!-~]/u],
  ['print', /[ -~]/u],
  ['word', /[0-9A-Za-z_]/u],
  ['xdigit', /[0-9A-Fa-f]/u],
]);
const ofSet =
  (set: RegExp): Test =>
  (code) =>
    set.test(String.fromCodePoint(code));

function unicodeSet(name: string, negated: boolean): Test | undefined {
  if (name === 'Any') return () => !negated;
  for (const property of [`General_Category=${name}`, `Script=${name}`]) {
    try {
      const test = ofSet(new RegExp(`\\p{${property}}`, 'u'));
      return negated ? not(test) : test;
    } catch {
      // Not a property of that kind.
    }
  }
  return undefined;
}

/** Whether counts within counts multiply to no more than `left`. */
function fewRepeats(expression: Expression, left: number): boolean {
  switch (expression.op) {
    case 'sequence':
    case 'either':
      return expression.parts.every((part) => fewRepeats(part, left));
    case 'repeat': {
      const times = expression.most === Infinity ? expression.least : expression.most;
      if (!expression.counted) return fewRepeats(expression.part, left);
      if (expression.most === 0) return true;
      return times <= left && fewRepeats(expression.part, times > 0 ? Math.trunc(left / times) : left);
    }
    case 'char':
    case 'assert':
    default:
      return true;
  }
}

function anyCase(test: Test): Test {
  return (code) => {
    const text = String.fromCodePoint(code);
    return [text, text.toLowerCase(), text.toUpperCase()].some((other) => test(other.codePointAt(0) as number));
  };
}

function wordAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && isWord(text.charCodeAt(at));
}

const begins = (_text: string, at: number): boolean => at === 0;
const ends = (text: string, at: number): boolean => at === text.length;
const assertions = new Map<string, (text: string, at: number) => boolean>([
  ['A', begins],
  ['z', ends],
  ['b', (text, at) => wordAt(text, at - 1) !== wordAt(text, at)],
  ['B', (text, at) => wordAt(text, at - 1) === wordAt(text, at)],
]);

function changed(flags: Flags, on: string, off: string): Flags {
  const next: Record<string, boolean> = { ...flags };
  for (const flag of on) next[flag] = true;
  for (const flag of off) next[flag] = false;
  return next as unknown as Flags;
}

/**
 * Reads a pattern.
 * @throws RegExpSyntaxError for what RE2 does not have either: backreferences, looking around, possessive repetition
 */
export function parseRegExp(pattern: string): Expression {
  const parser = new Parser(pattern);
  return parser.all();
}

class Parser {
  readonly #source: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#source = Array.from(pattern);
  }

  all(): Expression {
    const all = this.#either({ i: false, m: false, s: false, U: false });
    if (this.#at < this.#source.length) throw new RegExpSyntaxError('unexpected )', this.#text(0));
    return all;
  }

  #text(from: number, to: number = this.#source.length): string {
    return this.#source.slice(from, to).join('');
  }

  #peek(): string | undefined {
    return this.#source[this.#at];
  }

  /** What matches here, if it does; it is taken. */
  #take(form: RegExp): RegExpExecArray | undefined {
    const match = form.exec(this.#source.slice(this.#at, this.#at + 64).join(''));
    if (match === null) return undefined;
    this.#at += Array.from(match[0]).length;
    return match;
  }

  #either(flags: Flags): Expression {
    if (++this.#depth > MOST_DEPTH) throw new RegExpSyntaxError('expression nests too deeply', this.#text(0));
    const parts: Expression[] = [];
    let own = flags;
    do {
      const [part, after] = this.#sequence(own);
      parts.push(part);
      own = after;
    } while (this.#take(/^\|/u) !== undefined);
    this.#depth -= 1;
    return parts.length === 1 ? (parts[0] as Expression) : { op: 'either', parts };
  }

  #sequence(given: Flags): [Expression, Flags] {
    let flags = given;
    const parts: Expression[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      // (?i) and its like hold until the end of the group.
      const flagged = this.#take(/^\(\?([imsU]*)(?:-([imsU]+))?\)/u);
      if (flagged === undefined) parts.push(this.#repeated(this.#atom(flags), flags));
      else flags = changed(flags, flagged[1] ?? '', flagged[2] ?? '');
    }
    return [{ op: 'sequence', parts }, flags];
  }

  #repeated(part: Expression, flags: Flags): Expression {
    const begin = this.#at;
    const range = this.#range(flags);
    if (range === undefined) return part;
    const repeat: Expression = { op: 'repeat', part, ...range };
    if (range.counted && range.most >= 2 && !fewRepeats(repeat, MOST_REPEATS))
      throw new RegExpSyntaxError('invalid repeat count', this.#text(begin, this.#at));
    if (this.#range(flags) !== undefined) throw new RegExpSyntaxError('invalid nested repetition operator', this.#text(begin, this.#at));
    return repeat;
  }

  #range(flags: Flags): Omit<Expression & { readonly op: 'repeat' }, 'op' | 'part'> | undefined {
    const sign = this.#take(/^[*+?]/u)?.[0];
    const match = sign === undefined ? this.#take(/^\{(\d+)(?:(,)(\d*))?\}/u) : undefined;
    if (sign === undefined && match === undefined) return undefined;
    const counted = match !== undefined;
    const least = counted ? Number(match[1]) : sign === '+' ? 1 : 0;
    const most = counted ? (match[2] === undefined ? least : match[3] === '' ? Infinity : Number(match[3])) : sign === '?' ? 1 : Infinity;
    if (counted && (least > MOST_REPEATS || (most !== Infinity && most > MOST_REPEATS) || most < least))
      throw new RegExpSyntaxError('invalid repeat count', match[0]);
    const lazy = this.#take(/^\?/u) !== undefined;
    return { least, most, greedy: lazy === flags.U, counted };
  }

  #atom(flags: Flags): Expression {
    const begin = this.#at;
    if (this.#range(flags) !== undefined)
      throw new RegExpSyntaxError('missing argument to repetition operator', this.#text(begin, this.#at));
    const next = this.#source[this.#at++] as string;
    switch (next) {
      case '(':
        return this.#group(flags);
      case '^':
        return { op: 'assert', holds: flags.m ? (text, at) => at === 0 || text[at - 1] === '\n' : begins };
      case '$':
        return { op: 'assert', holds: flags.m ? (text, at) => at === text.length || text[at] === '\n' : ends };
      case '.':
        return { op: 'char', test: flags.s ? () => true : (code) => code !== 10 };
      case '[':
        return charOf(this.#class(), flags);
      case '\\':
        return this.#escaped(flags);
      default:
        return charOf(literal(next), flags);
    }
  }

  #group(flags: Flags): Expression {
    const begin = this.#at - 1;
    let inner = flags;
    if (this.#peek() === '?' && !this.#name(begin)) {
      const head = this.#take(/^\?([imsU]*)(?:-([imsU]+))?:/u);
      if (head === undefined) {
        const known = this.#take(/^\?[imsU]*(?:-[imsU]*)?/u)?.[0] ?? '';
        throw new RegExpSyntaxError('invalid or unsupported Perl syntax', `(${known}${this.#peek() ?? ''}`);
      }
      inner = changed(flags, head[1] ?? '', head[2] ?? '');
    }
    const part = this.#either(inner);
    if (this.#take(/^\)/u) === undefined) throw new RegExpSyntaxError('missing closing )', this.#text(0));
    return part;
  }

  /** Takes the name of a group, if it has one. */
  #name(begin: number): boolean {
    const head = this.#take(/^\?P?</u);
    if (head === undefined) return false;
    const end = this.#source.indexOf('>', this.#at);
    if (end < 0) throw new RegExpSyntaxError('invalid named capture', this.#text(begin));
    if (!/^\w+$/.test(this.#text(this.#at, end))) throw new RegExpSyntaxError('invalid named capture', this.#text(begin, end + 1));
    this.#at = end + 1;
    return true;
  }

  #escaped(flags: Flags): Expression {
    const next = this.#peek() ?? '';
    const holds = assertions.get(next);
    if (holds !== undefined) {
      this.#at += 1;
      return { op: 'assert', holds };
    }
    if (next !== 'Q') {
      const found = this.#escape();
      return charOf(typeof found === 'number' ? (code) => code === found : found, flags);
    }
    const parts: Expression[] = [];
    for (this.#at += 1; this.#at < this.#source.length && this.#take(/^\\E/u) === undefined; this.#at += 1)
      parts.push(charOf(literal(this.#peek() as string), flags));
    return { op: 'sequence', parts };
  }

  /** What stands behind a backslash: one character, or a set of them. */
  #escape(): number | Test {
    const begin = this.#at - 1;
    const next = this.#source[this.#at++];
    if (next === undefined) throw new RegExpSyntaxError('trailing backslash at end of expression', '');
    const known = sets.get(next) ?? controls.get(next);
    if (known !== undefined) return known;
    if (next === 'x') {
      const match = this.#take(/^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/u);
      const code = match === undefined ? Infinity : Number.parseInt(match[1] ?? (match[2] as string), 16);
      if (code > 0x10_ffff) throw new RegExpSyntaxError('invalid escape sequence', this.#text(begin, this.#at));
      return code;
    }
    if (next === 'p' || next === 'P') {
      const match = this.#take(/^(?:\{(\^?)([A-Za-z_]+)\}|([A-Za-z]))/u);
      const name = match?.[2] ?? match?.[3];
      const set = name === undefined ? undefined : unicodeSet(name, (next === 'P') !== (match?.[1] === '^'));
      if (set === undefined) throw new RegExpSyntaxError('invalid character class range', this.#text(begin, this.#at));
      return set;
    }
    if (/[0-7]/u.test(next)) {
      // One digit alone would speak of a group, which RE2 does not have.
      const rest = this.#take(next === '0' ? /^[0-7]{0,2}/u : /^[0-7]{1,2}/u);
      if (rest !== undefined) return Number.parseInt(next + rest[0], 8);
    }
    if (/[0-9A-Za-z]/u.test(next)) throw new RegExpSyntaxError('invalid escape sequence', this.#text(begin, this.#at));
    return next.codePointAt(0) as number;
  }

  #class(): Test {
    const begin = this.#at - 1;
    const tests: Test[] = [];
    const negated = this.#take(/^\^/u) !== undefined;
    for (let first = true; ; first = false) {
      const start = this.#at;
      const next = this.#source[this.#at++];
      if (next === undefined) throw new RegExpSyntaxError('missing closing ]', this.#text(begin));
      if (next === ']' && !first) break;
      const group = next === '[' ? this.#take(/^:(\^?)([a-z]+):\]/u) : undefined;
      if (group !== undefined) {
        const set = named.get(group[2] as string);
        if (set === undefined) throw new RegExpSyntaxError('invalid character class range', `[${group[0]}`);
        tests.push(group[1] === '^' ? not(ofSet(set)) : ofSet(set));
        continue;
      }
      const low = next === '\\' ? this.#escape() : (next.codePointAt(0) as number);
      if (typeof low !== 'number') {
        tests.push(low);
        continue;
      }
      const end = this.#take(/^-([^\]])/u)?.[1];
      const high = end === undefined ? low : end === '\\' ? this.#escape() : (end.codePointAt(0) as number);
      if (typeof high !== 'number' || high < low) throw new RegExpSyntaxError('invalid character class range', this.#text(start, this.#at));
      tests.push((code) => code >= low && code <= high);
    }
    const any: Test = (code) => tests.some((test) => test(code));
    return negated ? not(any) : any;
  }
}

function literal(character: string): Test {
  const wanted = character.codePointAt(0);
  return (code) => code === wanted;
}

function charOf(test: Test, flags: Flags): Expression {
  return { op: 'char', test: flags.i ? anyCase(test) : test };
}
