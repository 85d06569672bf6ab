/** Redis's glob patterns (KEYS, SCAN MATCH, CONFIG GET): `*`, `?`, `[a-c]`, `[^a]`, and `\` for the character itself. On latin1 text. */
export function matchesGlob(pattern: string, text: string): boolean {
  let source = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern[i] as string;
    if (char === '*') source += '[^]*';
    else if (char === '?') source += '[^]';
    else if (char === '\\' && i + 1 < pattern.length) source += escape(pattern[(i += 1)] as string);
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 2);
      if (end < 0) source += escape(char);
      else {
        const inner = pattern.slice(i + 1, end);
        source += `[${inner.startsWith('^') ? '^' : ''}${inner.replace(/^\^/u, '').replaceAll(/[\]\\^]/gu, '\\$&')}]`;
        i = end;
      }
    } else source += escape(char);
  }
  return new RegExp(`^${source}$`).test(text);
}

const escape = (char: string): string => char.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
