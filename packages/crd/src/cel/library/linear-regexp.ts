import { regExpSteps, type Step } from '../../regexp/regexp-steps.ts';
import { spend } from './work-budget.ts';

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
    this.#steps = regExpSteps(pattern);
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
