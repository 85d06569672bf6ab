import { expect, test } from 'vitest';
import { LazyPayload } from '../../values/lazy-payload.ts';
import { Lanes } from './lanes.ts';
import { makeItem, type Item } from '../loader-item.ts';

const item = (name: string, suspicion = 0, bytes?: number): Item<unknown> => {
  const made = makeItem<unknown>({ id: name, version: '1', owner: { namespace: '', app: '', model: name } }, name);
  made.suspicion = suspicion;
  if (bytes !== undefined) made.held = { payload: LazyPayload.of<unknown>(null), version: '0', forVersion: '0', bytes, weight: bytes };
  return made;
};
const names = (batch: { readonly items: readonly Item<unknown>[] } | undefined): readonly string[] | undefined =>
  batch?.items.map(({ key }) => key);

test('items go in batches of the size, in the order in which they came', () => {
  const lanes = new Lanes({ batchSize: 2, bytesPerBatch: 1e9 });
  for (const name of ['a', 'b', 'c']) lanes.add(item(name), false);
  expect(names(lanes.next(0, true, 1))).toEqual(['a', 'b']);
  expect(names(lanes.next(1, true, 1))).toEqual(['c']);
  expect(lanes.next(2, true, 1)).toBeUndefined();
});

test('a batch holds no more bytes than it may, as far as sizes are known, but always one item', () => {
  const lanes = new Lanes({ batchSize: 10, bytesPerBatch: 100 });
  for (const [name, bytes] of [
    ['a', 60],
    ['b', 60],
    ['big', 500],
    ['c', 10],
  ] as const)
    lanes.add(item(name, 0, bytes), false);
  expect([
    names(lanes.next(0, true, 1)),
    names(lanes.next(0, true, 1)),
    names(lanes.next(0, true, 1)),
    names(lanes.next(0, true, 1)),
  ]).toEqual([['a'], ['b'], ['big'], ['c']]);
});

test('a suspect is asked for alone, in a batch a quarter as large for each failure, and in turn with the others', () => {
  const lanes = new Lanes({ batchSize: 16, bytesPerBatch: 1e9 });
  for (let i = 0; i < 6; i += 1) lanes.add(item(`s${i}`, 1), false);
  lanes.add(item('worse', 2), false);
  lanes.add(item('a'), false);
  expect(lanes.next(1, true, 1)).toBeUndefined();
  const first = lanes.next(0, true, 1);
  expect(first).toMatchObject({ exclusive: true });
  expect(names(first)).toEqual(['s0', 's1', 's2', 's3']);
  expect(names(lanes.next(0, true, 1))).toEqual(['a']);
  expect(names(lanes.next(0, true, 1))).toEqual(['s4', 's5']); // It ends before the one that goes in smaller company.
  expect(names(lanes.next(0, true, 1))).toEqual(['worse']);
});

test('what is for the primary is asked of the others while there is no connection to it', () => {
  const lanes = new Lanes({ batchSize: 16, bytesPerBatch: 1e9 });
  lanes.add(item('p'), true);
  expect(lanes.next(0, false, 1)).toMatchObject({ primary: false });
  lanes.add(item('p'), true);
  expect(lanes.next(0, true, 1)).toMatchObject({ primary: true });
});
