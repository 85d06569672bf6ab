import { StoreError } from '../store-error.ts';

/** When an object is kept parsed, and how many are. */
export interface HotOptions {
  /** Bytes of heap that parsed objects may take, reckoned as four times their JSON. 0: none is kept. Default 32 MiB. */
  readonly hotBytes?: number;
  /** How often an object is read from its bytes within one window before it is kept parsed, 1 to 15. 1: at its first read. Default 2. */
  readonly hotReads?: number;
  /** The length of a window, counted in reads from bytes of whatever object, 1,024 to 2^31 - 1. Windows follow one another; each begins its counts at 0. Default 65,536. */
  readonly hotWindow?: number;
}

/** The names of the options, for those who refuse others. */
export const HOT_OPTIONS: readonly string[] = ['hotBytes', 'hotReads', 'hotWindow'];

/** The options as a program in JavaScript may give them. */
export interface GivenHotOptions {
  readonly hotBytes?: unknown;
  readonly hotReads?: unknown;
  readonly hotWindow?: unknown;
}

/** @throws StoreError OPTIONS_INVALID, which names the option and its range. */
export function checkHotOptions(options: GivenHotOptions): void {
  const { hotBytes, hotReads, hotWindow } = options;
  if (hotBytes !== undefined && !(typeof hotBytes === 'number' && hotBytes >= 0))
    refuse('hotBytes', hotBytes, 'a number of bytes, 0 or more');
  if (hotReads !== undefined && !isWithin(hotReads, 1, 15)) refuse('hotReads', hotReads, 'an integer from 1 to 15');
  if (hotWindow !== undefined && !isWithin(hotWindow, 1024, 0x7fff_ffff))
    refuse('hotWindow', hotWindow, 'an integer from 1024 to 2147483647');
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function refuse(option: string, given: unknown, wanted: string): never {
  const shown =
    typeof given === 'string'
      ? JSON.stringify(given.slice(0, 64))
      : typeof given === 'number'
        ? String(given)
        : `a value of type ${typeof given}`;
  throw new StoreError('OPTIONS_INVALID', `${option} must be ${wanted}, not ${shown}`);
}
