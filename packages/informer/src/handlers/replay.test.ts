import { createObjectStore, encodeKey } from '@kubecast/store';
import type { ObjectStore } from '@kubecast/store';
import { testRecord } from '@kubecast/store/testing';
import { expect, test } from 'vitest';
import { createModelRig, lineOf } from '../testing/index.ts';
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

test('a scope that went and came again while a handler was busy is handed out once: the walk that waited leaves it to the one that comes later', async () => {
  for (const [before, between] of [
    [['a', 'b'], ['a']],
    // The walk over all namespaces waits, and one of them is added to those that were kept.
    [[''], ['a']],
  ] as const) {
    const rig = createModelRig({ namespaces: before });
    rig.server.put('a', 'w', 1);
    rig.server.put('a', 'x', 2);
    rig.server.put('b', 'y', 3);
    rig.informer.start();
    await rig.clock.settle();
    const lines: string[] = [];
    const holding: (() => void)[] = [];
    const handle = rig.informer.handle(
      (delta) => {
        lines.push(lineOf(delta));
        return new Promise<void>((resolve) => holding.push(resolve));
      },
      { workers: 1 },
    );
    rig.informer.setNamespaces(between);
    rig.server.put('b', 'z', 4);
    rig.informer.setNamespaces(['a', 'b']);
    await rig.clock.settle();
    while (holding.length > 0) {
      for (const go of holding.splice(0)) go();
      await rig.clock.settle();
    }
    expect(lines).toEqual([
      'added a/w uid-1@96 1 (initial)',
      'added a/x uid-2@97 2 (initial)',
      'added b/y uid-3@98 3 (initial)',
      'added b/z uid-4@99 4 (initial)',
    ]);
    expect([handle.hasSynced, handle.waiting]).toEqual([true, 0]);
    await rig.informer.stop();
  }
});
