import { configMapType, namespaceType, type Condition } from '@kubecast/crd';
import { expect, test } from 'vitest';
import { findCondition, isConditionTrue, withCondition } from './conditions.ts';
import { createOrUpdate } from './create-or-update.ts';
import { createFinalizer } from './finalizer.ts';
import { patchStatus } from './status-patch.ts';
import { toMicroTime, toTime } from '../timing/micro-time.ts';
import { controllerOf, ownerReference, withController, withoutOwner, withOwner } from './owner-references.ts';

const owner = { metadata: { namespace: 'a', name: 'o', uid: 'u1' } };
const dependent = { metadata: { namespace: 'a', name: 'd' } };

test('an owner is compared by UID: another object of the same name is another owner', () => {
  const first = withController(dependent, configMapType, owner);
  expect(controllerOf({ metadata: { ownerReferences: [...first] } })).toMatchObject({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    uid: 'u1',
    controller: true,
    blockOwnerDeletion: true,
  });
  const again = { metadata: { ...dependent.metadata, ownerReferences: [...first] } };
  expect(() => withController(again, configMapType, { metadata: { ...owner.metadata, uid: 'u2' } })).toThrow(
    'already controlled by ConfigMap o (uid u1)',
  );
  expect(withOwner(again, configMapType, { metadata: { ...owner.metadata, uid: 'u2' } })).toHaveLength(2);
  expect(withoutOwner(again, owner)).toEqual([]);
});

test('naming an owner again keeps that it is the controller', () => {
  const again = { metadata: { ...dependent.metadata, ownerReferences: [...withController(dependent, configMapType, owner)] } };
  expect(withOwner(again, configMapType, owner)).toMatchObject([{ controller: true, blockOwnerDeletion: true }]);
});

test('an owner in another namespace, for which the garbage collector would delete the dependent, is refused', () => {
  expect(() => withOwner(dependent, configMapType, { metadata: { namespace: 'b', name: 'o', uid: 'u' } })).toThrow(
    'the garbage collector would delete a/d',
  );
  expect(() => withOwner({ metadata: { name: 'd' } }, configMapType, owner)).toThrow('cluster-scoped');
  expect(withOwner(dependent, namespaceType, { metadata: { name: 'a', uid: 'n' } })).toHaveLength(1);
});

test('the time of a condition’s last transition moves only with its status', () => {
  const first = withCondition([], { type: 'Ready', status: 'True', reason: 'AllGood', observedGeneration: 1 }, 0);
  expect(first).toEqual([
    { type: 'Ready', status: 'True', reason: 'AllGood', message: '', observedGeneration: 1, lastTransitionTime: '1970-01-01T00:00:00Z' },
  ]);
  const second = withCondition(first, { type: 'Ready', status: 'True', reason: 'StillGood', observedGeneration: 2 }, 5_000);
  expect(second[0]).toMatchObject({ reason: 'StillGood', lastTransitionTime: '1970-01-01T00:00:00Z' });
  const third = withCondition(second, { type: 'Ready', status: 'False', reason: 'Bad', observedGeneration: 2 }, 5_000);
  expect(third[0]?.lastTransitionTime).toBe('1970-01-01T00:00:05Z');
  expect(isConditionTrue(third, 'Ready')).toBe(false);
});

test('a condition that says the same gives back the same list, and an older generation never replaces a newer', () => {
  const now: readonly Condition[] = withCondition([], { type: 'Ready', status: 'True', reason: 'Good', observedGeneration: 3 }, 0);
  expect(withCondition(now, { type: 'Ready', status: 'True', reason: 'Good', observedGeneration: 3 }, 9_000)).toBe(now);
  expect(withCondition(now, { type: 'Ready', status: 'False', reason: 'Bad', observedGeneration: 2 }, 9_000)).toBe(now);
  expect(() => withCondition(now, { type: 'Ready', status: 'True', reason: 'bad reason!' }, 0)).toThrow('no reason');
});

test('a status without conditions has none; what is no list of conditions, no condition and no time is refused by name', () => {
  const ready = { type: 'Ready', status: 'True', reason: 'Good' } as const;
  for (const none of [undefined, null, []]) {
    expect(withCondition(none, ready, 0)).toHaveLength(1);
    expect(isConditionTrue(none, 'Ready')).toBe(false);
  }
  for (const wrong of ['Ready', 5, {}, { Ready: true }, [null], [undefined], ['Ready'], new Map()]) {
    expect(() => withCondition(wrong as never, ready, 0)).toThrow(/^withCondition takes a list of conditions/);
    expect(() => findCondition(wrong as never, 'Ready')).toThrow(/^findCondition takes a list of conditions/);
  }
  for (const update of [undefined, null, 'Ready'])
    expect(() => withCondition([], update as never, 0)).toThrow(/^withCondition takes a condition/);
  for (const time of [NaN, Infinity, -Infinity, 1e300, -1e14, undefined, '0', new Date(0)])
    expect(() => withCondition([], ready, time as number), String(time)).toThrow(/^withCondition: the time must be milliseconds/);
  expect(withCondition([], ready, 253_402_300_799_999)[0]?.lastTransitionTime).toBe('9999-12-31T23:59:59Z');
  expect(withCondition([], ready, -62_135_596_800_000)[0]?.lastTransitionTime).toBe('0001-01-01T00:00:00Z');
});

test('an object without metadata, such as one that was not found, is refused by the name of the function', async () => {
  const finalizer = createFinalizer({} as never, { name: 'example.com/x' });
  for (const wrong of [undefined, null, {}, { metadata: null }, { metadata: [] }, 'a'] as never[]) {
    const named = (name: string): RegExp => new RegExp(`^${name}.* takes an object with metadata`);
    expect(() => withOwner(wrong, configMapType, owner)).toThrow(named('withOwner'));
    expect(() => withOwner(dependent, configMapType, wrong)).toThrow(named('withOwner'));
    expect(() => ownerReference(configMapType, wrong)).toThrow(named('ownerReference'));
    expect(() => withoutOwner(wrong, owner)).toThrow(named('withoutOwner'));
    expect(() => withoutOwner(dependent, wrong)).toThrow(named('withoutOwner'));
    expect(() => controllerOf(wrong)).toThrow(named('controllerOf'));
    expect(() => finalizer.has(wrong)).toThrow(named('finalizer example.com/x'));
    await expect(finalizer.add(wrong)).rejects.toThrow(named('finalizer example.com/x'));
    await expect(finalizer.release(wrong)).rejects.toThrow(named('finalizer example.com/x'));
    await expect(patchStatus({} as never, wrong, {})).rejects.toThrow(named('patchStatus'));
    await expect(createOrUpdate({} as never, wrong, () => {})).rejects.toThrow(named('createOrUpdate'));
  }
  expect(withOwner({ metadata: { ...dependent.metadata, ownerReferences: null as never } }, configMapType, owner)).toHaveLength(1);
  expect(() => controllerOf({ metadata: { ownerReferences: {} as never } })).toThrow('controllerOf: the ownerReferences');
});

test('times are written as the API server reads them', () => {
  expect(toMicroTime(1_700_000_000_123)).toBe('2023-11-14T22:13:20.123000Z');
  expect(toMicroTime(1_700_000_000_123.4565)).toMatch(/^2023-11-14T22:13:20\.12345[67]Z$/);
  expect(toTime(1_700_000_000_999)).toBe('2023-11-14T22:13:20Z');
});
