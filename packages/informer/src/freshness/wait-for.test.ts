import { expect, test } from 'vitest';
import type { WriteReceipt } from '@kubecast/client';
import { isInformerError, isWaitTimeoutError, scopeId } from '../index.ts';
import type { ScopeStatus } from '../index.ts';
import { createModelRig } from '../testing/index.ts';
import type { ModelObject, ModelRig } from '../testing/index.ts';

async function synced(options: Parameters<typeof createModelRig>[0] = {}): Promise<ModelRig> {
  const rig = createModelRig(options);
  for (let i = 0; i < 3; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.informer.start();
  await rig.clock.settle();
  return rig;
}

const receipt = (object: ModelObject, gone = false, version: string | undefined = String(object.rv)): WriteReceipt => ({
  key: { cluster: '', namespace: object.namespace, name: object.name },
  uid: object.uid,
  gone,
  ...(version === undefined ? {} : { version }),
});

/** Watches whether a promise settled, without waiting for it. */
function outcome(promise: Promise<void>): { now: string } {
  const state = { now: 'waiting' };
  promise.then(
    () => {
      state.now = 'done';
    },
    (error: unknown) => {
      state.now = String((error as { code?: string }).code ?? error);
    },
  );
  return state;
}

test('a write can be waited for: it is in the view when the promise resolves', async () => {
  const rig = await synced();
  rig.server.lag(true);
  const written = rig.server.put('default', 'thing-1', 50);
  const state = outcome(rig.informer.waitFor(receipt(written), { deadlineMs: 5000 }));
  await rig.clock.advance(1000);
  expect(state.now).toBe('waiting');
  rig.server.lag(false);
  await rig.clock.settle();
  expect(state.now).toBe('done');
  expect(rig.informer.view.get(receipt(written).key)?.spec.payload).toBe(50);
  await rig.informer.stop();
});

test('a write that was overtaken by another, by a delete or by a relabelling is waited for no longer than that', async () => {
  const rig = await synced({ labelSelector: 'sel=yes' });
  rig.server.lag(true);
  const first = rig.server.put('default', 'thing-0', 50);
  rig.server.put('default', 'thing-0', 51);
  const second = rig.server.put('default', 'thing-1', 60);
  rig.server.delete('default', 'thing-1');
  const third = rig.server.put('default', 'thing-2', 70);
  rig.server.put('default', 'thing-2', 71, { sel: 'no' });
  const states = [first, second, third].map((object) => outcome(rig.informer.waitFor(receipt(object), { deadlineMs: 5000 })));
  await rig.clock.advance(100);
  expect(states.map((state) => state.now)).toEqual(['waiting', 'waiting', 'waiting']);
  rig.server.lag(false);
  await rig.clock.settle();
  expect(states.map((state) => state.now)).toEqual(['done', 'done', 'done']);
  await rig.informer.stop();
});

test('a delete is waited for by UID: a new object under the name does not count as the old one', async () => {
  const rig = await synced();
  const old = receipt({ namespace: 'default', name: 'thing-1', uid: 'uid-2', rv: 97, labels: {}, payload: 1 }, true, undefined);
  const { version: _, ...gone } = old;
  rig.server.lag(true);
  rig.server.delete('default', 'thing-1');
  rig.server.put('default', 'thing-1', 7);
  const state = outcome(rig.informer.waitFor(gone, { deadlineMs: 5000 }));
  await rig.clock.advance(100);
  expect(state.now).toBe('waiting');
  rig.server.lag(false);
  await rig.clock.settle();
  expect(state.now).toBe('done');
  await rig.informer.stop();
});

test('a receipt without a uid, as of an eviction, waits for the end of whatever has the name, and for nothing else', async () => {
  const rig = await synced();
  const unnamed = { key: { cluster: '', namespace: 'default', name: 'thing-1' }, uid: '' };
  const evicted = outcome(rig.informer.waitFor({ ...unnamed, gone: false }, { deadlineMs: 5000 }));
  const ended = outcome(rig.informer.waitFor({ ...unnamed, gone: true }, { deadlineMs: 5000 }));
  await rig.clock.advance(100);
  expect([evicted.now, ended.now]).toEqual(['done', 'waiting']);
  rig.server.delete('default', 'thing-1');
  await rig.clock.settle();
  expect(ended.now).toBe('done');
  await rig.informer.stop();
});

test('a version of a scope can be waited for, and a bookmark reaches it as well as an event', async () => {
  const rig = await synced();
  rig.server.otherWrite();
  const version = String(rig.server.rev);
  const state = outcome(rig.informer.waitFor({ scope: scopeId(''), version }, { deadlineMs: 100_000 }));
  await rig.clock.advance(50_000);
  expect(state.now).toBe('waiting');
  await rig.clock.advance(11_000);
  expect(state.now).toBe('done');
  await rig.informer.stop();
});

test('the deadline is a typed error that names what was waited for, and leaves no timer behind', async () => {
  const rig = await synced();
  const timers = rig.clock.pending;
  const promise = rig.informer.waitFor({ scope: scopeId(''), version: '100000' }, { deadlineMs: 5000 });
  const failed = promise.catch((error: unknown) => error);
  await rig.clock.advance(5001);
  const error = await failed;
  expect(isWaitTimeoutError(error) && isInformerError(error)).toBe(true);
  expect(String(error)).toContain('100000');
  expect(rig.clock.pending).toBe(timers);
  await rig.informer.stop();
});

test('an aborted wait rejects with the signal’s reason; a stopped informer rejects those who still wait', async () => {
  const rig = await synced();
  const abort = new AbortController();
  const aborted = outcome(rig.informer.waitFor({ scope: scopeId(''), version: '100000' }, { deadlineMs: 5000, signal: abort.signal }));
  const stopped = outcome(rig.informer.waitFor({ scope: scopeId(''), version: '100000' }, { deadlineMs: 5000 }));
  abort.abort(new Error('enough'));
  await rig.clock.settle();
  expect(aborted.now).toContain('enough');
  await rig.informer.stop();
  expect(stopped.now).toBe('STOPPED');
  expect(rig.clock.pending).toBe(0);
});

test('whenSynced resolves with a complete list in the view, at once if it is there', async () => {
  const rig = createModelRig();
  rig.server.put('default', 'a', 1);
  const state = outcome(rig.informer.whenSynced());
  rig.informer.start();
  await rig.clock.settle();
  expect(state.now).toBe('done');
  await rig.informer.whenSynced();
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('freshness is told per scope: the version, and the age since the last event or bookmark', async () => {
  const rig = await synced();
  expect(rig.informer.scopes()[0]).toMatchObject({ resourceVersion: '98', ageMs: 0, synced: true });
  await rig.clock.advance(30_000);
  expect(rig.informer.scopes()[0]?.ageMs).toBe(30_000);
  await rig.clock.advance(31_000);
  expect(rig.informer.scopes()[0]?.ageMs).toBe(1000);
  for (let i = 0; i < 60; i += 1) {
    await rig.clock.advance(10_000);
    expect(rig.informer.scopes()[0]?.ageMs).toBeLessThanOrEqual(75_000);
  }
  await rig.informer.stop();
});

test('a wait whose signal was aborted before it began rejects with the signal’s reason, and keeps nothing', async () => {
  const rig = createModelRig();
  rig.informer.start();
  await rig.clock.settle();
  const reason = new Error('not any more');
  const signal = AbortSignal.abort(reason);
  const { scope, resourceVersion: version } = rig.informer.scopes()[0] as ScopeStatus;
  await expect(rig.informer.whenSynced(signal)).rejects.toBe(reason);
  await expect(rig.informer.waitFor({ scope, version }, { deadlineMs: 1000, signal })).rejects.toBe(reason);
  await expect(rig.informer.waitFor({ scope, version: '999' }, { deadlineMs: 1000, signal })).rejects.toBe(reason);
  await rig.informer.stop();
  expect(rig.clock.pending).toBe(0);
});
