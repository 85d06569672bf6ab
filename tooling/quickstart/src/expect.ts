/** What a step expected and did not see: the message is for the one who reads the report. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new StepFailed(message);
}

const POLL_MS = 2;

/**
 * Asks again, at most every 2 ms, until `look` is satisfied (returns undefined) or the deadline passes; then fails with what it said last.
 * Returns the milliseconds that it took.
 */
export async function eventually(what: string, look: () => Promise<string | undefined>, deadlineMs = 10_000): Promise<number> {
  const start = performance.now();
  for (;;) {
    let missing: string | undefined;
    try {
      missing = await look();
    } catch (error) {
      missing = error instanceof Error ? error.message : String(error);
    }
    const elapsed = performance.now() - start;
    if (missing === undefined) return elapsed;
    if (elapsed > deadlineMs) throw new StepFailed(`${what}: not within ${deadlineMs / 1000} s; last seen: ${missing}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
