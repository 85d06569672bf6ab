import { expect, test } from 'vitest';
import type { WriteReceipt } from '@kubecast/client';
import { createModelRig } from '../testing/index.ts';
import type { ModelObject, ModelRig } from '../testing/index.ts';

async function synced(options: Parameters<typeof createModelRig>[0] = {}): Promise<ModelRig> {
  const rig = createModelRig(options);
  for (let i = 0; i < 5; i += 1) rig.server.put('default', `thing-${i}`, i, { sel: 'yes' });
  rig.informer.start();
  await rig.clock.settle();
  return rig;
}

const keyOf = (name: string) => ({ cluster: '', namespace: 'default', name });
const receiptOf = ({ name, uid, rv }: Pick<ModelObject, 'name' | 'uid' | 'rv'>): WriteReceipt => ({
  key: keyOf(name),
  uid,
  version: String(rv),
  gone: false,
});

test('a write answered below what was seen before it shows Regressed, and the old state that is still listed is not believed', async () => {
  const rig = await synced();
  const barrier = rig.informer.writeBarrier(keyOf('new'));
  const before = rig.held();
  // etcd was restored under the API server: the write goes to the copy, and the cache still shows what is gone.
  const low = rig.server.rev - 2;
  const receipt = receiptOf({ name: 'new', uid: 'uid-of-the-new', rv: low });
  let shown = false;
  const waiting = rig.informer.waitFor(receipt, { deadlineMs: 600_000, after: barrier }).then(() => (shown = true));
  expect(rig.state()).toBe('Regressed');
  await rig.clock.advance(120_000);
  expect(rig.state()).toBe('Regressed');
  expect(rig.held()).toEqual(before);
  expect(rig.informer.scopes()[0]?.epoch).toBe(1);
  expect(shown).toBe(false);
  // The API server is started again, on the restored state.
  rig.server.restore(low);
  await rig.clock.advance(40_000);
  expect(rig.state()).toBe('Watching');
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.held()).not.toEqual(before);
  expect(rig.informer.scopes()[0]?.epoch).toBe(2);
  await waiting;
  await rig.informer.stop();
});

test('while the old state is shown it is asked for by a list of nobody, not by whole lists', async () => {
  const rig = await synced();
  const barrier = rig.informer.writeBarrier(keyOf('new'));
  const asked = rig.api.requests.length;
  expect(rig.informer.observeReceipt(receiptOf({ name: 'new', uid: 'u', rv: 1 }), barrier)).toBe(true);
  await rig.clock.advance(120_000);
  const kinds = new Set(rig.api.requests.slice(asked).map((request) => request.kind));
  expect([...kinds]).toEqual(['probe']);
  await rig.informer.stop();
});

test('a server that moves on from where it stood still is believed again', async () => {
  const rig = await synced();
  const barrier = rig.informer.writeBarrier(keyOf('new'));
  rig.informer.observeReceipt(receiptOf({ name: 'new', uid: 'u', rv: 1 }), barrier);
  await rig.clock.advance(60_000);
  rig.server.put('default', 'thing-0', 77);
  await rig.clock.advance(40_000);
  expect(rig.state()).toBe('Watching');
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a write that changed nothing is answered with the old version, and proves nothing', async () => {
  const rig = await synced();
  const barrier = rig.informer.writeBarrier(keyOf('thing-1'));
  const stands = rig.server.state().get('default/thing-1');
  if (stands === undefined) throw new Error('thing-1 does not stand');
  expect(rig.informer.observeReceipt(receiptOf(stands), barrier)).toBe(false);
  expect(rig.state()).toBe('Watching');
  await rig.informer.stop();
});

test('a version between what the view holds of the object and what it has seen proves that the server went back', async () => {
  const rig = await synced();
  const barrier = rig.informer.writeBarrier(keyOf('thing-1'));
  const stands = rig.server.state().get('default/thing-1');
  if (stands === undefined) throw new Error('thing-1 does not stand');
  expect(rig.informer.observeReceipt({ ...receiptOf(stands), version: String(stands.rv + 1) }, barrier)).toBe(true);
  expect(rig.state()).toBe('Regressed');
  await rig.informer.stop();
});

test('an object that a selector keeps out of the view proves nothing, and neither does a delete or a later write', async () => {
  const rig = await synced({ labelSelector: 'sel=yes' });
  const out = rig.informer.writeBarrier(keyOf('hidden'));
  expect(rig.informer.observeReceipt(receiptOf({ name: 'hidden', uid: 'u', rv: 1 }), out)).toBe(false);
  const barrier = rig.informer.writeBarrier(keyOf('thing-1'));
  const stands = rig.server.state().get('default/thing-1');
  if (stands === undefined) throw new Error('thing-1 does not stand');
  expect(rig.informer.observeReceipt({ ...receiptOf(stands), version: '1', gone: true }, barrier)).toBe(false);
  const later = rig.server.put('default', 'thing-1', 9, { sel: 'yes' });
  await rig.clock.settle();
  expect(rig.informer.observeReceipt(receiptOf(later), barrier)).toBe(false);
  expect(rig.state()).toBe('Watching');
  await rig.informer.stop();
});

test('a barrier of before the server was found to have gone back proves nothing any more', async () => {
  const rig = await synced();
  const barrier = rig.informer.writeBarrier(keyOf('new'));
  rig.server.restore(rig.server.rev - 2);
  await rig.clock.advance(60_000);
  expect(rig.informer.scopes()[0]?.epoch).toBe(2);
  expect(rig.informer.observeReceipt(receiptOf({ name: 'new', uid: 'u', rv: rig.server.rev }), barrier)).toBe(false);
  await rig.informer.stop();
});

test('a key without its cluster is that of the one cluster: barriers, receipts and reads', async () => {
  const rig = await synced();
  const bare = { namespace: 'default', name: 'thing-1' };
  const barrier = rig.informer.writeBarrier(bare);
  expect(barrier).toEqual(rig.informer.writeBarrier({ cluster: '', ...bare }));
  expect(barrier.held?.uid).toBe(rig.informer.view.entry(bare)?.uid);
  expect(rig.informer.view.get(bare)?.spec.payload).toBe(1);
  const written = rig.server.put('default', 'thing-1', 9, { sel: 'yes' });
  const receipt = { ...receiptOf(written), key: bare };
  expect(rig.informer.observeReceipt(receipt as WriteReceipt, barrier)).toBe(false);
  await rig.informer.waitFor(receipt as WriteReceipt, { deadlineMs: 1000, after: barrier });
  expect(rig.informer.view.get(bare)?.spec.payload).toBe(9);
  await rig.informer.stop();
});
