import { parseRegExp, RegExpSyntaxError, type Expression, type Test } from './regexp-syntax.ts';
import { spend } from './work-budget.ts';

type Step =
  | { readonly op: 'char'; readonly test: Test }
  | { readonly op: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'match' };

const MOST_STEPS = 20_000;
/** Bits that say which step was tried at which place. */
const MOST_TRIED = 64_000_000;

/**
 * Regular expressions of RE2, as rules in CEL have them: leftmost, the first alternative preferred, and in time that grows with the
 * product of pattern and text and not beyond it. JavaScript's own may take for ever on a pattern that a stranger wrote.
 */
export class LinearRegExp {
  readonly #steps: readonly Step[];

  /** @throws RegExpSyntaxError */
  constructor(pattern: string) {
    const steps: Step[] = [];
    write(parseRegExp(pattern), steps);
    push(steps, { op: 'match' });
    this.#steps = steps;
  }

  /**
   * Where the first match at or after `from` begins and ends, in UTF-16 units; undefined if there is none.
   * @throws BudgetSpentError
   */
  find(text: string, from = 0): readonly [start: number, end: number] | undefined {
    const steps = this.#steps;
    const width = text.length - from + 1;
    if (width * steps.length > MOST_TRIED) spend(Infinity);
    spend(Math.ceil(width / 10));
    // What failed once at a place fails again there, wherever the match began: each pair is tried once.
    const tried = new Uint8Array(Math.ceil((width * steps.length) / 8));
    const stack: number[] = [];
    for (let start = from; start <= text.length; start += 1) {
      stack.push(0, start);
      while (stack.length > 0) {
        const at = stack.pop() as number;
        const index = stack.pop() as number;
        const pair = (at - from) * steps.length + index;
        const bit = 1 << (pair & 7);
        if (((tried[pair >> 3] as number) & bit) !== 0) continue;
        tried[pair >> 3] = (tried[pair >> 3] as number) | bit;
        spend(0.1);
        const step = steps[index] as Step;
        if (step.op === 'match') return [start, at];
        if (step.op === 'jump') stack.push(step.to, at);
        else if (step.op === 'split') stack.push(step.second, at, step.first, at);
        else if (step.op === 'assert') {
          if (step.holds(text, at)) stack.push(index + 1, at);
        } else if (at < text.length) {
          const code = text.codePointAt(at) as number;
          if (step.test(code)) stack.push(index + 1, at + (code > 0xffff ? 2 : 1));
        }
      }
      // Never in the middle of a character.
      if (start < text.length && (text.codePointAt(start) as number) > 0xffff) start += 1;
    }
    return undefined;
  }

  /** All matches that do not overlap, from left to right, at most `most` of them. */
  findAll(text: string, most: number = Infinity): string[] {
    const found: string[] = [];
    let at = 0;
    let last = -1;
    while (found.length < most && at <= text.length) {
      const match = this.find(text, at);
      if (match === undefined) break;
      const [start, end] = match;
      // An empty match right behind another is none.
      if (start !== end || start !== last) found.push(text.slice(start, end));
      last = end;
      at = end > start ? end : start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
    }
    return found;
  }
}

function push(steps: Step[], step: Step): number {
  if (steps.length >= MOST_STEPS) throw new RegExpSyntaxError('expression too large');
  return steps.push(step) - 1;
}

function write(expression: Expression, steps: Step[]): void {
  switch (expression.op) {
    case 'char':
    case 'assert':
      push(steps, expression);
      return;
    case 'sequence':
      for (const part of expression.parts) write(part, steps);
      return;
    case 'either':
      writeEither(expression.parts, steps);
      return;
    case 'repeat':
      writeRepeat(expression, steps);
      return;
    default:
  }
}

function writeEither(parts: readonly Expression[], steps: Step[]): void {
  const jumps: { to: number }[] = [];
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1) {
      write(part, steps);
      break;
    }
    const split: Step = { op: 'split', first: steps.length + 1, second: 0 };
    push(steps, split);
    write(part, steps);
    const jump: Step = { op: 'jump', to: 0 };
    push(steps, jump);
    jumps.push(jump);
    split.second = steps.length;
  }
  for (const jump of jumps) jump.to = steps.length;
}

function writeRepeat({ part, least, most, greedy }: Expression & { readonly op: 'repeat' }, steps: Step[]): void {
  for (let time = 0; time < least; time += 1) write(part, steps);
  const splits: (Step & { op: 'split' })[] = [];
  const choose = (): number => {
    const split: Step = { op: 'split', first: 0, second: 0 };
    splits.push(split);
    const at = push(steps, split);
    if (greedy) split.first = at + 1;
    else split.second = at + 1;
    return at;
  };
  if (most === Infinity) {
    const at = choose();
    write(part, steps);
    push(steps, { op: 'jump', to: at });
  } else {
    for (let time = least; time < most; time += 1) {
      choose();
      write(part, steps);
    }
  }
  for (const split of splits) {
    if (greedy) split.second = steps.length;
    else split.first = steps.length;
  }
}
