import { StatusError } from '@kubecast/client';
import type { AppModel } from '@kubecast/crd';
import type { Inspection, ValuePublisher } from '@kubecast/redis-loader';
import { expect, test } from 'vitest';
import { removeValues, type RetentionParts } from './value-retention.ts';

interface Value {
  readonly namespace: string;
  readonly app: string;
  readonly model: string;
}

/** Values by key; null: one that no publisher wrote. */
class Values implements Pick<ValuePublisher, 'keyOf' | 'inspect' | 'compareAndDelete'> {
  readonly held = new Map<string, Value | null>();
  readonly deleted: string[] = [];
  beforeDelete: () => void = () => {};
  #writes = 0;

  keyOf({ app, model }: Value): string {
    return `${app}_${model}`;
  }

  inspect(key: string): Promise<Inspection> {
    const value = this.held.get(key);
    const common = { key, bytes: new Uint8Array(), fingerprint: String(this.#writes) };
    if (value === undefined) return Promise.resolve({ ...common, kind: 'absent', fingerprint: '' });
    if (value === null) return Promise.resolve({ ...common, kind: 'unverified' });
    return Promise.resolve({ ...common, kind: 'envelope', envelope: { ...value, version: '1', number: 1, digest: '', payload: 1 } });
  }

  write(): void {
    this.#writes += 1;
  }

  compareAndDelete(key: string, expected: Uint8Array | string): Promise<'deleted' | 'other'> {
    this.beforeDelete();
    if (expected !== String(this.#writes)) return Promise.resolve('other');
    this.held.delete(key);
    this.deleted.push(key);
    return Promise.resolve('deleted');
  }
}

const object = (name: string, namespace: string, app: string, models: readonly string[], more: AppModel['metadata'] = {}): AppModel => ({
  metadata: { name, namespace, uid: `${namespace}/${name}`, ...more },
  spec: { app, models: models.map((model) => ({ name: model, version: '1' })) },
});

function parts(values: Values, all: readonly AppModel[]): RetentionParts {
  return {
    values,
    check: () => {},
    async *listAll() {
      yield* all;
    },
  };
}

const { signal } = new AbortController();
const outcomes = async (gone: AppModel, how: RetentionParts): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await removeValues(gone, how, signal)).map(({ model, outcome, reason }) => [model, reason === '' ? outcome : `${outcome}: ${reason}`]),
  );

test('what the publisher wrote for exactly this app and namespace goes, all else stays', async () => {
  const values = new Values();
  const gone = object('iiot', 'n', 'iiot', ['mine', 'hand', 'theirs', 'none']);
  values.held.set('iiot_mine', { namespace: 'n', app: 'iiot', model: 'mine' });
  values.held.set('iiot_hand', null);
  values.held.set('iiot_theirs', { namespace: 'other', app: 'iiot', model: 'theirs' });
  expect(await outcomes(gone, parts(values, [gone]))).toEqual({
    mine: 'deleted',
    hand: 'kept: no publisher wrote it',
    theirs: 'kept: it belongs to another',
    none: 'absent',
  });
  expect([...values.held.keys()]).toEqual(['iiot_hand', 'iiot_theirs']);
});

test('a key that another AppModel claims stays: in another namespace, under another split of the names, without the label', async () => {
  const values = new Values();
  const gone = object('iiot', 'n', 'iiot', ['a', 'edge_x', 'free']);
  for (const model of ['a', 'edge_x', 'free']) values.held.set(`iiot_${model}`, { namespace: 'n', app: 'iiot', model });
  const others = [
    object('iiot', 'other', 'iiot', ['a']),
    object('edge', 'n', 'iiot_edge', ['x']),
    object('dying', 'n', 'iiot', ['free'], { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  ];
  expect(await outcomes(gone, parts(values, [gone, ...others]))).toEqual({
    a: 'kept: AppModel other/iiot claims it too',
    edge_x: 'kept: AppModel n/edge claims it too',
    free: 'deleted',
  });
});

test('where it cannot be known who claims what, everything is kept', async () => {
  const values = new Values();
  const gone = object('iiot', 'n', 'iiot', ['a']);
  values.held.set('iiot_a', { namespace: 'n', app: 'iiot', model: 'a' });
  const how: RetentionParts = {
    ...parts(values, []),
    listAll: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new StatusError({ statusCode: 403, reason: 'Forbidden', message: 'cannot list' })),
      }),
    }),
  };
  expect(await outcomes(gone, how)).toEqual({ a: 'kept: the claims of other AppModels cannot be read: cannot list' });
  expect(values.deleted).toEqual([]);
});

test('a value that is written between the look and the deletion is looked at again, and kept if that never ends', async () => {
  const values = new Values();
  const gone = object('iiot', 'n', 'iiot', ['a']);
  values.held.set('iiot_a', { namespace: 'n', app: 'iiot', model: 'a' });
  let writes = 1;
  values.beforeDelete = () => {
    if (writes > 0) values.write();
    writes -= 1;
  };
  expect(await outcomes(gone, parts(values, [gone]))).toEqual({ a: 'deleted' });
  values.held.set('iiot_a', { namespace: 'n', app: 'iiot', model: 'a' });
  values.beforeDelete = () => values.write();
  expect(await outcomes(gone, parts(values, [gone]))).toEqual({ a: 'kept: somebody keeps writing it' });
});

test('who may no longer act deletes nothing', async () => {
  const values = new Values();
  const gone = object('iiot', 'n', 'iiot', ['a']);
  values.held.set('iiot_a', { namespace: 'n', app: 'iiot', model: 'a' });
  const how: RetentionParts = {
    ...parts(values, [gone]),
    check: () => {
      throw new Error('another leads');
    },
  };
  await expect(removeValues(gone, how, signal)).rejects.toThrow('another leads');
  expect(values.deleted).toEqual([]);
});
