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

/** A text without the secrets that are known, and without what has the shape of one. */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let shown = text;
  // The longest first: one may be the beginning of another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) if (secret.length >= 4) shown = shown.replaceAll(secret, SHOWN);
  for (const [pattern, by] of SHAPES) shown = shown.replace(pattern, by);
  return shown;
}
