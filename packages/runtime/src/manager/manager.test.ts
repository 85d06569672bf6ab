import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { systemClock } from '@kubecast/clock';
import { StatefulMap } from '@kubecast/concurrent-map';
import { ModelApi, ModelServer, thingType } from '@kubecast/informer/testing';
import { expect, test } from 'vitest';
import type { Logger } from '../logging/logger.ts';
import { createManager } from './manager.ts';
import type { ManagedControllerOptions, Manager, ManagerClient, ManagerOptions } from './manager-options.ts';

interface World {
  readonly manager: Manager;
  readonly lines: string[];
  readonly closed: () => number;
  readonly server: ModelServer;
  readonly open: () => number;
}

function world(options: Partial<ManagerOptions> = {}): World {
  const server = new ModelServer(systemClock);
  const api = new ModelApi(server);
  let closed = 0;
  const client = {
    resource: () => ({
      source: ({ namespace = '' }: { readonly namespace?: string }) => api.source(namespace),
      find: () => Promise.resolve(undefined),
      create: (object: object) => Promise.resolve({ object }),
      patch: () => Promise.resolve({ object: {} }),
    }),
    close: () => {
      closed += 1;
    },
  } as unknown as ManagerClient;
  const lines: string[] = [];
  const add = (_fields: object, message: string): void => void lines.push(message);
  return {
    manager: createManager({ client, log: { info: add, warn: add, error: add }, ...options }),
    lines,
    closed: () => closed,
    server,
    open: () => api.open,
  };
}

const idle: ManagedControllerOptions = { name: 'idle', for: thingType, reconcile: () => {} };

/** Waits for a state of the manager by the turns of the event loop. */
async function until(manager: Manager, state: Manager['state']): Promise<void> {
  while (manager.state !== state) await new Promise((resolve) => setImmediate(resolve));
}

test('a manager runs until its signal is aborted, and closes everything', async () => {
  const { manager, lines, closed } = world({ health: { port: 0 } });
  manager.controller(idle);
  const stop = new AbortController();
  const ran = manager.run(stop.signal);
  await until(manager, 'running');
  const { health } = manager.urls;
  expect((await fetch(`${health}/readyz`)).status).toBe(200);
  stop.abort();
  await ran;
  expect([manager.state, closed(), lines.at(-1)]).toEqual(['stopped', 1, 'stopped']);
  await expect(fetch(`${health}/readyz`)).rejects.toThrow();
  await manager.stop();
  expect(closed()).toBe(1);
});

test('run works once; what comes after it is refused by name', async () => {
  const { manager } = world();
  manager.controller(idle);
  const ran = manager.run(new AbortController().signal);
  await expect(manager.run(new AbortController().signal)).rejects.toMatchObject({ code: 'RuntimeManager' });
  expect(() => manager.controller({ ...idle, name: 'late' })).toThrow('the controller late comes too late');
  expect(() => manager.add({ name: 'late', run: () => Promise.resolve() })).toThrow('the runnable late comes too late');
  await until(manager, 'running');
  expect(manager.informer(thingType).hasSynced).toBe(true);
  await Promise.all([manager.stop(), manager.stop()]);
  await ran;
  await expect(manager.run()).rejects.toMatchObject({ code: 'RuntimeManager' });
  expect(() => manager.informer(thingType)).toThrow('stopped');
});

test('what is not there, or is something else, is refused by its name', () => {
  const { manager } = world();
  const none = undefined as never;
  expect(() => createManager(none)).toThrow('there must be options');
  expect(() => manager.add(none)).toThrow('there must be a runnable');
  expect(() => manager.add({ run: () => Promise.resolve() } as never)).toThrow('manager.add: name must be a text');
  expect(() => manager.controller(none)).toThrow('there must be options');
  expect(() => manager.controller({ ...idle, watches: [thingType as never] })).toThrow('watched(type, { map })');
  expect(() => manager.controller({ ...idle, reconcile: none })).toThrow('reconcile must be a function');
  expect(() => manager.controller({ ...idle, timeoutMs: '5' as never })).toThrow('timeoutMs is');
  expect(() => world({ election: {} as never })).toThrow('election.namespace must be a text');
});

