import type { Delta } from '@kubecast/informer';
import { expect, test } from 'vitest';
import { isGone } from './state-ends.ts';

test.each([
  ['deleted', 'deleted', true],
  ['deleted', 'deleted-or-unmatched', true],
  ['deleted', 'unknown', false],
  ['deleted', 'scope-removed', false],
  ['added', undefined, false],
  ['updated', undefined, false],
])('a state ends where its object was deleted or left the selector, and where it may come back it stays: %s, %s', (type, cause, gone) => {
  expect(isGone({ type, cause } as Delta<unknown>)).toBe(gone);
});
