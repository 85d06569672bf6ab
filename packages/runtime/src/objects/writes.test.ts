import { createVirtualClock } from '@kubecast/clock/testing';
import { configMapType, type ConfigMap, type Condition, type KubernetesObject } from '@kubecast/crd';
import type { DeepReadonly } from '@kubecast/store';
import { expect, test } from 'vitest';
import { RuntimeOptionsError } from '../errors.ts';
import { applyAll } from './apply-all.ts';
import { findCondition, withCondition, type ConditionUpdate } from './conditions.ts';
import { createOrUpdate } from './create-or-update.ts';
import { ownerReference, withOwner } from './owner-references.ts';
import { retryOnConflict } from './retry-on-conflict.ts';
import { patchStatus } from './status-patch.ts';

const conflict = (): Error => Object.assign(new Error('conflict'), { statusCode: 409 });

test('a conflict is tried again five times, other failures not at all', async () => {
  const clock = createVirtualClock();
  let tries = 0;
  const failing = retryOnConflict(
    () => {
      tries += 1;
      return Promise.reject(conflict());
    },
    { clock },
  ).catch((error: unknown) => error);
  await clock.advance(1_000);
  expect([tries, await failing]).toEqual([5, expect.objectContaining({ statusCode: 409 })]);
  await expect(retryOnConflict(() => Promise.reject(new Error('other')), { clock })).rejects.toThrow('other');
  expect(await retryOnConflict((attempt) => Promise.resolve(attempt), { clock })).toBe(1);
  await expect(retryOnConflict(() => Promise.resolve(1), { signal: AbortSignal.abort(new Error('told')) })).rejects.toThrow('told');
  for (const tries of [0, NaN, 1.5]) await expect(retryOnConflict(() => Promise.resolve(1), { tries })).rejects.toThrow('tries');
});

function store(first?: ConfigMap): { object: ConfigMap | undefined; writes: string[]; find: () => Promise<ConfigMap | undefined> } & {
  create: (object: ConfigMap) => Promise<{ object: ConfigMap }>;
  replace: (object: ConfigMap) => Promise<{ object: ConfigMap }>;
} {
  const it = {
    object: first,
    writes: [] as string[],
    find: () => Promise.resolve(structuredClone(it.object)),
    create: (object: ConfigMap) => {
      if (it.object !== undefined) return Promise.reject(conflict());
      it.object = object;
      it.writes.push('create');
      return Promise.resolve({ object });
    },
    replace: (object: ConfigMap) => {
      if (object.metadata.resourceVersion !== it.object?.metadata.resourceVersion) return Promise.reject(conflict());
      it.object = object;
      it.writes.push('replace');
      return Promise.resolve({ object });
    },
  };
  return it;
}

const base: ConfigMap = { metadata: { namespace: 'n', name: 'c' } };
const setA = (object: ConfigMap): void => void (object.data = { ...object.data, a: '1' });

test('createOrUpdate makes what is missing, changes what differs, and sends nothing for what is as it should be', async () => {
  const empty = store();
  expect((await createOrUpdate(empty, base, setA)).did).toBe('created');
  expect((await createOrUpdate(empty, base, setA)).did).toBe('nothing');
  expect((await createOrUpdate(empty, base, (object) => void (object.data = { b: '2' }))).did).toBe('updated');
  expect(empty.writes).toEqual(['create', 'replace']);
  expect(base).toEqual({ metadata: { namespace: 'n', name: 'c' } });
});

test('createOrUpdate that another beats to it reads again, and a change of the name is refused', async () => {
  const racing = store();
  const { find } = racing;
  let reads = 0;
  racing.find = async () => {
    reads += 1;
    if (reads > 1) return find();
    racing.object = { metadata: { ...base.metadata, resourceVersion: '7' }, data: { other: 'x' } };
    return undefined;
  };
  expect((await createOrUpdate(racing, base, setA)).object.data).toEqual({ other: 'x', a: '1' });
  await expect(createOrUpdate(store(), base, (object) => void (object.metadata.name = 'd'))).rejects.toThrow('changes its name');
  await expect(createOrUpdate(store(), { metadata: {} }, setA)).rejects.toThrow('no name');
  await expect(
    createOrUpdate(store(), base, () => {
      throw new TypeError('mine');
    }),
  ).rejects.toThrow('mine');
});

