import { PatternAutomaton } from './pattern-automaton.ts';
import { RegExpSyntaxError } from './regexp-syntax.ts';

/** Size of the cache of compiled patterns, which is bounded because patterns come from outside. */
const MOST_PATTERNS = 1000;

const read = new Map<string, PatternAutomaton | RegExpSyntaxError>();

function readPattern(pattern: string): PatternAutomaton | RegExpSyntaxError {
  let found = read.get(pattern);
  if (found === undefined) {
    try {
      found = new PatternAutomaton(pattern);
    } catch (error) {
      if (!(error instanceof RegExpSyntaxError)) throw error;
      found = error;
    }
    if (read.size >= MOST_PATTERNS) read.clear();
    read.set(pattern, found);
  }
  return found;
}

/** Whether a text matches a pattern. An invalid pattern matches everything: the server accepts no schema with it. */
export function fitsPattern(pattern: string, text: string): boolean {
  const found = readPattern(pattern);
  return found instanceof RegExpSyntaxError || found.test(text);
}

/** What is wrong with a pattern, in the words of the API server; undefined if it is one. */
export function patternProblem(pattern: string): string | undefined {
  const found = readPattern(pattern);
  return found instanceof RegExpSyntaxError ? found.message : undefined;
}
