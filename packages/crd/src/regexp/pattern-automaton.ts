import { regExpSteps, type Step } from './regexp-steps.ts';

/** Where a match can stand at one place of a text: the steps that are reached, and what came before, as far as a step may ask for it. */
interface State {
  readonly reached: readonly number[];
  /** The character before this place; one for all that no assertion tells apart; empty at the start. */
  readonly before: string;
  readonly ascii: (State | undefined)[];
  readonly others: Map<number, State>;
  ends: boolean | undefined;
}

/** Of one pattern; more are forgotten and made anew, so that memory stays bounded and time linear. */
const MOST_STATES = 500;
const MOST_OTHERS = 1000;

/**
 * Whether a text holds a match of an RE2 pattern, as `pattern` in a schema means it: not anchored. Every character is looked at once, whatever the
 * pattern, where JavaScript's own RegExp may take for ever on one that a stranger wrote. States are made as texts need them and kept, so
 * that a pattern that is used often costs one look into a table for each character.
 */
export class PatternAutomaton {
  readonly #steps: readonly Step[];
  readonly #seen: Uint32Array;
  #round = 0;
  #states = new Map<string, State>();
  #start: State;
  /** The state from which everything matches. */
  readonly #matched: State = { reached: [], before: '', ascii: [], others: new Map(), ends: true };

  /** @throws RegExpSyntaxError */
  constructor(pattern: string) {
    this.#steps = regExpSteps(pattern);
    this.#seen = new Uint32Array(this.#steps.length);
    this.#start = this.#state([], '');
  }

  test(text: string): boolean {
    const matched = this.#matched;
    let state = this.#start;
    for (let at = 0; at < text.length; at += 1) {
      let code = text.charCodeAt(at);
      let next: State | undefined;
      if (code < 128) {
        next = state.ascii[code] ?? this.#move(state, code);
      } else {
        code = text.codePointAt(at) as number;
        if (code > 0xffff) at += 1;
        next = state.others.get(code) ?? this.#move(state, code);
      }
      if (next === matched) return true;
      state = next;
    }
    return (state.ends ??= this.#follow(state, '') === undefined);
  }

  #move(from: State, code: number): State {
    const character = String.fromCodePoint(code);
    const reached = this.#follow(from, character);
    const next = reached === undefined ? this.#matched : this.#state(reached, toldAs(character));
    if (code < 128) from.ascii[code] = next;
    else if (from.others.size < MOST_OTHERS) from.others.set(code, next);
    return next;
  }

  #state(reached: number[], before: string): State {
    const key = `${before}:${reached.sort((a, b) => a - b).join(',')}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      if (this.#states.size >= MOST_STATES) {
        this.#states.clear();
        this.#start = this.#state([], '');
      }
      state = { reached, before, ascii: [], others: new Map(), ends: undefined };
      this.#states.set(key, state);
    }
    return state;
  }

  /** The steps behind `character`, for those that are reached before it and for a match that begins here; undefined once there is a match. */
  #follow({ reached, before }: State, character: string): number[] | undefined {
    const around = before + character;
    const code = character === '' ? -1 : (character.codePointAt(0) as number);
    const seen = this.#seen;
    if (++this.#round === 2 ** 32 - 1) {
      seen.fill(0);
      this.#round = 1;
    }
    const behind: number[] = [];
    const stack = [...reached, 0];
    while (stack.length > 0) {
      const index = stack.pop() as number;
      if (seen[index] === this.#round) continue;
      seen[index] = this.#round;
      const step = this.#steps[index] as Step;
      if (step.op === 'match') return undefined;
      if (step.op === 'jump') stack.push(step.to);
      else if (step.op === 'split') stack.push(step.second, step.first);
      else if (step.op === 'char') {
        if (code >= 0 && step.test(code)) behind.push(index + 1);
      } else if (step.holds(around, before.length)) stack.push(index + 1);
    }
    return behind;
  }
}

/** One character for all that assertions do not tell apart: they ask for ends of lines and of words. */
function toldAs(character: string): string {
  if (character === '\n') return character;
  return /^\w$/.test(character) ? 'a' : ' ';
}
