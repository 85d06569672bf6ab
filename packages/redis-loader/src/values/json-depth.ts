/** Containers that may stand in each other. JSON.stringify and the parsers of other languages fail on what is some thousands deep. */
export const MAX_DEPTH = 1_000;

/** Whether more containers than that stand in each other. The text must be JSON: that is not checked here. */
export function isTooDeep(text: string): boolean {
  // Each container has two brackets.
  if (text.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === 0x22) {
      // A string: up to the quotation mark that no odd number of backslashes stands before.
      for (i += 1; i < text.length && text.charCodeAt(i) !== 0x22; i += 1) if (text.charCodeAt(i) === 0x5c) i += 1;
    } else if (char === 0x5b || char === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (char === 0x5d || char === 0x7d) depth -= 1;
  }
  return false;
}
