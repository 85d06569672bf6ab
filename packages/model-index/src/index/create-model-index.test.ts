import { expect, test } from 'vitest';
import { createModelIndex, type ModelIndexOptions } from './create-model-index.ts';

test.each<[string, unknown]>([
  ['namespace: a name must be a string, not null', { namespace: null }],
  ['namespace: a name must be a string, not a number', { namespace: ['a', 5] }],
  ['namespace: a name stands in the list twice', { namespace: ['a', 'a'] }],
  ['resyncMs: NaN is no number of milliseconds', { resyncMs: Number.NaN }],
  ['resyncMs: -1 is no number of milliseconds', { resyncMs: -1 }],
])('options that cannot work are refused by name: %s', (message, options) => {
  const client = {} as ModelIndexOptions['client'];
  expect(() => createModelIndex({ client, redis: 'redis://127.0.0.1:6379', ...(options as object) })).toThrow(message);
});
