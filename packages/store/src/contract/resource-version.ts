const DECIMAL = /^(?:0|[1-9][0-9]*)$/;

/**
 * Compares two resourceVersions as decimal numbers of any length (KEP-5504). Undefined where one of them is not of that form: then
 * they can be compared for equality only.
 */
export function compareResourceVersions(a: string, b: string): -1 | 0 | 1 | undefined {
  if (a === b) return 0;
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return undefined;
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a < b ? -1 : 1;
}
