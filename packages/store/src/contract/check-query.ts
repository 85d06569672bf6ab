import { StoreError } from '../store-error.ts';
import { kindOf } from './check-input.ts';
import type { Query } from './query.ts';

const PARTS = ['cluster', 'namespace', 'labels', 'index', 'namePrefix'] as const satisfies readonly (keyof Query)[];

/**
 * Refuses what is no query before anything is read: a part that is misspelt would hold for every entry, so that all of them are selected.
 *
 * @throws StoreError QUERY_INVALID, which names the part.
 */
export function checkQuery(query: unknown): asserts query is Query {
  if (typeof query !== 'object' || query === null)
    refuse(`select takes a query such as { namespace: 'a' }, and was given ${kindOf(query)}`);
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (!(PARTS as readonly string[]).includes(name))
      refuse(`there is no part ${JSON.stringify(name.slice(0, 100))} of a query; there are ${PARTS.join(', ')}`);
    if (name === 'labels') checkLabels(value);
    else if (name === 'index') checkIndex(value);
    else if (typeof value !== 'string') refuse(`${name} must be a text, and is ${kindOf(value)}`);
  }
}

function checkLabels(labels: unknown): void {
  if (!Array.isArray((labels as { readonly requirements?: unknown } | null)?.requirements))
    refuse(`labels must be a selector that parseLabelSelector or labelSelectorFromObject gives, and is ${kindOf(labels)}`);
}

function checkIndex(index: unknown): void {
  const { name, value } = (typeof index === 'object' && index !== null ? index : {}) as {
    readonly name?: unknown;
    readonly value?: unknown;
  };
  if (typeof name !== 'string' || typeof value !== 'string') refuse('index must be { name, value }, which are texts');
}

function refuse(problem: string): never {
  throw new StoreError('QUERY_INVALID', problem);
}
