/** The last line of an output that is a JSON object; undefined if there is none. */
export function lastJsonLine(output: string): Record<string, unknown> | undefined {
  for (const line of output.trim().split('\n').reverse()) {
    if (!line.startsWith('{')) continue;
    try {
      return JSON.parse(line) as Record<string, unknown>;
    } catch {
      // A line that was cut: an earlier one may be whole.
    }
  }
  return undefined;
}

/** A result in one line. */
export function describeResult(result: Readonly<Record<string, unknown>>): string {
  return `${result['ok'] === true ? 'held' : 'FAILED'} on ${String(result['date'])} at ${String(result['commit'])} in ${String(result['seconds'])} s`;
}
