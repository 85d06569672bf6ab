import type { AppModel } from '@kubecast/crd';
import type { Inspection, ValueLook } from '@kubecast/redis-loader';
import { parseLabelSelector, type Entry, type Key } from '@kubecast/store';
import { expect, test } from 'vitest';
import { AppModelReconciler } from './app-model-reconciler.ts';

const key: Key = { cluster: '', namespace: 'n', name: 'base' };
const context = { signal: new AbortController().signal, check: () => {} };

test('an AppModel whose values are not there is looked at again after 30 s, and one whose values are there when it changes', async () => {
  let held = false;
  const object: AppModel = {
    metadata: { name: 'base', namespace: 'n', uid: 'u', resourceVersion: '1', labels: { iidp: 'iidp' } },
    spec: { app: 'base', models: [{ name: 'm', version: '1' }] },
  };
  const entry: Entry<AppModel> = {
    key,
    uid: 'u',
    version: '1',
    created: 0,
    deleting: false,
    labels: { iidp: 'iidp' },
    value: object,
    mutable: () => structuredClone(object),
  } as unknown as Entry<AppModel>;
  const never = (): never => {
    throw new Error('is not called');
  };
  const reconciler = new AppModelReconciler({
    view: { entry: () => entry },
    selector: parseLabelSelector('iidp=iidp'),
    values: {
      keyOf: () => 'base_m',
      inspect: never,
      look: (): Promise<ValueLook> => {
        const absent: Inspection = { key: 'base_m', bytes: new Uint8Array(), fingerprint: '', kind: 'absent' };
        const envelope = { namespace: 'n', app: 'base', model: 'm', version: '1', number: 1, digest: '', payload: 1 };
        const current: Inspection = held ? { ...absent, fingerprint: '1', kind: 'envelope', envelope } : absent;
        return Promise.resolve({ key: 'base_m', current, retained: absent, versions: [] });
      },
      compareAndDelete: never,
    },
    retention: 'keep',
    finalizer: { name: 'iidp.com/redis-values', has: () => false, add: never, release: never },
    read: never,
    listAll: never,
    events: { record: () => {} },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  expect(await reconciler.reconcile(key, context)).toEqual({ requeueAfterMs: 30_000 });
  held = true;
  expect(await reconciler.reconcile(key, context)).toEqual({});
});