test('a stop before run closes what was made, and run is refused then', async () => {
  const { manager, closed } = world();
  await manager.stop();
  expect(closed()).toBe(1);
  await expect(manager.run()).rejects.toMatchObject({ code: 'RuntimeStopped' });
});

test('a signal that is aborted already starts nothing', async () => {
  const { manager, closed, lines } = world({ health: { port: 0 } });
  let ran = false;
  manager.add({ name: 'r', run: () => Promise.resolve(void (ran = true)) });
  await manager.run(AbortSignal.abort());
  expect([ran, closed(), manager.urls.health, lines]).toEqual([false, 1, '', ['stopped']]);
});

test('a stop while it waits for the sync ends it', async () => {
  const { manager, closed } = world();
  manager.controller(idle);
  const ran = manager.run(new AbortController().signal);
  await Promise.resolve();
  await manager.stop();
  await ran;
  expect(closed()).toBe(1);
});

test('a port that is taken is named, and everything is closed', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  for (const what of ['health', 'metrics', 'debug'] as const) {
    const { manager, closed } = world({ [what]: { port } });
    await expect(manager.run(new AbortController().signal)).rejects.toMatchObject({
      code: 'RuntimeListen',
      message: `port ${port} of 127.0.0.1 is in use by another process; choose another port, or 0 for a free one`,
    });
    expect(closed()).toBe(1);
  }
  other.close();
});

test('a runnable that fails stops the manager, and run rejects with its error', async () => {
  const { manager, lines, closed } = world();
  const ended: string[] = [];
  manager.controller(idle);
  manager.add({
    name: 'other',
    run: (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          ended.push('other');
          resolve();
        });
      }),
  });
  manager.add({ name: 'failing', whenLeading: true, run: () => Promise.reject(new Error('no disk')) });
  await expect(manager.run(new AbortController().signal)).rejects.toThrow('no disk');
  expect([ended, closed()]).toEqual([['other'], 1]);
  expect(lines).toContain('the manager stops, since a part of it failed');
});

test('a reconcile that ignores its signal is named when the deadline has passed, and everything else is closed', async () => {
  const { manager, server, closed } = world({ stopDeadlineMs: 50 });
  const started = Promise.withResolvers<void>();
  manager.controller({
    ...idle,
    reconcile: () => {
      started.resolve();
      return new Promise(() => {});
    },
  });
  server.put('n', 'a', 1);
  const stop = new AbortController();
  const ran = manager.run(stop.signal);
  await started.promise;
  stop.abort();
  await expect(ran).rejects.toMatchObject({ code: 'RuntimeStopTimeout', message: expect.stringContaining('reconciles') as string });
  expect(closed()).toBe(1);
});

test('a sync that takes too long is a SyncTimeoutError that says what it waits for', async () => {
  const client = {
    resource: () => ({
      // A list that waits for ever.
      source: () => ({ listPages: () => hang(), watchFrames: () => hang() }),
    }),
    close: () => {},
  };
  const manager = createManager({ client: client as unknown as ManagerClient, log: false, syncTimeoutMs: 20, stopDeadlineMs: 200 });
  manager.controller(idle);
  await expect(manager.run(new AbortController().signal)).rejects.toMatchObject({
    code: 'RuntimeSyncTimeout',
    message: expect.stringContaining('idle waits for') as string,
  });
});

const hang = (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });

test.each<[string, object]>([
  ['client', { client: undefined }],
  ['client', { client: {} }],
  ['stopDeadlineMs', { stopDeadlineMs: -1 }],
  ['stopDeadlineMs', { stopDeadlineMs: '5' }],
  ['syncTimeoutMs', { syncTimeoutMs: NaN }],
  ['log', { log: {} }],
  ['log', { log: true }],
  ['controller', { name: 'not a name' }],
  ['loopback', { debug: { host: '0.0.0.0', port: 0 } }],
  ['port of health', { health: { port: 70_000 } }],
  ['port of metrics', { metrics: { port: '80' } }],
  ['Lease', { election: { namespace: 'A', name: 'x' } }],
  ['Lease', { election: { namespace: 'a', name: '' } }],
  ['identity', { election: { namespace: 'a', name: 'x', identity: '' } }],
])('options that cannot work are refused by name: %s', (name, options) => {
  expect(() => world(options)).toThrow(name);
});

