import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { controllerCollector, informerCollector } from './collectors.ts';
import { createController } from '../controller/controller.ts';
import { createHealthServer, type HealthServerOptions } from './health-server.ts';
import { createMetrics } from './metrics.ts';
import { createShutdown, type ProcessLike } from '../cli/shutdown.ts';

async function serving<T>(
  options: HealthServerOptions,
  body: (url: string, server: ReturnType<typeof createHealthServer>) => Promise<T>,
): Promise<T> {
  const server = createHealthServer(options);
  const url = await server.listen('127.0.0.1', 0);
  try {
    return await body(url, server);
  } finally {
    await server.stop();
  }
}

const get = async (url: string): Promise<[number, string]> => {
  const answer = await fetch(url);
  return [answer.status, await answer.text()];
};

test('a check that fails makes the endpoint 503 with the reason, and the others are still told', async () => {
  await serving(
    {
      ready: [
        {
          name: 'redis',
          check: () => {
            throw new Error('connect ECONNREFUSED 127.0.0.1:6379');
          },
        },
        { name: 'crd', check: () => {} },
      ],
    },
    async (url) => {
      expect(await get(`${url}/livez`)).toEqual([200, 'ok\n']);
      expect(await get(`${url}/readyz`)).toEqual([
        503,
        '[+]serving ok\n[-]redis failed: connect ECONNREFUSED 127.0.0.1:6379\n[+]crd ok\nreadyz check failed\n',
      ]);
      expect(await get(`${url}/readyz/crd`)).toEqual([200, 'ok\n']);
      expect((await get(`${url}/readyz?exclude=redis&exclude=zz`))[0]).toBe(200);
      expect((await get(`${url}/readyz?exclude=redis&exclude=zz&verbose`))[1]).toContain('no matches for "zz"');
      expect((await get(`${url}/readyz/none`))[0]).toBe(404);
      expect((await get(`${url}/elsewhere`))[0]).toBe(404);
    },
  );
});

test('a check that gives false fails, and what is thrown need not be an error', async () => {
  const live = [
    { name: 'no', check: () => false as unknown as undefined },
    { name: 'later', check: () => Promise.resolve(false) as unknown as Promise<void> },
    { name: 'bare', check: () => Promise.reject(Object.create(null) as Error) },
  ];
  await serving({ live }, async (url) => {
    expect(await get(`${url}/livez`)).toEqual([
      503,
      '[+]ping ok\n[-]no failed: the check gave false\n[-]later failed: the check gave false\n[-]bare failed: an error that cannot be shown\nlivez check failed\n',
    ]);
  });
});

test('a check that hangs fails by its deadline and hides no other', async () => {
  await serving(
    {
      live: [
        { name: 'stuck', deadlineMs: 20, check: () => new Promise(() => {}) },
        { name: 'fine', check: () => {} },
      ],
    },
    async (url) => {
      const [status, text] = await get(`${url}/livez`);
      expect(status).toBe(503);
      expect(text).toContain('[-]stuck failed: the check stuck did not end within 20 ms');
      expect(text).toContain('[+]fine ok');
    },
  );
});

test('a stop begins with not ready, while the process still lives', async () => {
  await serving({}, async (url, server) => {
    expect((await get(`${url}/readyz`))[0]).toBe(200);
    server.turnUnready('the controller is stopping');
    expect(await get(`${url}/readyz`)).toEqual([503, '[-]serving failed: the controller is stopping\nreadyz check failed\n']);
    expect((await get(`${url}/livez`))[0]).toBe(200);
  });
});

test('a port that is taken is named, with the way out', async () => {
  await serving({}, async (url) => {
    const port = Number(new URL(url).port);
    await expect(createHealthServer({}).listen('127.0.0.1', port)).rejects.toMatchObject({
      name: 'ListenError',
      message: expect.stringContaining(`port ${port} of 127.0.0.1 is in use`) as string,
    });
  });
});

