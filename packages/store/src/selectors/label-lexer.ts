/** A piece of a selector's text: `end`, a word, or one of the symbols. */
export interface Token {
  readonly kind: 'word' | 'symbol' | 'end';
  readonly text: string;
}

const SYMBOLS = new Set(['=', '!', '(', ')', ',', '>', '<']);
const LONG_SYMBOLS = new Set(['==', '!=']);

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

/**
 * Cuts a selector's text into tokens as apimachinery's lexer does: white space is space, tab, CR and LF and nothing else of Unicode; a NUL ends a
 * word, and where a token would begin it ends the text.
 */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(text[at] ?? '')) at += 1;
    const char = text[at];
    if (char === undefined || char === '\0') break;
    const start = at;
    at += 1;
    if (SYMBOLS.has(char)) {
      if (LONG_SYMBOLS.has(text.slice(start, start + 2))) at += 1;
      tokens.push({ kind: 'symbol', text: text.slice(start, at) });
      // The NUL behind a symbol or a word is read with it.
      if (text[at] === '\0') at += 1;
      continue;
    }
    for (let next = text[at]; next !== undefined && next !== '\0' && !isSpace(next) && !SYMBOLS.has(next); next = text[at]) at += 1;
    tokens.push({ kind: 'word', text: text.slice(start, at) });
    if (text[at] === '\0') at += 1;
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}
