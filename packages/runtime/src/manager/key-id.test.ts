import { expect, test } from 'vitest';
import { keyId, keyOfId } from './key-id.ts';

const parts = ['', 'a', 'a/b', '/', '%', '%2F', '%25', 'a%2Fb', '__proto__', '\0', 'x'.repeat(253)];

test('a key is written as people write it, no two keys share their text, and the text gives the key back', () => {
  expect(keyId({ cluster: '', namespace: 'n', name: 'a' })).toBe('n/a');
  expect(keyId({ cluster: '', namespace: '', name: 'a' })).toBe('/a');
  expect(keyId({ cluster: 'eu', namespace: 'n', name: 'a' })).toBe('eu/n/a');
  const ids = new Set<string>();
  for (const cluster of parts)
    for (const namespace of parts)
      for (const name of parts) {
        const id = keyId({ cluster, namespace, name });
        ids.add(id);
        expect(keyOfId(id)).toEqual({ cluster, namespace, name });
      }
  expect(ids.size).toBe(parts.length ** 3);
});

test('what is no key is refused, and a text that is none gives nothing', () => {
  expect(() => keyId({ cluster: '', namespace: 'n' } as never)).toThrow('a key has a name and a namespace');
  expect(() => keyId({ name: 'n' } as never)).toThrow('a key has a name and a namespace');
  for (const id of ['', 'a', 'a/b/c/d']) expect(keyOfId(id)).toBeUndefined();
});
