/** The texts of `Warning: 299 - "text"` headers (RFC 7234 5.5, as the API server sends them); the runtime joins several by a comma. */
export function parseWarnings(header: string | undefined): readonly string[] {
  if (header === undefined || header === '') return [];
  const texts: string[] = [];
  for (const match of decoded(header).matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) texts.push((match[1] ?? '').replace(/\\(.)/g, '$1'));
  return texts;
}

/** Headers come as one character a byte; the API server writes UTF-8. What is no UTF-8 stays as it is. */
function decoded(header: string): string {
  if (!/[\x80-\xff]/.test(header) || /[^\0-\xff]/.test(header)) return header;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(header, (character) => character.charCodeAt(0)));
  } catch {
    return header;
  }
}
