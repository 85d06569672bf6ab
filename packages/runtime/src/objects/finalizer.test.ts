import type { KubernetesObject } from '@kubecast/crd';
import { expect, test } from 'vitest';
import { FinalizerError } from '../errors.ts';
import { createFinalizer, type ObjectAccess } from './finalizer.ts';

/** One object with the API server's rules for a merge patch with uid and resourceVersion. */
class OneObject implements ObjectAccess<KubernetesObject> {
  object: KubernetesObject | undefined = {
    metadata: { namespace: 'n', name: 'o', uid: 'u1', resourceVersion: '1', finalizers: ['other/one'] },
  };
  patches: unknown[] = [];
  beforePatch: () => void = () => {};

  get(): Promise<KubernetesObject | undefined> {
    return Promise.resolve(structuredClone(this.object));
  }

  mergePatch(
    _namespace: string,
    _name: string,
    patch: { metadata: { uid: string; resourceVersion: string; finalizers: string[] } },
  ): Promise<KubernetesObject> {
    this.beforePatch();
    this.patches.push(patch);
    if (this.object === undefined) return Promise.reject(Object.assign(new Error('not found'), { statusCode: 404 }));
    const { uid, resourceVersion, finalizers } = patch.metadata;
    if (uid !== this.object.metadata.uid || resourceVersion !== this.object.metadata.resourceVersion)
      return Promise.reject(Object.assign(new Error('conflict'), { statusCode: 409 }));
    this.change({ finalizers });
    return Promise.resolve(structuredClone(this.object));
  }

  change(metadata: KubernetesObject['metadata']): void {
    if (this.object === undefined) return;
    this.object = {
      ...this.object,
      metadata: { ...this.object.metadata, ...metadata, resourceVersion: String(Number(this.object.metadata.resourceVersion) + 1) },
    };
  }
}

const named = (server: OneObject): ReturnType<typeof createFinalizer<KubernetesObject>> =>
  createFinalizer(server, { name: 'iidp.com/redis-values' });
const seen = (server: OneObject): KubernetesObject => structuredClone(server.object as KubernetesObject);

test('a finalizer is added once and released once, and others’ stay', async () => {
  const server = new OneObject();
  const finalizer = named(server);
  const added = await finalizer.add(seen(server));
  expect(added?.metadata.finalizers).toEqual(['other/one', 'iidp.com/redis-values']);
  await finalizer.add(seen(server));
  expect(server.patches).toHaveLength(1);
  expect(await finalizer.release(seen(server))).toBe(true);
  expect(server.object?.metadata.finalizers).toEqual(['other/one']);
  expect(await finalizer.release(seen(server))).toBe(false);
});

test('a finalizer that another puts on at the same time is not lost', async () => {
  const server = new OneObject();
  const stale = seen(server);
  server.change({ finalizers: ['other/one', 'other/two'] });
  expect((await named(server).add(stale))?.metadata.finalizers).toEqual(['other/one', 'other/two', 'iidp.com/redis-values']);
});

test('an object that is being deleted, also one that is by the time of the write, gets none', async () => {
  const server = new OneObject();
  const stale = seen(server);
  server.change({ deletionTimestamp: '2026-01-01T00:00:00Z' });
  expect(await named(server).add(stale)).toBeUndefined();
  expect(await named(server).add(seen(server))).toBeUndefined();
  expect(server.object?.metadata.finalizers).toEqual(['other/one']);
});

test('an object that is gone is not made anew, and one that was made again under the name is not touched', async () => {
  const server = new OneObject();
  server.change({ finalizers: ['iidp.com/redis-values'] });
  const old = seen(server);
  server.object = {
    metadata: {
      namespace: 'n',
      name: 'o',
      uid: 'u2',
      resourceVersion: old.metadata.resourceVersion ?? '',
      finalizers: ['iidp.com/redis-values'],
    },
  };
  expect(await named(server).release(old)).toBe(false);
  expect(server.object.metadata.finalizers).toEqual(['iidp.com/redis-values']);
  server.object = undefined;
  expect(await named(server).release(old)).toBe(false);
});

test('when others never stop writing, it gives up with words', async () => {
  const server = new OneObject();
  server.beforePatch = () => server.change({ labels: { at: String(Math.random()) } });
  await expect(named(server).add(seen(server))).rejects.toThrow('iidp.com/redis-values n/o: others changed the object 5 times');
});

test.each([
  'plain',
  '',
  'a.b/',
  '/c',
  'a.b/c/d',
  'A.B/c',
  'a..b/c',
  '-a.b/c',
  'a_b/c',
  'a.b/-c',
  'a.b/c d',
  'a.b/c\n',
  `a.b/${'x'.repeat(64)}`,
  `${'a.'.repeat(127)}b/c`,
  'a.b/__proto__',
  'ü.b/c',
  7 as unknown as string,
  undefined as unknown as string,
])('the name %j, which the server refuses, is refused when the finalizer is made', (name) => {
  expect(() => createFinalizer(new OneObject(), { name })).toThrow(FinalizerError);
});

test.each(['a.b/c', 'example.com/x_Y.z-1', `${'a.'.repeat(126)}b/${'x'.repeat(63)}`, 'kubernetes.io/pv-protection'])(
  'the name %j is taken',
  (name) => {
    expect(createFinalizer(new OneObject(), { name }).name).toBe(name);
  },
);

test('an object without a uid is refused: it could be another one by now', async () => {
  const finalizer = createFinalizer(new OneObject(), { name: 'a.b/c' });
  await expect(finalizer.add({ metadata: { name: 'o' } })).rejects.toThrow('has no uid');
});

test.each([0, 1.5, NaN])('%s tries are refused', (tries) => {
  expect(() => createFinalizer(new OneObject(), { name: 'a.b/c', tries })).toThrow(/finalizer a.b\/c: tries/);
});