test.each<[string, object]>([
  ['name', { name: '' }],
  ['taken already', { name: 'idle' }],
  ['for', { name: 'x', for: undefined }],
  ['reconcile', { name: 'x', reconcile: undefined }],
  ['concurrency', { name: 'x', concurrency: 1.5 }],
])('a controller with a wrong %s is refused', (name, options) => {
  const { manager } = world();
  manager.controller(idle);
  expect(() => manager.controller({ ...idle, ...options })).toThrow(
    name === 'taken already' ? 'there is a controller named idle already' : name,
  );
});

test('a log that throws, or is turned off, changes nothing', async () => {
  const broken = (): never => {
    throw new Error('no disk');
  };
  const logs: (Logger | false)[] = [false, { info: broken, warn: broken, error: broken }];
  for (const log of logs) {
    const { manager } = world({ log });
    manager.controller(idle);
    const ran = manager.run(new AbortController().signal);
    await until(manager, 'running');
    await manager.stop();
    await ran;
    expect(manager.state).toBe('stopped');
  }
});

test('the same namespaces in another order, or one of them twice, share one informer', async () => {
  const { manager } = world({ namespaces: ['b', 'a'] });
  const informers = async (): Promise<number> =>
    [...(await manager.metrics.render()).text.matchAll(/^kubecast_informer_objects\{/gmu)].length;
  manager.informer(thingType);
  manager.informer(thingType, { namespaces: ['a', 'b'] });
  manager.informer(thingType, { namespaces: ['b', 'a', 'b'] });
  expect(await informers()).toBe(1);
  manager.informer(thingType, { namespaces: ['a'] });
  expect(await informers()).toBe(2);
  await manager.stop();
});

test('a stop that a reconcile asks for ends the manager', async () => {
  const { manager, server } = world();
  server.put('n', 'a', 1);
  manager.controller({ ...idle, reconcile: () => void manager.stop() });
  await manager.run(new AbortController().signal);
  expect(manager.state).toBe('stopped');
});

test('controllers of one kind share one informer', async () => {
  const { manager, open } = world();
  for (const name of ['a', 'b', 'c']) manager.controller({ ...idle, name });
  const ran = manager.run(new AbortController().signal);
  await until(manager, 'running');
  expect(open()).toBe(1);
  expect((await manager.metrics.render()).text.match(/^kubecast_informer_objects\{/gmu)).toHaveLength(1);
  await manager.stop();
  await ran;
});

test('preparations run one after the other between the servers and the informers, and /readyz says what each waits for', async () => {
  const order: string[] = [];
  const go = Promise.withResolvers<void>();
  const { manager, lines, open } = world({
    health: { port: 0 },
    prepare: [
      {
        name: 'crd',
        run: async ({ waitingFor }) => {
          waitingFor('the CRD is not Established');
          order.push('crd');
          await go.promise;
        },
      },
      { name: 'values', run: () => void order.push(`values with ${open()} streams`) },
    ],
  });
  manager.controller(idle);
  const ran = manager.run(new AbortController().signal);
  await until(manager, 'preparing');
  const readyz = async (path = ''): Promise<string> => (await fetch(`${manager.urls.health}/readyz${path}`)).text();
  const asked = await readyz();
  expect(asked).toContain('[-]crd failed: the CRD is not Established');
  expect(asked).toContain('[-]values failed: has not begun');
  expect([await readyz('/synced'), order, open()]).toEqual([expect.stringContaining('idle is not started'), ['crd'], 0]);
  expect(lines).toEqual(['listening', 'crd: not prepared yet']);
  go.resolve();
  await until(manager, 'running');
  expect(order).toEqual(['crd', 'values with 0 streams']);
  expect(await readyz()).toBe('ok\n');
  expect(lines).toEqual(['listening', 'crd: not prepared yet', 'crd: prepared', 'values: prepared', 'synced']);
  await manager.stop();
  await ran;
});

test('a preparation that fails stops the manager before an informer starts, and run rejects with its error', async () => {
  const { manager, lines, closed, open } = world({ prepare: [{ name: 'crd', run: () => Promise.reject(new Error('no rights')) }] });
  manager.controller(idle);
  await expect(manager.run(new AbortController().signal)).rejects.toThrow('no rights');
  expect([lines, closed(), open()]).toEqual([['the manager stops, since a part of it failed', 'stopped'], 1, 0]);
});

test('a preparation is told to stop by its signal, and awaited', async () => {
  const ended: string[] = [];
  const { manager, closed } = world({
    prepare: [
      {
        name: 'crd',
        run: async ({ signal }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          await new Promise((resolve) => setImmediate(resolve));
          ended.push(`ended, closed ${closed()}`);
          signal.throwIfAborted();
        },
      },
      { name: 'never', run: () => void ended.push('never') },
    ],
  });
  manager.controller(idle);
  const ran = manager.run(new AbortController().signal);
  await until(manager, 'preparing');
  await manager.stop();
  await ran;
  expect([ended, closed(), manager.state]).toEqual([['ended, closed 0'], 1, 'stopped']);
});

test.each([
  ['its own deadline', { deadlineMs: 20 }, {}, 'the preparation crd did not end within 20 ms: crd: an administrator'],
  ['the time of the sync', {}, { syncTimeoutMs: 20 }, 'the manager was not synced within 20 ms: crd: an administrator'],
])('a preparation that passes %s is a SyncTimeoutError that says what it waited for', async (_what, step, options, message) => {
  let aborted: unknown;
  const run: NonNullable<ManagerOptions['prepare']>[number]['run'] = ({ signal, waitingFor }) => {
    waitingFor('an administrator');
    signal.addEventListener('abort', () => (aborted = signal.reason), { once: true });
    return new Promise(() => {});
  };
  const { manager } = world({ ...options, prepare: [{ name: 'crd', run, ...step }] });
  const error = await manager.run(new AbortController().signal).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'RuntimeSyncTimeout', message, waitingFor: ['crd: an administrator'] });
  expect(aborted).toBe(error);
});

