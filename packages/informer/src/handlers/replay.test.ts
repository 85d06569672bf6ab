import { createObjectStore, encodeKey } from '@kubecast/store';
import type { ObjectStore } from '@kubecast/store';
import { testRecord } from '@kubecast/store/testing';
import { expect, test } from 'vitest';
import { PASSED, Replay } from './replay.ts';

/** More changed keys than a snapshot can take back. */
const TOO_MANY = 65_537;

function storeOf(names: readonly string[]): ObjectStore<object> {
  const store = createObjectStore<object>({ apiVersion: 'v1', kind: 'Thing' });
  for (const name of names) store.put(testRecord({ namespace: 'n', name }));
  return store;
}

function walked(replay: Replay<object>, store: ObjectStore<object>): string[] {
  const names: string[] = [];
  for (let entry = replay.next(encodeKey); entry !== undefined; entry = replay.next(encodeKey)) {
    if (entry === PASSED) continue;
    names.push(entry.key.name);
    // After its first object so much changes that the picture expires.
    if (names.length === 1) for (let i = 0; i < TOO_MANY; i += 1) store.put(testRecord({ namespace: 'a', name: `o${i}` }));
  }
  return names;
}

test('a replay that stands in for what was dropped comes to its end, also where its picture expires on the way', () => {
  const store = storeOf(['a', 'b', 'c']);
  expect(walked(new Replay(store.view, {}, 'resync', false, () => undefined, true), store)).toEqual(['a', 'b', 'c']);
});

test('a periodic resync ends where its picture expires, and a first replay goes on', () => {
  const resynced = storeOf(['a', 'b', 'c']);
  expect(walked(new Replay(resynced.view, {}, 'resync', false, () => undefined), resynced)).toEqual(['a']);
  const first = storeOf(['a', 'b', 'c']);
  expect(walked(new Replay(first.view, {}, 'initial', true, () => undefined), first)).toEqual(['a', 'b', 'c']);
});
