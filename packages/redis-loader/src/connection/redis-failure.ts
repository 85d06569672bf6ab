import { RedisFailedError, type RedisFailureKind } from '../errors.ts';

/** Redis's own refusals, by the first word of their text. */
const BY_WORD: ReadonlyMap<string, RedisFailureKind> = new Map<string, RedisFailureKind>([
  ['LOADING', 'away'],
  ['MASTERDOWN', 'away'],
  ['BUSY', 'away'],
  ['TRYAGAIN', 'away'],
  ['CLUSTERDOWN', 'away'],
  ['UNBLOCKED', 'away'],
  ['READONLY', 'elsewhere'],
  ['MOVED', 'elsewhere'],
  ['ASK', 'elsewhere'],
  ['NOAUTH', 'refused'],
  ['WRONGPASS', 'refused'],
  ['NOPERM', 'refused'],
  ['OOM', 'unwritable'],
  ['MISCONF', 'unwritable'],
  ['NOREPLICAS', 'unwritable'],
  ['WRONGTYPE', 'wrong-type'],
]);

/** What the client says of itself, known by its text only. */
const AWAY =
  /^(?:Connection is closed|Reached the max retries|Stream isn't writeable|None of startup nodes|Failed to refresh slots|All sentinels are unreachable|Too many Cluster redirections|Cluster isn't ready|Cluster is ended|Socket timeout|connect |read E|write E|getaddrinfo )/;
const CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED',
]);

const LOST = 'Connection is closed.';

/** What an error of ioredis or Redis means, and its text without anything that a command carried. */
export interface RedisFailure {
  readonly kind: RedisFailureKind;
  readonly message: string;
}

/**
 * Classifies an error by the first word of its text. `command.args` of an ioredis error holds whole values and passwords, and
 * `previousErrors`, `cert` and `input` more of that: only the text is taken, and of it neither arguments nor URLs.
 */
export function readFailure(error: unknown): RedisFailure {
  const raw = error instanceof Error ? error.message : typeof error === 'string' ? error : 'an unknown failure';
  // The client's own words are about an option that its user never saw.
  const message = raw.startsWith('Reached the max retries') ? LOST : cleanText(raw);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const word = /^[A-Z]+(?= )/.exec(raw)?.[0] ?? '';
  const byWord = BY_WORD.get(word);
  if (byWord !== undefined) return { kind: byWord, message };
  if (raw === 'Command timed out' || raw.startsWith('Socket timeout')) return { kind: 'timeout', message };
  if (/can't run this command or subcommand|can't access at least one of the keys/.test(raw)) return { kind: 'refused', message };
  if (AWAY.test(raw) || CODES.has(code)) return { kind: 'away', message };
  if (/^(?:ERR_TLS|ERR_SSL|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|CERT_)/.test(code)) return { kind: 'away', message: `${message} (${code})` };
  return { kind: 'other', message };
}

/** The failure as an error of this package; its cause has the cleaned text and the original's name, and nothing else. */
export function redisFailed(doing: string, error: unknown): RedisFailedError {
  const { kind, message } = readFailure(error);
  const cause = new Error(message);
  if (error instanceof Error) cause.name = error.name;
  delete cause.stack;
  return new RedisFailedError(kind, `${doing}: ${message}${wayOut(kind, message)}`, { cause });
}

function cleanText(text: string): string {
  return (text.split('\n', 1)[0] ?? '')
    .replace(/,? ?with args beginning with:.*$/u, '')
    .replace(/\b(?:rediss?|https?):\/\/\S*/giu, '<url>')
    .slice(0, 300);
}

function wayOut(kind: RedisFailureKind, message: string): string {
  if (message.startsWith('WRONGPASS'))
    return '; check the user and the password (a URL with only a password is written redis://:password@host)';
  if (message.startsWith('NOAUTH')) return '; give a password';
  if (kind === 'refused') return '; the Redis user needs GET, MGET, and to publish also EVAL, SET, DEL and WAIT on these keys';
  if (kind === 'wrong-type') return '; the key holds no string';
  return '';
}