test.each<[string, object]>([
  ['prepare is', { prepare: {} }],
  ['has no name', { prepare: [undefined] }],
  ['has no name', { prepare: [{ name: '', run: () => {} }] }],
  ['run of the preparation a', { prepare: [{ name: 'a' }] }],
  ['deadlineMs of the preparation a', { prepare: [{ name: 'a', run: () => {}, deadlineMs: -1 }] }],
  ['two preparations are named a', { prepare: [1, 2].map(() => ({ name: 'a', run: () => {} })) }],
  ['synced', { health: { port: 0 }, prepare: [{ name: 'synced', run: () => {} }] }],
  ['onReport must be a function', { onReport: 'x' }],
])('preparations and hooks that cannot work are refused: %s', (message, options) => {
  expect(() => world(options)).toThrow(message);
});

test('what the hook tells the log does not, and a hook that throws costs nothing', async () => {
  for (const hook of ['tells', 'leaves', 'throws'] as const) {
    const seen: string[] = [];
    const { manager, lines, server } = world({
      health: { port: 0 },
      prepare: [{ name: 'crd', run: () => {} }],
      onReport: (report) => {
        seen.push(report.type === 'reconcile' ? `reconcile ${report.report.type}` : report.type);
        if (hook === 'throws') throw new Error('no disk');
        return hook === 'tells';
      },
    });
    const reconciled = Promise.withResolvers<void>();
    manager.controller({
      ...idle,
      reconcile: () => {
        setImmediate(() => reconciled.resolve());
        throw new Error('not yet');
      },
    });
    server.put('n', 'a', 1);
    const ran = manager.run(new AbortController().signal);
    await reconciled.promise;
    await manager.stop();
    await ran;
    expect([...new Set(seen)]).toEqual(expect.arrayContaining(['listening', 'prepared', 'scope', 'synced', 'reconcile failed']));
    expect(lines).toEqual(
      hook === 'tells' ? ['stopped'] : ['listening', 'crd: prepared', 'synced', 'idle: reconcile failed; it is tried again', 'stopped'],
    );
  }
});

