import { expect, test } from 'vitest';
import { readPath } from '../index.ts';

const pod = { status: { phase: 'Running', containers: [{ restarts: 2 }], nothing: null } };

test('a place is found, missing, or of another type, and nothing throws', () => {
  expect(readPath(pod, ['status', 'phase'], 'string')).toEqual({ state: 'found', value: 'Running' });
  expect(readPath(pod, ['status', 'containers', 0, 'restarts'], 'number')).toEqual({ state: 'found', value: 2 });
  expect(readPath(pod, ['status', 'phase'], 'number')).toEqual({ state: 'wrong-type', found: 'string' });
  expect(readPath(pod, ['status', 'containers'], 'object')).toEqual({ state: 'wrong-type', found: 'array' });
  for (const path of [
    ['spec'],
    ['spec', 'x'],
    ['status', 'nothing'],
    ['status', 'nothing', 'x'],
    ['status', 'phase', 'length'],
    ['status', 'containers', 5],
    ['status', 'containers', 'length'],
  ]) {
    expect(readPath(pod, path, 'string')).toEqual({ state: 'missing' });
  }
  for (const odd of [undefined, null, 5, 'x', []]) expect(readPath(odd, ['a'], 'string')).toEqual({ state: 'missing' });
});

test('what an object inherits is not there', () => {
  expect(readPath({}, ['constructor', 'name'], 'string')).toEqual({ state: 'missing' });
  expect(readPath(JSON.parse('{"__proto__":{"x":"own"}}'), ['__proto__', 'x'], 'string')).toEqual({ state: 'found', value: 'own' });
});
