import { expect, test } from 'vitest';
import { followNamespaces, InformerOptionsError, InformerStoppedError, scopeId } from '../index.ts';
import type { ScopeStatus } from '../index.ts';
import { createModelRig } from '../testing/index.ts';
import type { ModelRig } from '../testing/index.ts';

/** How a promise stands after everything that needs no time has settled. */
async function stateOf(rig: ModelRig, promise: Promise<unknown>): Promise<string> {
  let state = 'pending';
  promise.then(
    () => (state = 'resolved'),
    (error: unknown) => (state = error instanceof InformerStoppedError ? 'STOPPED' : String(error)),
  );
  await rig.clock.settle();
  return state;
}

const receipt = { key: { cluster: '', namespace: 'default', name: 'new' }, uid: 'u', version: '999999', gone: false };

test('after stop() nothing can be begun, nothing waits, and no stream is opened', async () => {
  const rig = createModelRig({ keeps: true });
  rig.server.put('default', 'a', 1);
  const { informer } = rig;
  informer.start();
  await rig.clock.settle();
  await informer.stop();
  const asked = rig.api.requests.length;
  const begun: [string, () => unknown][] = [
    ['start', () => informer.start()],
    ['handle', () => informer.handle(() => undefined)],
    ['onStatus', () => informer.onStatus(() => undefined)],
    ['addIndex', () => informer.addIndex('i', () => [])],
    ['setNamespaces', () => informer.setNamespaces(['x'])],
    ['setNamespaces', () => informer.setNamespaces([''])],
    ['addCluster', () => informer.addCluster({ cluster: 'east', source: rig.api.source('') })],
    ['removeCluster', () => informer.removeCluster('')],
  ];
  for (const [name, body] of begun) expect(body, name).toThrow(InformerStoppedError);
  expect(await stateOf(rig, informer.waitFor(receipt, { deadlineMs: 60_000 }))).toBe('STOPPED');
  expect(await stateOf(rig, informer.waitFor({ scope: scopeId(''), version: '999999' }, { deadlineMs: 60_000 }))).toBe('STOPPED');
  expect(await stateOf(rig, informer.waitFor({ scope: scopeId('x'), version: '1' }, { deadlineMs: 60_000 }))).toBe('STOPPED');
  // What the view shows stays true.
  expect(await stateOf(rig, informer.waitFor({ scope: scopeId(''), version: '96' }, { deadlineMs: 60_000 }))).toBe('resolved');
  expect(await stateOf(rig, informer.whenSynced())).toBe('resolved');
  expect(await stateOf(rig, informer.save())).toBe('STOPPED');
  expect(await stateOf(rig, informer.stop())).toBe('resolved');
  expect(informer.view.size).toBe(1);
  expect(informer.writeBarrier({ namespace: 'default', name: 'a' }).held?.version).toBe('96');
  await rig.clock.advance(100_000);
  expect([rig.api.requests.length, rig.api.open, rig.clock.pending, informer.handlers.length]).toEqual([asked, 0, 0, 0]);
  expect(informer.scopes().map(({ state }) => state)).toEqual(['Stopped']);
});

test('an informer that is stopped before it was started says so, and never waits', async () => {
  const rig = createModelRig();
  const synced = rig.informer.whenSynced();
  const handle = rig.informer.handle(() => undefined);
  const waiting = [stateOf(rig, synced), stateOf(rig, handle.synced)];
  const stopped = stateOf(rig, rig.informer.stop());
  expect(await Promise.all([...waiting, stopped])).toEqual(['STOPPED', 'STOPPED', 'resolved']);
  expect(await stateOf(rig, rig.informer.whenSynced())).toBe('STOPPED');
  expect(rig.informer.scopes()[0]?.state).toBe('Stopped');
  expect(() => rig.informer.start()).toThrow(InformerStoppedError);
  expect([rig.api.requests.length, rig.clock.pending]).toEqual([0, 0]);
});

test('all that waits when stop() is called is told at once, whatever the streams do; later calls give the same promise', async () => {
  const rig = createModelRig();
  rig.api.plan('any', { hang: true }, 10);
  rig.informer.start();
  await rig.clock.settle();
  const waiting = [rig.informer.whenSynced(), rig.informer.waitFor(receipt, { deadlineMs: 60_000 }), rig.informer.deltas().next()];
  const stopped = rig.informer.stop();
  expect(rig.informer.stop()).toBe(stopped);
  expect(await Promise.all(waiting.map((promise) => stateOf(rig, promise)))).toEqual(['STOPPED', 'STOPPED', 'resolved']);
  await stopped;
  expect([rig.api.open, rig.clock.pending]).toEqual([0, 0]);
});