test('an informer has the name that the program gives it, in metrics and the log', async () => {
  const { manager } = world();
  manager.informer(thingType, { name: 'mine' });
  manager.controller(idle);
  const { text } = await manager.metrics.render();
  expect(text.match(/^kubecast_informer_objects.*$/gmu)).toEqual(['kubecast_informer_objects{resource="mine"} 0']);
  expect(() => manager.informer(thingType, { name: '' })).toThrow('name must be a text');
  await manager.stop();
});

test('an informer whose client is closed under it stops the manager with the reason', async () => {
  const client = {
    resource: () => ({
      source: () => ({ listPages: () => fails(), watchFrames: () => fails() }),
    }),
    close: () => {},
  };
  const manager = createManager({ client: client as unknown as ManagerClient, log: false });
  manager.controller(idle);
  await expect(manager.run(new AbortController().signal)).rejects.toMatchObject({ code: 'SCOPE_FAILED' });
});

const fails = (): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.reject(Object.assign(new Error('the client is closed'), { code: 'CLIENT_CLOSED' })),
  }),
});

interface Phase {
  readonly phase: string;
}

test('a kept state ends when its object is deleted, and an object that is made again begins without one', async () => {
  const { manager, server } = world();
  const states = new StatefulMap<Phase>();
  const seen: string[] = [];
  const things = manager.informer(thingType);
  manager.controller({
    ...idle,
    states,
    async reconcile(key, { states: kept }) {
      const uid = things.view.entry(key)?.uid;
      if (uid === undefined) return void seen.push('gone');
      seen.push(kept.get(uid)?.state.phase ?? 'none');
      await kept.update(uid, (current) => ({ phase: current === undefined ? 'Pending' : 'Ready' }));
    },
  });
  const ran = manager.run(new AbortController().signal);
  const saw = async (count: number): Promise<void> => {
    while (seen.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  server.put('n', 'a', 1);
  await saw(1);
  server.put('n', 'a', 2);
  await saw(2);
  expect([...states.keys()].map(({ key }) => key)).toEqual(['n/a']);
  server.delete('n', 'a');
  await saw(3);
  while (states.size > 0) await new Promise((resolve) => setImmediate(resolve));
  server.put('n', 'a', 3);
  await saw(4);
  expect(seen).toEqual(['none', 'Pending', 'gone', 'none']);
  await manager.stop();
  await ran;
});

test('states of objects that went before the manager ran end before a controller works; what no scope covers stays', async () => {
  const { manager, server } = world({ namespaces: ['n'] });
  server.put('n', 'a', 1);
  const uid = [...server.state().values()].map((object) => object.uid)[0] ?? '';
  const removed: string[] = [];
  const states = await StatefulMap.open<Phase>({
    log: {
      load: () =>
        Promise.resolve(
          ['n/a', 'n/gone', 'other/x', 'no key'].map(
            (key) => [key, { uid: key === 'n/a' ? uid : 'old', state: { phase: 'Ready' }, version: 1 }] as const,
          ),
        ),
      write: () => Promise.resolve(2),
      remove: (key) => Promise.resolve(void removed.push(key)),
    },
  });
  const found = Promise.withResolvers<unknown>();
  manager.controller({
    ...idle,
    states,
    reconcile: (_key, { states: kept }) => found.resolve([kept.get(uid)?.state, ...states.keys()]),
  });
  const ran = manager.run(new AbortController().signal);
  expect(await found.promise).toEqual([
    { phase: 'Ready' },
    { key: 'n/a', uid },
    { key: 'other/x', uid: 'old' },
    { key: 'no key', uid: 'old' },
  ]);
  expect(removed).toEqual(['n/gone']);
  await manager.stop();
  await ran;
});
