import { ClosedError, ConfigError, CredentialsError, RequestError } from '@kubecast/client';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { createInformerFactory, followNamespaces, ScopeFailedError, scopeId } from '../index.ts';
import type { ReflectorState } from '../index.ts';
import { createModelRig, ModelApi, ModelServer, statuses, thingType } from '../testing/index.ts';
import type { ModelRig } from '../testing/index.ts';
import type { ModelFault } from '../testing/model-source.ts';

/** How a promise stands after everything that needs no time has settled. */
async function stateOf(rig: Pick<ModelRig, 'clock'>, promise: Promise<unknown>): Promise<string> {
  let state = 'pending';
  promise.then(
    () => (state = 'resolved'),
    (error: unknown) => (state = (error as Error).name),
  );
  await rig.clock.settle();
  return state;
}

const closed = (): ModelFault => ({ throws: new ClosedError() });

/** Each state in which a scope can be without a complete list, and what brings it there. */
const healing: readonly (readonly [ReflectorState, string, ModelFault])[] = [
  ['Streaming', 'a list that does not come', { hang: true }],
  ['BackingOff', 'a broken connection', { throws: new Error('socket hang up') }],
  ['BackingOff', 'no credentials', { throws: new CredentialsError('the plugin failed') }],
  ['BackingOff', '429', { throws: Object.assign(new Error('slow down'), { statusCode: 429 }) }],
  ['BackingOff', '500', { throws: Object.assign(new Error('oops'), { statusCode: 500 }) }],
  ['BackingOff', '410', { throws: Object.assign(new Error('gone'), { statusCode: 410, reason: 'Expired' }) }],
  ['Stale', '400', { throws: Object.assign(new Error('bad'), { statusCode: 400 }) }],
  ['Forbidden', '403', { throws: Object.assign(new Error('no'), { statusCode: 403 }) }],
  ['Forbidden', '401', { throws: Object.assign(new Error('who'), { statusCode: 401 }) }],
  ['Gone', '404', { throws: Object.assign(new Error('none'), { statusCode: 404 }) }],
  ['Failed', 'a configuration that cannot be used', { throws: new ConfigError('no such user') }],
  ['Failed', 'a request that cannot be sent', { throws: new RequestError('a line break') }],
  ['Failed', 'a bug of the source', { throws: new TypeError('x is not a function') }],
];

test.each(healing)('whenSynced waits while a scope is %s for %s, and resolves when that is mended', async (state, _what, fault) => {
  const rig = createModelRig();
  rig.server.put('default', 'a', 1);
  rig.api.plan('any', fault, 100_000);
  const handle = rig.informer.handle(() => undefined);
  const before = rig.informer.whenSynced();
  rig.informer.start();
  expect(await stateOf(rig, before)).toBe('pending');
  await rig.clock.advance(20_000);
  expect(rig.state()).toBe(state);
  const amid = rig.informer.whenSynced();
  expect([await stateOf(rig, before), await stateOf(rig, amid), await stateOf(rig, handle.synced)]).toEqual([
    'pending',
    'pending',
    'pending',
  ]);
  rig.api.calm();
  await rig.clock.advance(600_000);
  expect([await stateOf(rig, before), await stateOf(rig, amid), await stateOf(rig, handle.synced)]).toEqual([
    'resolved',
    'resolved',
    'resolved',
  ]);
  await rig.informer.stop();
  expect(rig.clock.pending).toBe(0);
});

test('whenSynced waits while an informer is Idle, and in a Regressed scope that has its list it resolves', async () => {
  const rig = createModelRig();
  const waiting = rig.informer.whenSynced();
  await rig.clock.advance(600_000);
  expect([rig.state(), await stateOf(rig, waiting)]).toEqual(['Idle', 'pending']);
  rig.server.put('default', 'a', 1);
  rig.informer.start();
  await rig.clock.settle();
  const barrier = rig.informer.writeBarrier({ namespace: 'default', name: 'a' });
  rig.api.plan('any', { hang: true }, 10);
  rig.informer.observeReceipt({ key: barrier.key, uid: 'uid-2', version: '1', gone: false }, barrier);
  expect([rig.state(), await stateOf(rig, rig.informer.whenSynced())]).toEqual(['Regressed', 'resolved']);
  await rig.informer.stop();
});

