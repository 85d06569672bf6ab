/** Containers that may stand in each other. JSON.stringify and the parsers of other languages fail on what is some thousands deep. */
export const MAX_DEPTH = 1_000;

/**
 * Whether more containers than that stand in each other. The text must be JSON: that is not checked here. What stands between brackets and quotation marks is
 * skipped by the runtime's own search, since this is done for each value that is read.
 */
export function isTooDeep(text: string): boolean {
  // Each container has two brackets.
  if (text.length <= 2 * MAX_DEPTH) return false;
  const mark = /["[\]{}]/g;
  let depth = 0;
  while (mark.test(text)) {
    const char = text.charCodeAt(mark.lastIndex - 1);
    if (char === 0x22) {
      const end = endOfString(text, mark.lastIndex);
      if (end < 0) return false;
      mark.lastIndex = end + 1;
    } else if (char === 0x5b || char === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else depth -= 1;
  }
  return false;
}

/** The quotation mark that ends the string whose first character is at `from`: no odd number of backslashes stands before it. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  for (; end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (before > from && text.charCodeAt(before - 1) === 0x5c) before -= 1;
    if ((end - before) % 2 === 0) break;
  }
  return end;
}