test('createOrUpdate refuses a change that gives a new object, whose change would be lost', async () => {
  const found = { metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1' } };
  const sent: object[] = [];
  const write = (object: KubernetesObject): Promise<{ object: KubernetesObject }> => {
    sent.push(object);
    return Promise.resolve({ object });
  };
  const resource = { find: () => Promise.resolve(found), create: write, replace: write };
  for (const change of [
    (object: KubernetesObject): void => ({ ...object, data: {} }) as never,
    (object: KubernetesObject): Promise<void> => Promise.resolve({ ...object, data: {} } as never),
  ])
    await expect(createOrUpdate(resource, { metadata: { name: 'a', namespace: 'n' } }, change)).rejects.toThrow('in place');
  expect(sent).toEqual([]);
});

test('patchStatus takes away what is not there by sending nothing, also within what is not there', async () => {
  let stands: Record<string, unknown> = {};
  let sent = 0;
  const resource = {
    patch: (_name: string, patch: object) => {
      sent += 1;
      stands = (patch as { readonly status: Record<string, unknown> }).status;
      return Promise.resolve({ object: patch as KubernetesObject });
    },
  };
  const object = (): Parameters<typeof patchStatus>[1] => ({ metadata: { name: 'a', uid: 'u', resourceVersion: '1' }, status: stands });
  await patchStatus(resource, object(), { phase: { reason: null } });
  expect(stands).toEqual({ phase: {} });
  await patchStatus(resource, object(), { phase: { reason: null } });
  expect(sent).toBe(1);
});

test('patchStatus sends what differs, bound to uid and version, and nothing where nothing differs', async () => {
  const sent: unknown[] = [];
  const resource = { patch: (...call: unknown[]) => Promise.resolve({ object: (sent.push(call), {}) as KubernetesObject }) };
  const object = {
    metadata: { name: 'o', namespace: 'n', uid: 'u', resourceVersion: '5' },
    status: { a: 1, deep: { x: 1, y: 2 }, list: [1] },
  };
  expect(await patchStatus(resource, object, { a: 1, deep: { x: 1 }, gone: null, unset: undefined })).toBeUndefined();
  await patchStatus(resource, object, { a: 2, deep: { y: 3 }, list: [1, 2], deepNew: { z: 1 } });
  await patchStatus(resource, object, JSON.parse('{"__proto__":{"x":1},"a":null}') as object, { ifUnchanged: false });
  expect(sent).toEqual([
    [
      'o',
      { metadata: { uid: 'u', resourceVersion: '5' }, status: { a: 2, deep: { y: 3 }, list: [1, 2], deepNew: { z: 1 } } },
      { kind: 'merge', subresource: 'status', namespace: 'n' },
    ],
    [
      'o',
      { metadata: { uid: 'u' }, status: JSON.parse('{"__proto__":{"x":1},"a":null}') as unknown },
      { kind: 'merge', subresource: 'status', namespace: 'n' },
    ],
  ]);
  await expect(patchStatus(resource, { metadata: { name: 'o' } }, {})).rejects.toThrow('uid');
  for (const wrong of [null, [], 'x']) await expect(patchStatus(resource, object, wrong as object)).rejects.toThrow(RuntimeOptionsError);
});

test('applyAll gives each object its own result, keeps the order, and tells what was not tried', async () => {
  let most = 0;
  let under = 0;
  const resource = {
    async apply(object: number) {
      under += 1;
      most = Math.max(most, under);
      await Promise.resolve();
      under -= 1;
      if (object % 3 === 0) throw new Error(`no ${object}`);
      return `applied ${object}`;
    },
  };
  const all = await applyAll(resource, [1, 2, 3, 4, 5, 6], {
    concurrency: 2,
    onError: () => {
      throw new Error('told');
    },
  });
  expect([all.applied, all.failed.map(({ object }) => object), all.rest, most]).toEqual([4, [3, 6], [], 2]);
  expect(all.results.map(({ object }) => object)).toEqual([1, 2, 3, 4, 5, 6]);
  const stopped = await applyAll(resource, [1, 3, 4, 5], { concurrency: 1, stopAtError: true });
  expect([stopped.applied, stopped.rest]).toEqual([1, [4, 5]]);
  expect((await applyAll(resource, [1, 2], { signal: AbortSignal.abort() })).rest).toEqual([1, 2]);
  expect((await applyAll(resource, [])).results).toEqual([]);
  await expect(applyAll(resource, [1], { concurrency: 0 })).rejects.toThrow('concurrency');
});

const good: ConditionUpdate = { type: 'Ready', status: 'True', reason: 'Good' };
test.each<[string, Partial<Record<keyof ConditionUpdate, unknown>>]>([
  ['type', { type: '' }],
  ['type', { type: 'not ready' }],
  ['type', { type: 'a/b/c' }],
  ['type', { type: 'x'.repeat(64) }],
  ['type', { type: 7 }],
  ['status', { status: true }],
  ['status', { status: 'true' }],
  ['status', { status: undefined }],
  ['reason', { reason: '' }],
  ['reason', { reason: 'Bad\n' }],
  ['reason', { reason: undefined }],
  ['reason', { reason: 'x'.repeat(1025) }],
  ['message', { message: 5 }],
  ['observedGeneration', { observedGeneration: -1 }],
  ['observedGeneration', { observedGeneration: 1.5 }],
  ['observedGeneration', { observedGeneration: '1' }],
])('a condition with a wrong %s is refused by name', (name, wrong) => {
  expect(() => withCondition([], { ...good, ...wrong } as ConditionUpdate, 0)).toThrow(name);
});

test('a long message is cut, and never within a character', () => {
  const [condition] = withCondition([], { ...good, message: `a${'😀'.repeat(20_000)}` }, 0);
  expect(condition?.message?.length).toBeLessThanOrEqual(32_768);
  expect(condition?.message?.isWellFormed()).toBe(true);
});

test('an owner without kind, version or uid, and an Event as owner, are refused', () => {
  const owner = { metadata: { namespace: 'n', name: 'o', uid: 'u' } };
  expect(() => ownerReference({ ...configMapType, kind: '' }, owner)).toThrow('kind');
  expect(() => ownerReference({ ...configMapType, version: '' }, owner)).toThrow('version');
  expect(() => ownerReference(configMapType, { metadata: { name: 'o' } })).toThrow('uid');
  expect(() => ownerReference({ ...configMapType, kind: 'Event' }, owner)).toThrow('Event');
});

test('what a view gives can be handed to every helper, and what they give can be written', () => {
  const read: DeepReadonly<KubernetesObject & { status?: { conditions?: Condition[] } }> = {
    metadata: { namespace: 'n', name: 'o', uid: 'u' },
  };
  const conditions: Condition[] = withCondition(read.status?.conditions ?? [], good, 0);
  expect(findCondition(conditions, 'Ready')?.status).toBe('True');
  const written: ConfigMap = { metadata: { name: 'd', namespace: 'n', ownerReferences: withOwner(read, configMapType, read) } };
  expect(written.metadata.ownerReferences).toHaveLength(1);
});