test('plain counters become Prometheus metrics; equal names of several sources are one family', async () => {
  const metrics = createMetrics({ processMetrics: false, labels: { app: 'x' } });
  metrics.addCounters('kubecast_redis_loader', () => ({ commandsSent: 3, connected: true, name: 'no number' }), {
    gauges: ['connected'],
    leaveOut: ['name'],
  });
  for (const name of ['a', 'b']) {
    metrics.add(
      controllerCollector(createController<string>({ name, idOf: (key) => key, reconcile: () => {}, clock: createVirtualClock() })),
    );
  }
  const { contentType, text } = await metrics.render();
  expect(contentType).toContain('version=0.0.4');
  expect(text).toContain('# TYPE kubecast_redis_loader_commands_sent_total counter\nkubecast_redis_loader_commands_sent_total{app="x"} 3');
  expect(text).toContain('kubecast_redis_loader_connected{app="x"} 1');
  expect(text).not.toContain('no number');
  expect(text.match(/# TYPE kubecast_runtime_queue_depth gauge/g)).toHaveLength(1);
  expect(text).toContain('kubecast_runtime_queue_depth{controller="a",app="x"} 0');
  expect(text).toContain('kubecast_runtime_queue_depth{controller="b",app="x"} 0');
  expect(text).toContain('kubecast_runtime_reconcile_seconds_bucket{controller="a",le="+Inf",app="x"} 0');
});

test('a histogram counts each duration in its bucket and all above', async () => {
  const clock = createVirtualClock();
  const controller = createController<string>({ name: 'h', idOf: (key) => key, clock, reconcile: () => clock.sleep(30) });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('a');
  await clock.advance(100);
  stop.abort();
  await work;
  const metrics = createMetrics({ processMetrics: false });
  metrics.add(controllerCollector(controller));
  const { text } = await metrics.render();
  expect(text).toContain('kubecast_runtime_reconcile_seconds_bucket{controller="h",le="0.025"} 0');
  expect(text).toContain('kubecast_runtime_reconcile_seconds_bucket{controller="h",le="0.05"} 1');
  expect(text).toContain('kubecast_runtime_reconcile_seconds_sum{controller="h"} 0.03');
});

test('a source of metrics that throws is counted and costs no other', async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.add(() => {
    throw new Error('broken');
  });
  metrics.add(
    informerCollector('appmodels', {
      view: { size: 7 },
      storeCounters: {
        recordBytes: 1,
        reservedBytes: 2,
        hotBytes: 3,
        cacheRequests: 10,
        cacheHits: 4,
        promotions: 5,
        evictions: 6,
        packedReads: 6,
        hotObjects: 9,
      },
      handlers: [{ name: 'h', waiting: 3, hasSynced: true, counters: { filterErrors: 8 } }],
      scopes: () => [{ namespace: 'n', state: 'Watching', synced: true, ageMs: Infinity, epoch: 0, counters: { relists: 2, note: 'x' } }],
    }),
  );
  const { text } = await metrics.render();
  expect(text).toContain('kubecast_runtime_collector_errors_total 1');
  expect(text).toContain('kubecast_informer_objects{resource="appmodels"} 7');
  expect(text).toContain('kubecast_informer_relists_total{resource="appmodels",namespace="n"} 2');
  expect(text).toContain('kubecast_store_cache_request_total{type="appmodels"} 10');
  expect(text).toContain('kubecast_store_cache_hit_total{type="appmodels",tier="hot"} 4');
  expect(text).toContain('kubecast_store_cache_hit_total{type="appmodels",tier="packed"} 6');
  expect(text).toContain('kubecast_store_cache_promotion_total{type="appmodels",tier="hot"} 5');
  expect(text).toContain('kubecast_store_cache_eviction_total{type="appmodels",tier="hot"} 6');
  expect(text).toContain('kubecast_store_hot_objects{type="appmodels"} 9');
  expect(text).toContain('kubecast_informer_handler_waiting{resource="appmodels",handler="h"} 3');
  expect(text).toContain('kubecast_informer_handler_filter_errors_total{resource="appmodels",handler="h"} 8');
  expect(text).not.toContain('age_seconds');
});

test('the process’s own metrics come along', async () => {
  expect((await createMetrics().render()).text).toContain('process_');
});

function fakeProcess(): { process: ProcessLike; emit: (name: string) => void; exits: number[] } {
  const listeners = new Map<string, Set<() => void>>();
  const on = (name: string, listener: () => void): void => void listeners.set(name, new Set(listeners.get(name)).add(listener));
  const exits: number[] = [];
  return {
    exits,
    emit: (name) => {
      for (const listener of listeners.get(name) ?? []) listener();
    },
    process: {
      on,
      removeListener: (name, listener) => listeners.get(name)?.delete(listener),
      exit: (code) => void exits.push(code),
      stdin: { on: (name, listener) => on(`stdin ${name}`, listener), resume: () => {} },
    },
  };
}

test('the first signal asks for the end, the second ends at once', () => {
  const { process, emit, exits } = fakeProcess();
  const why: string[] = [];
  const shutdown = createShutdown({ process, onStop: (reason) => void why.push(reason) });
  emit('SIGTERM');
  expect(shutdown.signal.aborted).toBe(true);
  expect(exits).toEqual([]);
  emit('SIGINT');
  expect(exits).toEqual([1]);
  expect(why).toEqual(['SIGTERM']);
});

test('the end of standard input asks for the end, once, and only where it was asked for', () => {
  const one = fakeProcess();
  const shutdown = createShutdown({ process: one.process, withStdin: true });
  one.emit('stdin end');
  one.emit('stdin close');
  expect(shutdown.signal.aborted).toBe(true);
  expect(one.exits).toEqual([]);
  const other = fakeProcess();
  const ignoring = createShutdown({ process: other.process });
  other.emit('stdin end');
  expect(ignoring.signal.aborted).toBe(false);
});
