/** How far chains of causes are followed. */
const MOST_CAUSES = 16;

/**
 * The first of an error and its causes for which `find` gives something. Anything may be thrown: a revoked proxy, an error whose members throw.
 * What cannot be read ends the search.
 */
export function findCause<V>(thrown: unknown, find: (error: Error) => V | undefined): V | undefined {
  try {
    let at = thrown;
    for (let depth = 0; depth < MOST_CAUSES && at instanceof Error; depth += 1) {
      const found = find(at);
      if (found !== undefined) return found;
      at = at.cause;
    }
  } catch {
    // It cannot be read.
  }
  return undefined;
}

/** The message of what was thrown, whatever it is. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'an error that cannot be shown';
  }
}
