import { exactTextOf } from '@kubecast/exact-json';
import type { Entry } from '../contract/entry.ts';
import { JsonPath } from '@kubecast/json-bytes';
import { PackedEntry } from '../entries/packed-entry.ts';
import type { IndexExtractor } from '../contract/writer.ts';

const INTEGER = /^-?\d+$/;

/**
 * An index by what stands at a path: a text, a number or a boolean as its text (an integer with all its digits); `*` is every element of an array. It is cut from the bytes that
 * the store keeps, so an object need not be parsed to be indexed, which is some five times as fast as an extractor that reads `value`.
 *
 * `indexes: { app: byField('spec', 'app'), model: byField('spec', 'models', '*', 'name') }`
 */
export function byField(...path: readonly string[]): IndexExtractor<unknown> {
  const fields = new JsonPath(path);
  // These two are not kept: every object of a store has them alike.
  const kept = path.length > 0 && path[0] !== 'apiVersion' && path[0] !== 'kind';
  return (entry) => (kept && entry instanceof PackedEntry ? fields.read(entry.json()) : fromValue(entry, path));
}

interface Place {
  readonly value: unknown;
  /** Of a number that a double cannot hold. */
  readonly digits?: string | undefined;
}

function fromValue(entry: Entry<unknown>, path: readonly string[]): readonly string[] {
  let places: Place[] = [{ value: entry.value }];
  for (const step of path) {
    places = places.flatMap(({ value }): Place[] => {
      if (typeof value !== 'object' || value === null) return [];
      if (Array.isArray(value))
        return step === '*' ? value.map((item: unknown, i) => ({ value: item, digits: exactTextOf(value, i) })) : [];
      return Object.hasOwn(value, step) ? [{ value: (value as Record<string, unknown>)[step], digits: exactTextOf(value, step) }] : [];
    });
  }
  return places.flatMap(({ value, digits }) => {
    if (digits !== undefined && INTEGER.test(digits)) return [digits];
    return ['string', 'number', 'boolean'].includes(typeof value) ? [String(value)] : [];
  });
}
