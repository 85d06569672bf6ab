import { parseRegExp, RegExpSyntaxError, type Expression, type Test } from './regexp-syntax.ts';

/** One step of a pattern: takes a character, asks about the place, goes on elsewhere, or is done. */
export type Step =
  | { readonly op: 'char'; readonly test: Test }
  | { readonly op: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'match' };

type Written = Step | { readonly op: 'split'; first: number; second: number } | { readonly op: 'jump'; to: number };

const MOST_STEPS = 20_000;

/**
 * A pattern of RE2 as steps, the first is where a match begins. Of the two ways of a split the first is preferred.
 * @throws RegExpSyntaxError
 */
export function regExpSteps(pattern: string): readonly Step[] {
  const steps: Written[] = [];
  write(parseRegExp(pattern), steps);
  push(steps, { op: 'match' });
  return steps;
}

function push(steps: Written[], step: Written): number {
  if (steps.length >= MOST_STEPS) throw new RegExpSyntaxError('expression too large', '');
  return steps.push(step) - 1;
}

function write(expression: Expression, steps: Written[]): void {
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

function writeEither(parts: readonly Expression[], steps: Written[]): void {
  const jumps: { to: number }[] = [];
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1) {
      write(part, steps);
      break;
    }
    const split = { op: 'split' as const, first: steps.length + 1, second: 0 };
    push(steps, split);
    write(part, steps);
    const jump = { op: 'jump' as const, to: 0 };
    push(steps, jump);
    jumps.push(jump);
    split.second = steps.length;
  }
  for (const jump of jumps) jump.to = steps.length;
}

function writeRepeat({ part, least, most, greedy }: Expression & { readonly op: 'repeat' }, steps: Written[]): void {
  for (let time = 0; time < least; time += 1) write(part, steps);
  const splits: { first: number; second: number }[] = [];
  const choose = (): number => {
    const split = { op: 'split' as const, first: 0, second: 0 };
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
