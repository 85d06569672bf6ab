import { systemClock } from '@kubecast/clock';
import { LoaderCore } from './loader-core.ts';
import type { Loader, LoaderOptions } from './loader.ts';

/**
 * Makes a loader. No I/O before the first `want` (or `start`).
 *
 * It never serves a value as current that is not the announced one. An empty answer never means deleted: the last good value stays,
 * stale, until the announced version comes or the id is forgotten. A read that failed is tried again with back-off, at once when
 * Redis is back, and at the latest by `resync`.
 *
 * @throws ConnectionOptionsError, KeyTemplateError
 */
export function createLoader<P = unknown>(options: LoaderOptions<P>): Loader<P> {
  return new LoaderCore<P>({ clock: systemClock, ...options });
}
