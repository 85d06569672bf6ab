import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInformer, isWaitTimeoutError, scopeId } from '@kubecast/informer';
import type { Delta, Informer, InformerOptions } from '@kubecast/informer';
import { ModelApi, ModelServer, statuses, thingType } from '@kubecast/informer/testing';
import type { Thing } from '@kubecast/informer/testing';
import { systemClock } from '@kubecast/clock';

interface World {
  readonly server: ModelServer;
  readonly api: ModelApi;
  readonly informer: Informer<Thing>;
}

function world(options: Partial<InformerOptions<Thing>> = {}): World {
  const server = new ModelServer(systemClock);
  const api = new ModelApi(server);
  const informer = createInformer<Thing>({
    type: thingType,
    source: (namespace) => api.source(namespace),
    limits: { backoffBaseMs: 5, backoffMaxMs: 50 },
    ...options,
  });
  return { server, api, informer };
}

/** Resolves when the condition holds, asked again every other millisecond: a handler of the test may be given a delta after handlers that were added later. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await systemClock.sleep(2);
}

test('informer: a streamed list fills the view, and the watch keeps it', async () => {
  const { server, informer } = world();
  for (let i = 0; i < 100; i += 1) server.put('default', `thing-${i}`, i);
  informer.start();
  await informer.whenSynced();
  assert.equal(informer.view.size, 100);
  const written = server.put('default', 'thing-7', 700);
  await informer.waitFor({ scope: scopeId(''), version: String(written.rv) }, { deadlineMs: 5000 });
  assert.equal(informer.view.get({ cluster: '', namespace: 'default', name: 'thing-7' })?.spec.payload, 700);
  await informer.stop();
});

test('informer: a server without streamed lists is listed in pages', async () => {
  const { server, api, informer } = world();
  api.options = { noStreams: true };
  for (let i = 0; i < 1200; i += 1) server.put('default', `thing-${i}`, i);
  informer.start();
  await informer.whenSynced();
  assert.equal(informer.view.size, 1200);
  assert.deepEqual(
    api.requests.slice(0, 2).map((request) => request.kind),
    ['stream', 'list'],
  );
  await informer.stop();
});

test('informer: a broken connection is resumed without a list', async () => {
  const { server, api, informer } = world();
  server.put('default', 'a', 1);
  informer.start();
  await informer.whenSynced();
  api.plan('any', { refused: true }, 2);
  server.cut();
  const written = server.put('default', 'a', 2);
  await informer.waitFor({ scope: scopeId(''), version: String(written.rv) }, { deadlineMs: 5000 });
  assert.equal(informer.scopes()[0]?.counters.lists, 1);
  await informer.stop();
});

test('informer: an expired version is listed over, and deletes are found', async () => {
  const { server, informer } = world();
  server.put('default', 'a', 1);
  server.put('default', 'b', 1);
  const deleted: string[] = [];
  informer.handle((delta) => void (delta.type === 'deleted' && deleted.push(delta.entry.key.name)));
  informer.start();
  await informer.whenSynced();
  server.cut();
  server.delete('default', 'a');
  server.restart();
  await until(() => informer.view.size === 1 && deleted.length === 1);
  assert.deepEqual(deleted, ['a']);
  await informer.stop();
});

test('informer: a refusal is a state with its reason, and ends by itself', async () => {
  const { server, api, informer } = world();
  server.put('default', 'a', 1);
  api.plan('any', { status: statuses.forbidden }, 3);
  const states: string[] = [];
  informer.onStatus((status) => states.push(status.state));
  informer.start();
  await informer.whenSynced();
  assert.ok(states.includes('Forbidden'));
  await until(() => informer.scopes()[0]?.state === 'Watching');
  await informer.stop();
});

test('informer: handlers are handed every object once and then its changes, in order', async () => {
  const { server, informer } = world();
  for (let i = 0; i < 50; i += 1) server.put('default', `thing-${i}`, i);
  informer.start();
  await informer.whenSynced();
  const last = new Map<string, number>();
  const wrong: string[] = [];
  const handle = informer.handle(
    async (delta: Delta<Thing>) => {
      const before = last.get(delta.entry.key.name);
      if ((delta.type === 'added') !== (before === undefined)) wrong.push(delta.entry.key.name);
      await systemClock.yield();
      last.set(delta.entry.key.name, delta.entry.value.spec.payload);
    },
    { workers: 3 },
  );
  for (let i = 0; i < 50; i += 1) server.put('default', `thing-${i}`, 100 + i);
  await handle.synced;
  await until(() => handle.waiting === 0);
  server.put('default', 'thing-0', 1000);
  await until(() => last.get('thing-0') === 1000 || handle.waiting === 0);
  assert.deepEqual(wrong, []);
  assert.equal(last.size, 50);
  await informer.stop();
});

test('informer: an iteration ends when the informer stops', async () => {
  const { server, informer } = world();
  server.put('default', 'a', 1);
  informer.start();
  const names: string[] = [];
  for await (const delta of informer.deltas()) {
    names.push(delta.entry.key.name);
    if (names.length === 1) server.put('default', 'b', 1);
    else void informer.stop();
  }
  assert.deepEqual(names, ['a', 'b']);
});

test('informer: a wait that is too long is a typed error', async () => {
  const { informer } = world();
  informer.start();
  await informer.whenSynced();
  await assert.rejects(informer.waitFor({ scope: scopeId(''), version: '99999' }, { deadlineMs: 10 }), isWaitTimeoutError);
  await informer.stop();
});

test('informer: namespaces are watched apart', async () => {
  const { server, informer } = world({ namespaces: ['a', 'b'] });
  server.put('a', 'x', 1);
  server.put('b', 'x', 2);
  server.put('c', 'x', 3);
  informer.start();
  await informer.whenSynced();
  assert.deepEqual(
    [...informer.view.select()].map((entry) => entry.key.namespace),
    ['a', 'b'],
  );
  assert.equal(informer.scopes().length, 2);
  await informer.stop();
});
