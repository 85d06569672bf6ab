import { LabelSelectorError } from '../store-error.ts';
import { tokenize } from './label-lexer.ts';
import type { Token } from './label-lexer.ts';
import { keyProblem, newRequirement } from './label-requirement.ts';
import type { LabelRequirement, LabelSelector } from './label-selector.ts';

const PREFIX = 'unable to parse requirement: ';

function fail(text: string): never {
  throw new LabelSelectorError(text);
}

/** One text once, in the order of bytes; label values are ASCII. */
function asSet(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
}

/** The recursive descent of apimachinery's labels.Parser, over the tokens of one text. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): readonly LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const first = this.#look();
      if (first.kind === 'end') return requirements;
      if (!beginsRequirement(first)) fail(`found '${first.text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator.kind === 'end') return requirements;
      if (separator.text !== ',') fail(`found '${separator.text}', expected: ',' or 'end of string'`);
      const next = this.#look();
      if (!beginsRequirement(next)) fail(`found '${next.text}', expected: identifier after ','`);
    }
  }

  #look(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #take(): Token {
    const token = this.#look();
    // Behind the end there is only the end.
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  #requirement(): LabelRequirement {
    const absent = this.#look().text === '!';
    if (absent) this.#take();
    const word = this.#take();
    if (word.kind !== 'word') fail(`${PREFIX}found '${word.text}', expected: identifier`);
    const key = word.text;
    const problem = keyProblem(key, '<nil>');
    if (problem !== undefined) fail(`${PREFIX}${problem}`);
    const next = this.#look();
    if (absent) return newRequirement({ key, operator: 'DoesNotExist', values: [] }, PREFIX);
    if (next.kind === 'end' || next.text === ',') return newRequirement({ key, operator: 'Exists', values: [] }, PREFIX);
    const { text } = this.#take();
    if (text === 'in' || text === 'notin')
      return newRequirement({ key, operator: text === 'in' ? 'In' : 'NotIn', values: asSet(this.#values()) }, PREFIX);
    if (text === '>' || text === '<')
      return newRequirement({ key, operator: text === '>' ? 'Gt' : 'Lt', values: [this.#exactValue()] }, PREFIX);
    if (text === '=' || text === '==' || text === '!=')
      return newRequirement({ key, operator: text === '!=' ? 'NotIn' : 'In', values: [this.#exactValue()], sign: text }, PREFIX);
    return fail(`${PREFIX}found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
  }

  #exactValue(): string {
    const next = this.#look();
    if (next.kind === 'end' || next.text === ',') return '';
    this.#take();
    return next.kind === 'word' ? next.text : fail(`${PREFIX}found '${next.text}', expected: identifier`);
  }

  #values(): readonly string[] {
    const open = this.#take();
    if (open.text !== '(') fail(`${PREFIX}found '${open.text}' expected: '('`);
    const first = this.#look();
    if (first.text === ')') {
      this.#take();
      return [''];
    }
    if (first.kind !== 'word' && first.text !== ',') fail(`${PREFIX}found '${first.text}', expected: ',', ')' or identifier`);
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === 'word') {
        values.push(token.text);
        const next = this.#look();
        if (next.text !== ',' && next.text !== ')') fail(`${PREFIX}found '${next.text}', expected: ',' or ')'`);
      } else if (token.text === ',') {
        // An empty value stands before, between or behind commas.
        if (values.length === 0) values.push('');
        const next = this.#look();
        if (next.text === ')' || next.text === ',') values.push('');
      } else fail(`${PREFIX}found '${token.text}', expected: ',', or identifier`);
      if (this.#look().text !== ')') continue;
      this.#take();
      return values;
    }
  }
}

function beginsRequirement(token: Token): boolean {
  return token.kind === 'word' || token.text === '!';
}

/** By key, as apimachinery keeps them, so that one selector has one text. */
function sorted(requirements: readonly LabelRequirement[]): LabelSelector {
  return { requirements: [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) };
}

/**
 * Parses a label selector as apimachinery's labels.Parse does: `a`, `!a`, `a=b`, `==`, `!=`, `in (..)`, `notin (..)`, `>`, `<`, joined by commas.
 * @throws LabelSelectorError with the API server's words.
 */
export function parseLabelSelector(text: string): LabelSelector {
  return sorted(new Parser(text).parse());
}

/** Both selectors must hold. */
export function andSelectors(...selectors: readonly LabelSelector[]): LabelSelector {
  return sorted(selectors.flatMap((selector) => selector.requirements));
}

/**
 * A selector from the object form that specs carry (matchLabels and matchExpressions, meta/v1 LabelSelector), by the rules of apimachinery's
 * LabelSelectorAsSelector.
 * @throws LabelSelectorError if a requirement is none.
 */
export function labelSelectorFromObject(object: {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}): LabelSelector {
  const requirements = Object.entries(object.matchLabels ?? {}).map(([key, text]) =>
    newRequirement({ key, operator: 'In', values: [text], sign: '=' }, ''),
  );
  for (const { key, operator, values = [] } of object.matchExpressions ?? []) {
    if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist')
      throw new LabelSelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push(newRequirement({ key, operator, values }, ''));
  }
  return sorted(requirements);
}
