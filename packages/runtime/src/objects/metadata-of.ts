import { RuntimeOptionsError } from '../errors.ts';

/** The metadata of an object, in which nothing is null. @throws RuntimeOptionsError for what has none, such as an object that was not found */
export function metadataOf<M extends object>(object: { readonly metadata: M }, method: string): M {
  const metadata: unknown = (object as { readonly metadata?: unknown } | null | undefined)?.metadata;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw new RuntimeOptionsError(`${method} takes an object with metadata, as the server gave it`);
  return metadata as M;
}
