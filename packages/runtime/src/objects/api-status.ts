import { findCause } from '../thrown.ts';

/**
 * The HTTP status of an API server's refusal, on the error or on what caused it; undefined for other failures. Told by shape: errors of
 * `@kubecast/client` carry it as `statusCode`.
 */
export function statusOf(error: unknown): number | undefined {
  return findCause(error, (at) => ('statusCode' in at && typeof at.statusCode === 'number' ? at.statusCode : undefined));
}

export const isNotFound = (error: unknown): boolean => statusOf(error) === 404;
/** Another wrote first, or made the object first. */
export const isConflict = (error: unknown): boolean => statusOf(error) === 409;

/** The code of an error, or of the first of its causes that has one; '' without. */
export function codeOf(error: unknown): string {
  return findCause(error, (at) => ('code' in at && typeof at.code === 'string' ? at.code : undefined)) ?? '';
}
