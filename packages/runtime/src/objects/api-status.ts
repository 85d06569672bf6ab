/**
 * The HTTP status of an API server's refusal, on the error or on what caused it; undefined for other failures. Told by shape: errors of
 * `@kubecast/client` carry it as `statusCode`.
 */
function statusOf(error: unknown): number | undefined {
  let at = error;
  for (let depth = 0; depth < 16 && at instanceof Error; depth += 1) {
    if ('statusCode' in at && typeof at.statusCode === 'number') return at.statusCode;
    at = at.cause;
  }
  return undefined;
}

export const isNotFound = (error: unknown): boolean => statusOf(error) === 404;
/** Another wrote first, or made the object first. */
export const isConflict = (error: unknown): boolean => statusOf(error) === 409;
