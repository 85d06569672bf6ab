/** Where lines go: pino's shape, so that a pino logger is one. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = 'info' | 'warn' | 'error';

/** One line of JSON for each call, on standard error. A stream that is closed costs the line, not the process. */
export function stderrLogger(options: { readonly wall?: () => number; readonly write?: (line: string) => void } = {}): Logger {
  // console.error swallows the errors of its stream; process.stderr.write would end the process with EPIPE.
  const { wall = Date.now, write = (line) => console.error(line) } = options;
  const at =
    (level: LogLevel) =>
    (fields: object, message: string): void => {
      write(JSON.stringify({ time: new Date(wall()).toISOString(), level, msg: message, ...fields }));
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** Words before a value that nobody may read, alone or at the end of a longer word: `clientSecret`, `X-Auth-Token`. */
const WORDS =
  'passw(?:or)?d|passphrase|pwd|token|secret|api[-_]?key|access[-_]?key|private[-_]?key|key-data|credentials?|authorization|cookie';
/** A word, its quote (within JSON within JSON: `\"`), and what stands before the value. */
const named = (words: string): string => String.raw`((?:${words})(?:\\*["'])?\s*[:=]\s*(?:\[\s*)?)`;

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, '$1 ***'],
  [/\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?/g, '***'],
  // To the last @ before the path: a password may hold one.
  [/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/"'<>]+@/gi, '$1***@'],
  // A value in quotes goes up to its own closing quote.
  [new RegExp(`${named(WORDS)}(["'])(?:\\\\.|(?!\\2)[^\\r\\n\\\\])*`, 'gi'), '$1$2***'],
  [new RegExp(`${named(WORDS)}(\\\\+)(["'])(?:(?!(?<!\\\\)\\2\\3)[^\\r\\n])*`, 'gi'), '$1$2$3***'],
  // A header's whole value: schemes differ, and so do their parts.
  [new RegExp(`${named('authorization|cookie')}(?!\\\\*["'])[^\\r\\n]+`, 'gi'), '$1***'],
  [new RegExp(`${named(WORDS)}(?!\\*\\*\\*|\\\\*["'])[^\\s"',;&}\\\\]+`, 'gi'), '$1***'],
  [/(--[a-z-]{0,30}(?:password|token|secret)\s+)(?!-)[^\s"']+/gi, '$1***'],
];

/** A text with what looks like a secret taken out: errors of programs and of their libraries carry URLs, headers and options. */
export function redact(text: string): string {
  return SECRETS.reduce((left, [pattern, by]) => left.replace(pattern, by), text);
}

const MOST_TEXT = 1_000;

/** A value of a line: a text is cut, well formed and without secrets; numbers and booleans are as they are. */
export function loggable(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return value;
  // Cut first: the patterns need not search a megabyte.
  const text = redact((typeof value === 'string' ? value : textOf(value)).slice(0, 4 * MOST_TEXT));
  return (text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT - 1)}…`).toWellFormed();
}

/** What is thrown, in words; at most the messages of four causes. Never throws. */
export function textOf(thrown: unknown): string {
  try {
    const words: string[] = [];
    let at = thrown;
    for (let depth = 0; depth < 5 && at instanceof Error; depth += 1) {
      const text = at.message === '' ? at.name : at.message;
      // Many errors repeat their cause's words.
      if (!words.some((said) => said.includes(text))) words.push(text);
      at = at.cause;
    }
    return words.length > 0 ? words.join(': ') : String(thrown);
  } catch {
    return 'an error that cannot be shown';
  }
}
