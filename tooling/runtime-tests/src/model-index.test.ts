import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelCore, payloadId, readSlice, type HeldPayload, type ModelEvent, type PayloadSource } from '@kubecast/model-index';

function held(): PayloadSource & { readonly ids: Map<string, string> } {
  const ids = new Map<string, string>();
  return {
    ids,
    want: (item) => void ids.set(item.id, item.version),
    forget: (id) => void ids.delete(id),
    get: (id): HeldPayload | undefined => (ids.has(id) ? { state: 'current', payload: { id }, staleForMs: 0 } : undefined),
    onChange: () => ({ [Symbol.dispose]: () => {} }),
    resync: () => {},
    settled: () => Promise.resolve(),
  };
}

function core(payloads: PayloadSource = held()): ModelCore {
  return new ModelCore({ payloads, freshness: () => ({ resourceVersion: '1', ageMs: 0 }) });
}

const put = (index: ModelCore, name: string, created: number, spec: unknown): void =>
  index.setAppModel({ namespace: 'n', name, uid: name, created }, { spec });

test('model-index: a model resolves to its app, version and metadata', () => {
  const index = core();
  put(index, 'newsdkapp', 1, { app: 'newSdkApp', version: 'v1', models: [{ name: 'model1', version: 'v-1' }] });
  const answer = index.resolve('n', 'model1');
  assert.equal(answer?.app, 'newSdkApp');
  assert.equal(answer.version, 'v-1');
  assert.deepEqual(answer.metadata, { id: payloadId('n', 'newSdkApp', 'model1') });
});

test('model-index: the oldest claim wins, and the next one when it goes', () => {
  const index = core();
  put(index, 'aa', 2, { app: 'x', models: [{ name: 'm', version: 'young' }] });
  put(index, 'zz', 1, { app: 'x', models: [{ name: 'm', version: 'old' }] });
  assert.equal(index.resolve('n', 'm')?.version, 'old');
  index.removeAppModel('n', 'zz');
  assert.equal(index.resolve('n', 'm')?.version, 'young');
});

test('model-index: hostile names are data', () => {
  const index = core();
  put(index, 'h', 1, {
    app: '__proto__',
    models: [
      { name: '__proto__', version: '1' },
      { name: 'a/b', version: '2' },
    ],
  });
  assert.equal(index.resolve('n', '__proto__')?.app, '__proto__');
  assert.equal(index.resolve('n', 'a/b')?.version, '2');
  assert.equal(index.resolve('n', 'constructor'), undefined);
});

test('model-index: what is no longer announced is forgotten, values too', () => {
  const payloads = held();
  const index = core(payloads);
  put(index, 'a', 1, { app: 'before', models: [{ name: 'm', version: '1' }] });
  put(index, 'a', 1, { app: 'after', models: [{ name: 'm', version: '1' }] });
  assert.deepEqual([...payloads.ids.keys()], [payloadId('n', 'after', 'm')]);
  assert.equal(index.app('n', 'before'), undefined);
});

test('model-index: endpoints of several slices are joined', () => {
  const index = core();
  put(index, 'a', 1, { app: 'a', models: [{ name: 'm', version: '1' }] });
  index.setService('n', 'a', [{ name: 'http', port: 80 }]);
  for (const [slice, address] of [
    ['s1', '10.0.0.2'],
    ['s2', '10.0.0.1'],
  ] as const) {
    index.setSlice(
      'n',
      slice,
      readSlice({ 'kubernetes.io/service-name': 'a' }, { endpoints: [{ addresses: [address] }], ports: [{ name: 'http', port: 8080 }] }),
    );
  }
  assert.deepEqual(
    index.resolve('n', 'm')?.endpoints.map((endpoint) => endpoint.address),
    ['10.0.0.1', '10.0.0.2'],
  );
});

test('model-index: subscribers are told until they end it', () => {
  const index = core();
  const events: ModelEvent[] = [];
  const subscription = index.subscribe((event) => void events.push(event));
  put(index, 'a', 1, { app: 'a', models: [{ name: 'm', version: '1' }] });
  subscription[Symbol.dispose]();
  index.removeAppModel('n', 'a');
  assert.deepEqual(
    events.map((event) => event.type),
    ['added'],
  );
});
