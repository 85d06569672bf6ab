import { checkHotOptions, HOT_OPTIONS, type GivenHotOptions } from '../entries/hot-options.ts';
import { checkNames } from '../contract/check-input.ts';
import { StoreError } from '../store-error.ts';

/** The options of a store as a program in JavaScript may give them. */
export interface GivenOptions extends GivenHotOptions {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly drop?: unknown;
  readonly transform?: unknown;
  readonly compareVersions?: unknown;
  readonly indexes?: unknown;
  readonly shared?: unknown;
}

const OPTIONS = ['apiVersion', 'kind', 'indexes', 'drop', 'transform', 'compareVersions', ...HOT_OPTIONS, 'shared'];

/** @throws StoreError OPTIONS_INVALID, which names the option. */
export function checkOptions(options: GivenOptions): void {
  if (typeof options !== 'object' || (options as object | null) === null)
    refuse('the options of a store', 'an object with apiVersion and kind');
  checkNames(options, OPTIONS, 'the options of a store');
  const { apiVersion, kind, drop, indexes, shared } = options;
  if (typeof apiVersion !== 'string' || apiVersion === '') refuse('apiVersion', 'a text such as `apps/v1`');
  if (typeof kind !== 'string' || kind === '') refuse('kind', 'a text such as `Deployment`');
  for (const name of ['transform', 'compareVersions'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function') refuse(name, 'a function');
  checkHotOptions(options);
  if (indexes !== undefined && (typeof indexes !== 'object' || indexes === null)) refuse('indexes', 'an object of extractors');
  if (shared !== undefined && typeof shared !== 'boolean' && (typeof shared !== 'object' || shared === null || Array.isArray(shared)))
    refuse('shared', 'true or an object such as { recordBytes, indexBytes }');
  if (typeof shared === 'object') checkNames(shared as object, ['recordBytes', 'indexBytes', 'leaseMs', 'clock'], 'shared');
  if (drop !== undefined && !(Array.isArray(drop) && drop.every(isPath)))
    refuse('drop', "a list of paths such as [['metadata', 'managedFields']]");
}

/**
 * The values that an extractor gave, each once, in a list of their own, since an extractor may give the same list again.
 * @throws StoreError INDEX_VALUES_INVALID for anything but a list of texts: a text alone would be taken apart into its letters.
 */
export function checkedValues(values: unknown, index: string): readonly string[] {
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'string'))
    throw new StoreError(
      'INDEX_VALUES_INVALID',
      `the extractor of the index ${JSON.stringify(index)} gave something else than a list of texts; give [] for an object that the index leaves out`,
    );
  return values.length === 1 ? [values[0] as string] : [...new Set(values as string[])];
}

function isPath(path: unknown): boolean {
  return Array.isArray(path) && path.every((step) => typeof step === 'string');
}

function refuse(option: string, wanted: string): never {
  throw new StoreError('OPTIONS_INVALID', `${option} must be ${wanted}`);
}
