import { expect, expectTypeOf, test } from 'vitest';
import type { Delta } from '../index.ts';
import { createModelRig } from '../testing/index.ts';
import type { ModelRig, Thing } from '../testing/index.ts';

async function synced(count = 0): Promise<ModelRig> {
  const rig = createModelRig();
  for (let i = 0; i < count; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.informer.start();
  await rig.clock.settle();
  return rig;
}

const END = { done: true, value: undefined };

test('return() and throw() end an iteration at once while a next() waits, which resolves as done', async () => {
  const rig = await synced();
  const returned = rig.informer.deltas();
  const waiting = returned.next();
  expect(await returned.return?.()).toEqual(END);
  expect(await waiting).toEqual(END);
  expect(await returned.next()).toEqual(END);
  const thrown = rig.informer.deltas();
  const also = [thrown.next(), thrown.next()];
  await expect(thrown.throw?.(new Error('enough'))).rejects.toThrow('enough');
  expect(await Promise.all(also)).toEqual([END, END]);
  expect(await thrown.next()).toEqual(END);
  expect(await thrown.return?.()).toEqual(END);
  expect(rig.informer.handlers).toEqual([]);
  await rig.informer.stop();
});

test('`await using` and a break take the handler away', async () => {
  const rig = await synced(3);
  const disposed = rig.informer.deltas();
  expect((await disposed.next()).value?.entry.key.name).toBe('thing-0');
  expect(rig.informer.handlers).toHaveLength(1);
  const waiting = [disposed.next(), disposed.next(), disposed.next()];
  await disposed[Symbol.asyncDispose]();
  await disposed[Symbol.asyncDispose]();
  expect((await Promise.all(waiting)).at(-1)).toEqual(END);
  expect(rig.informer.handlers).toEqual([]);
  for await (const delta of rig.informer.deltas()) {
    expect(delta.type).toBe('added');
    break;
  }
  expect(rig.informer.handlers).toEqual([]);
  await rig.informer.stop();
});

test('an abort and a stop end an iteration that waits, and one that was not begun', async () => {
  const rig = await synced();
  const abort = new AbortController();
  const aborted = rig.informer.deltas({ signal: abort.signal });
  const unbegun = rig.informer.deltas({ signal: abort.signal });
  const waiting = aborted.next();
  abort.abort();
  expect([await waiting, await unbegun.next()]).toEqual([END, END]);
  const stopped = rig.informer.deltas();
  const late = rig.informer.deltas();
  const pending = stopped.next();
  await rig.informer.stop();
  expect([await pending, await late.next(), await rig.informer.deltas().next()]).toEqual([END, END, END]);
});

test('an iterator that nobody uses keeps nothing, and several calls of next() get their deltas in order', async () => {
  const rig = await synced(4);
  const unused = rig.informer.deltas();
  expect(rig.informer.handlers).toEqual([]);
  const iterator = rig.informer.deltas();
  const names = (await Promise.all([iterator.next(), iterator.next(), iterator.next()])).map(({ value }) => value?.entry.key.name);
  expect(names).toEqual(['thing-0', 'thing-1', 'thing-2']);
  // The third is settled by the next call, and only then.
  const [handle] = rig.informer.handlers;
  expect(handle?.hasSynced).toBe(false);
  expect((await iterator.next()).value?.entry.key.name).toBe('thing-3');
  const last = iterator.next();
  await handle?.synced;
  await iterator.return?.();
  expect(await last).toEqual(END);
  expect(await unused.return?.()).toEqual(END);
  expect(await unused.next()).toEqual(END);
  await rig.informer.stop();
});

test('an iterator is typed as its deltas', () => {
  const iterator = createModelRig().informer.deltas();
  expectTypeOf(iterator.next()).resolves.toExtend<IteratorResult<Delta<Thing>, undefined>>();
  expectTypeOf(iterator).toExtend<AsyncIterable<Delta<Thing>>>();
  expectTypeOf(iterator).toExtend<AsyncDisposable>();
});
