import { systemClock } from '@kubecast/clock';
import { checkTarget } from '../connection/connection-options.ts';
import { checkNumber, checkTimeout, checkWord } from '../check-input.ts';
import { LoaderCore } from './loader-core.ts';
import type { Loader, LoaderOptions } from './loader.ts';

/**
 * Makes a loader. No I/O before the first `want` (or `start`).
 *
 * It never serves a value as current that is not the announced one. An empty answer never means deleted: the last good value stays,
 * stale, until the announced version comes or the id is forgotten. A read that failed is tried again with back-off, at once when
 * Redis is back, and at the latest by `resync`.
 *
 * @throws ConnectionOptionsError, KeyTemplateError, InputError
 */
export function createLoader<P = unknown>(options: LoaderOptions<P>): Loader<P> {
  checkOptions(options);
  return new LoaderCore<P>({ clock: systemClock, ...options });
}

function checkOptions(options: Omit<LoaderOptions, 'decode'>): void {
  checkTarget(options.redis);
  for (const [name, whole] of [
    ['batchSize', true],
    ['inFlight', true],
    ['maxBytesInFlight', false],
    ['payloadBytes', false],
    ['maxValueBytes', false],
    ['retryBaseMs', false],
    ['retryMaxMs', false],
  ] as const)
    checkNumber(name, options[name], 1, whole);
  checkTimeout('commandTimeoutMs', options.commandTimeoutMs);
  checkWord('form', options.form, ['envelope', 'json', 'raw']);
  if (options.primary !== undefined) checkTarget(options.primary);
}
