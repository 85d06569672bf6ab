import { expect, test } from 'vitest';
import { createModelRig, lineOf } from '../testing/index.ts';
import type { ModelRig } from '../testing/index.ts';

/** A server that tells in which form it shows its objects. */
async function telling(form: () => Promise<string | undefined>): Promise<{ rig: ModelRig; asked: () => number; lines: string[] }> {
  let asked = 0;
  const rig = createModelRig({
    api: {
      form: () => {
        asked += 1;
        return form();
      },
    },
  });
  for (let i = 0; i < 3; i += 1) rig.server.put('default', `thing-${i}`, i);
  const lines: string[] = [];
  rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  rig.informer.start();
  await rig.clock.settle();
  return { rig, asked: () => asked, lines };
}

const lists = (rig: ModelRig): number => rig.informer.scopes()[0]?.counters.lists ?? NaN;

test('a change of the CRD after which the watch may be resumed is found by the form that the server tells, and listed over', async () => {
  let form = 'one';
  const { rig, lines } = await telling(() => Promise.resolve(form));
  lines.length = 0;
  // A write in the old form carries the reader past the change; then the streams end.
  rig.server.put('default', 'thing-0', 7);
  await rig.clock.settle();
  form = 'two';
  rig.server.reshape((payload) => payload + 1000, true);
  await rig.clock.advance(3000);
  expect(rig.held()).toEqual(rig.truth());
  expect(lists(rig)).toBe(2);
  expect(lines.slice(1).sort()).toEqual([
    'updated default/thing-0 uid-1@99 1007 (relist)',
    'updated default/thing-1 uid-2@97 1001 (relist)',
    'updated default/thing-2 uid-3@98 1002 (relist)',
  ]);
  await rig.informer.stop();
});

test('where the server tells the new form late, it is found a little later, amid the watch', async () => {
  let form = 'one';
  const { rig } = await telling(() => Promise.resolve(form));
  rig.server.reshape((payload) => payload + 1000, true);
  await rig.clock.advance(3000);
  expect(lists(rig)).toBe(1);
  form = 'two';
  await rig.clock.advance(10_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(lists(rig)).toBe(2);
  await rig.informer.stop();
});

test('a form that was not known when the objects were listed counts as another one', async () => {
  let form = '';
  const { rig } = await telling(() => Promise.resolve(form));
  rig.server.reshape((payload) => payload + 1000, true);
  form = 'one';
  await rig.clock.advance(3000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('an unchanged form, one that cannot be had, and a watch that lived its time cost no list', async () => {
  for (const form of [() => Promise.resolve('one'), () => Promise.resolve(undefined), () => Promise.reject(new Error('no answer'))]) {
    const { rig, asked } = await telling(form);
    rig.server.cut();
    await rig.clock.advance(30_000);
    expect(lists(rig)).toBe(1);
    expect(rig.state()).toBe('Watching');
    const before = asked();
    await rig.clock.advance(1_500_000);
    expect(asked()).toBe(before);
    expect(lists(rig)).toBe(1);
    await rig.informer.stop();
    expect(rig.clock.pending).toBe(0);
  }
});

test('a question about the form that is never answered does not keep an informer from stopping', async () => {
  const { rig } = await telling(() => new Promise(() => undefined));
  await rig.informer.stop();
  expect(rig.state()).toBe('Stopped');
});