test('an informer can be stopped by its own handler, listener and report, and started twice', async () => {
  const rig = createModelRig();
  for (let i = 0; i < 5; i += 1) rig.server.put('default', `thing-${i}`, i);
  let calls = 0;
  rig.informer.handle(async () => {
    calls += 1;
    await rig.informer.stop();
  });
  rig.informer.start();
  rig.informer.start();
  await rig.clock.settle();
  expect(calls).toBeGreaterThan(0);
  const before = calls;
  await rig.clock.advance(1000);
  expect([calls, rig.api.open, rig.api.requests.length]).toEqual([before, 0, 1]);

  const other = createModelRig();
  const states: ScopeStatus['state'][] = [];
  other.informer.onStatus(({ state }) => {
    states.push(state);
    if (state === 'Watching') void other.informer.stop();
  });
  other.informer.start();
  await other.clock.settle();
  expect(states.at(-1)).toBe('Stopped');
  expect(other.api.open).toBe(0);
});

test('a status listener that is registered twice is called twice, and each undo takes one away', async () => {
  const rig = createModelRig();
  let calls = 0;
  const listener = (): void => void (calls += 1);
  const first = rig.informer.onStatus(listener);
  rig.informer.onStatus(listener);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  rig.informer.start();
  await rig.clock.settle();
  expect(calls).toBe(2);
  await rig.informer.stop();
});

test('a follower never lets anybody wait for what cannot come', async () => {
  const things = createModelRig({ namespaces: [] });
  const namespaces = createModelRig({ type: { group: '', version: 'v1', kind: 'Thing', plural: 'things', scope: 'Cluster' } });
  const disposed = followNamespaces(things.informer, { namespaces: namespaces.informer, selector: '' });
  disposed[Symbol.dispose]();
  expect(await stateOf(things, disposed.ready)).toBe('STOPPED');
  const follower = followNamespaces(things.informer, { namespaces: namespaces.informer, selector: '' });
  await namespaces.informer.stop();
  expect(await stateOf(things, follower.ready)).toBe('STOPPED');
  expect([follower.state, follower.reason]).toEqual(['waiting', 'the informer of the namespaces that are followed was stopped']);
  expect(() => followNamespaces(things.informer, { namespaces: namespaces.informer, selector: '' })).toThrow(InformerStoppedError);
  await things.informer.stop();
});

test('a follower whose own informer is stopped keeps what it set, and says why', async () => {
  const things = createModelRig({ namespaces: [] });
  const namespaces = createModelRig({ type: { group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things', scope: 'Cluster' } });
  namespaces.server.put('', 'a', 1);
  const follower = followNamespaces(things.informer, { namespaces: namespaces.informer, selector: '' });
  namespaces.informer.start();
  await follower.ready;
  await things.informer.stop();
  namespaces.server.put('', 'b', 1);
  await namespaces.clock.settle();
  expect([follower.state, follower.namespaces, follower.reason]).toEqual(['kept', ['a'], 'the informer of things was stopped']);
  await namespaces.informer.stop();
});

test('a listener of a follower that rejects costs nothing, and one that is no function is refused', async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  const rig = createModelRig();
  const namespaces = createModelRig();
  const follower = followNamespaces(rig.informer, { namespaces: namespaces.informer, selector: 'a=b' });
  expect(() => follower.onChange(undefined as never)).toThrow(InformerOptionsError);
  let called = 0;
  const listener = (): never => {
    called += 1;
    return Promise.reject(new Error('a listener that rejects')) as never;
  };
  follower.onChange(listener);
  follower.onChange(listener)[Symbol.dispose]();
  await namespaces.informer.stop();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', onUnhandled);
  expect([called, unhandled, follower.state]).toEqual([1, [], 'waiting']);
});

test('a follower of an informer that is stopped before there is an answer lets nobody wait', async () => {
  const rig = createModelRig();
  const namespaces = createModelRig();
  const follower = followNamespaces(rig.informer, { namespaces: namespaces.informer, selector: 'a=b' });
  await rig.informer.stop();
  namespaces.informer.start();
  await namespaces.clock.settle();
  await expect(follower.ready).rejects.toBeInstanceOf(InformerStoppedError);
  expect([follower.state, follower.reason]).toEqual(['waiting', 'the informer of things was stopped']);
  await namespaces.informer.stop();
});