test('a scope whose client was closed before its first list rejects all that wait for it, at once and later, with the reason', async () => {
  const rig = createModelRig({ namespaces: ['n'] });
  const early = rig.informer.handle(() => undefined);
  const waiting = rig.informer.whenSynced();
  rig.api.plan('any', closed(), 10);
  rig.informer.start();
  expect(await stateOf(rig, waiting)).toBe('ScopeFailedError');
  const error = await rig.informer.whenSynced().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ScopeFailedError);
  expect(error).toMatchObject({
    code: 'SCOPE_FAILED',
    scope: scopeId('n'),
    message: expect.stringContaining('no list of things in the namespace n: the client was closed under the informer') as string,
    cause: { code: 'CLIENT_CLOSED' },
  });
  const late = rig.informer.handle(() => undefined);
  expect([await stateOf(rig, early.synced), await stateOf(rig, late.synced)]).toEqual(['ScopeFailedError', 'ScopeFailedError']);
  const reason = new Error('mine');
  await expect(rig.informer.whenSynced(AbortSignal.abort(reason))).rejects.toBe(reason);
  await rig.informer.stop();
  expect(await stateOf(rig, rig.informer.whenSynced())).toBe('InformerStoppedError');
});

test('a view that is complete stays so when its client is closed, and another client makes a joint view complete again', async () => {
  const rig = createModelRig();
  rig.informer.start();
  await rig.informer.whenSynced();
  rig.api.plan('any', closed(), 10);
  rig.server.cut();
  await rig.clock.advance(10_000);
  expect([rig.state(), await stateOf(rig, rig.informer.whenSynced())]).toEqual(['Failed', 'resolved']);

  const other = new ModelApi(new ModelServer(rig.clock));
  other.plan('any', closed(), 10);
  const fresh = createModelRig({ clock: rig.clock });
  fresh.informer.start();
  await fresh.informer.whenSynced();
  fresh.informer.addCluster({ cluster: 'east', source: other.source('') });
  const joint = fresh.informer.whenSynced().catch((error: unknown) => String(error));
  await rig.clock.settle();
  expect(await joint).toContain('of the cluster east');
  fresh.informer.removeCluster('east');
  other.calm();
  fresh.informer.addCluster({ cluster: 'east', source: other.source('') });
  await fresh.informer.whenSynced();
  expect(fresh.informer.hasSynced).toBe(true);
  await Promise.all([rig.informer.stop(), fresh.informer.stop()]);
});

test('the lease of a factory and a follower are told as well', async () => {
  const clock = createVirtualClock();
  const api = new ModelApi(new ModelServer(clock));
  api.plan('any', closed(), 10);
  const factory = createInformerFactory({ clock, source: (namespace) => api.source(namespace) });
  const lease = factory.informer(thingType);
  const things = createModelRig({ clock, namespaces: [] });
  const follower = followNamespaces(things.informer, { namespaces: lease, selector: '' });
  const [synced, ready] = [lease.whenSynced(), follower.ready];
  lease.start();
  expect([await stateOf({ clock }, synced), await stateOf({ clock }, ready)]).toEqual(['ScopeFailedError', 'ScopeFailedError']);
  expect(follower.reason).toContain('the informer of the namespaces that are followed failed: no list of things in all namespaces');
  await factory.stop();
  await things.informer.stop();
});

test('statuses that a list answers with are waited out as well', async () => {
  const rig = createModelRig();
  rig.api.plan('any', { status: statuses.expired }, 3);
  const waiting = rig.informer.whenSynced();
  rig.informer.start();
  await rig.clock.advance(60_000);
  expect(await stateOf(rig, waiting)).toBe('resolved');
  await rig.informer.stop();
});
