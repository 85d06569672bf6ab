import { InformerOptionsError } from '../errors.ts';
import type { HandlerOptions } from '../contract/informer.ts';
import {
  checkBoolean,
  checkCount,
  checkFields,
  checkFunction,
  checkMs,
  checkSignal,
  checkText,
  wrongOption,
} from '../contract/option-checks.ts';

const HANDLER: readonly (keyof HandlerOptions<unknown>)[] = [
  'filter',
  'resyncMs',
  'buffer',
  'pinnedBytes',
  'workers',
  'overflow',
  'withPrevious',
  'onError',
  'name',
];

/** @throws InformerOptionsError that names the option, its value and the way out */
export function checkHandler(handler: unknown, options: unknown): void {
  if (typeof handler !== 'function') throw wrongOption('handler', handler, 'give a function of a delta');
  checkHandlerFields('handle', options, HANDLER);
}

/** @throws InformerOptionsError */
export function checkDeltas(options: unknown): void {
  checkHandlerFields('deltas', options, [...HANDLER.filter((name) => name !== 'workers'), 'signal']);
  checkSignal('signal', (options as { readonly signal?: unknown }).signal);
}

function checkHandlerFields(of: string, value: unknown, known: readonly string[]): void {
  const options = checkFields(of, value, known);
  const { overflow } = options;
  checkFunction('filter', options['filter']);
  checkFunction('onError', options['onError']);
  checkMs('resyncMs', options['resyncMs'], 0);
  checkCount('buffer', options['buffer'], 1);
  checkCount('pinnedBytes', options['pinnedBytes'], 0, Number.MAX_SAFE_INTEGER);
  checkCount('workers', options['workers'], 1);
  checkBoolean('withPrevious', options['withPrevious']);
  checkText('name', options['name']);
  if (overflow !== undefined && overflow !== 'coalesce' && overflow !== 'resync')
    throw wrongOption('overflow', overflow, 'give "coalesce" or "resync"');
  if (overflow === 'resync' && options['withPrevious'] === true)
    throw new InformerOptionsError(
      'withPrevious: with overflow "resync" changes are dropped, and what came before is not known; leave one of both out',
    );
}
