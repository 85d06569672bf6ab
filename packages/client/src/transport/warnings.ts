/** The texts of `Warning: 299 - "text"` headers (RFC 7234 5.5, as the API server sends them); the runtime joins several by a comma. */
export function parseWarnings(header: string | undefined): readonly string[] {
  if (header === undefined || header === '') return [];
  const texts: string[] = [];
  for (const match of header.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) texts.push((match[1] ?? '').replace(/\\(.)/g, '$1'));
  return texts;
}
