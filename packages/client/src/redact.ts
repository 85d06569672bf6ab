const SHOWN = '***';

/** Shapes that secrets come in, for texts of other programs: nobody can say which words of theirs are secret. */
const SHAPES: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/-----BEGIN [^-]*-----[\s\S]*?(?:-----END [^-]*-----|$)/g, SHOWN],
  // A user and a password in a URL.
  [/:\/\/[^\s/@]+@/g, `://${SHOWN}@`],
  [/\b(Bearer|Basic)\s+[^\s"',]+/gi, `$1 ${SHOWN}`],
  [
    /((?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|authorization|credentials?)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s"',;}]+)/gi,
    `$1${SHOWN}`,
  ],
  [/\beyJ[\w-]+(?:\.[\w-]*)*/g, SHOWN],
  // A key, a digest: nothing that people write is so long.
  [/[A-Za-z0-9+_=-]{32,}/g, SHOWN],
];

/**
 * Takes the credentials of one request out of texts: a server that repeats them, as in the message of a Status, must not have them logged. By their
 * exact text alone, since names in such a text may be as long as a key. Undefined where there are none.
 */
export function hiderOf(credentials: {
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
}): ((text: string) => string) | undefined {
  const { token, username, password } = credentials;
  if (token === undefined && username === undefined && password === undefined) return undefined;
  // Made when the first text is to be shown: most answers show none.
  let forms: ReadonlySet<string> | undefined;
  return (text) => withoutSecrets(text, (forms ??= formsOf(credentials)));
}

function formsOf({ token, username, password }: Parameters<typeof hiderOf>[0]): ReadonlySet<string> {
  const basic = username === undefined ? undefined : Buffer.from(`${username}:${password ?? ''}`, 'utf8').toString('base64');
  const secrets = [token, password, basic].filter((secret) => secret !== undefined);
  // As a header shows it, one character a byte, and as JSON within a text does.
  return new Set(
    secrets.flatMap((secret) => [secret, Buffer.from(secret, 'utf8').toString('latin1'), JSON.stringify(secret).slice(1, -1)]),
  );
}

/** The longest first: one may be the beginning of another. A text of three characters is part of any word. */
function withoutSecrets(text: string, secrets: Iterable<string>): string {
  let shown = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) if (secret.length >= 4) shown = shown.replaceAll(secret, SHOWN);
  return shown;
}

/** A text without the secrets that are known, and without what has the shape of one. */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let shown = withoutSecrets(text, secrets);
  for (const [pattern, by] of SHAPES) shown = shown.replace(pattern, by);
  return shown;
}
