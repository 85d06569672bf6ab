import { expect, test } from 'vitest';
import type { ResourceSource } from '@kubecast/client';
import { createVirtualClock } from '@kubecast/clock/testing';
import { createObjectStore } from '@kubecast/store';
import type { ObjectStore } from '@kubecast/store';
import { testRecord } from '@kubecast/store/testing';
import { createInformer } from '../index.ts';
import { Listener } from '../handlers/listener.ts';
import { Scheduler } from '../handlers/scheduler.ts';
import { bookmarkFrame, bytesOf, thingType } from '../testing/index.ts';

/** Three doublings. */
const SIZES = [1, 2, 4, 8];
/** A measurement is as good as its best run: everything else that runs only adds. */
const RUNS = 5;
/** Work that grows with n log n stays below, work that grows with its square is at 2. */
const MOST = 1.2;

/**
 * How the CPU time of a work grows with its size: the exponent. `prepare` is not measured. Each measurement does the same work in all, the smallest size eight
 * times, so that none is too short, and the collector has as much to do in each.
 */
async function exponent(base: number, prepare: (n: number) => () => Promise<void> | void): Promise<number> {
  const best = SIZES.map(() => Infinity);
  await prepare(base)();
  for (let run = 0; run < RUNS; run += 1)
    for (const [at, factor] of SIZES.entries()) {
      const times = (SIZES.at(-1) ?? 1) / factor;
      let micros = 0;
      for (let time = 0; time < times; time += 1) {
        const work = prepare(base * factor);
        const begun = process.cpuUsage();
        await work();
        const { user, system } = process.cpuUsage(begun);
        micros += user + system;
      }
      best[at] = Math.min(best[at] ?? Infinity, micros / times);
    }
  const points = best.map((micros, at) => [Math.log2(SIZES[at] ?? 1), Math.log2(micros)] as const);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point[0])), mean(points.map((point) => point[1]))];
  const slope = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  console.log(`${best.map((micros) => `${Math.round(micros / 100) / 10} ms`).join(', ')}: exponent ${slope.toFixed(2)}`);
  return slope;
}

function storeOf(count: number): ObjectStore<object> {
  const store = createObjectStore<object>({ apiVersion: 'v1', kind: 'Thing' });
  for (let i = 0; i < count; i += 1) store.put(testRecord({ namespace: 'n', name: `o${i}`, uid: `u${i}` }));
  return store;
}

test('a handler that is added while others write is synced in time that grows with the objects', async () => {
  const grows = await exponent(250, (n) => {
    const store = storeOf(n);
    const clock = createVirtualClock();
    let handled = 0;
    return () =>
      new Promise<void>((resolve) => {
        const listener: Listener<object> = new Listener<object>(
          () => {
            handled += 1;
            // One object in ten changes while the handler walks: ahead of the walk, and behind it.
            if (handled % 10 !== 0) return;
            const i = (handled * 7919) % n;
            for (const change of store.put(testRecord({ namespace: 'n', name: `o${i}`, uid: `u${i}`, version: String(100 + handled) })))
              listener.offer(change, 'watch', undefined);
          },
          {},
          store.view,
          new Scheduler(clock, 4),
          () => {
            if (listener.initialDone) resolve();
          },
        );
        listener.replay({}, 'initial', true, () => undefined);
      });
  });
  expect(grows).toBeLessThanOrEqual(MOST);
});

test('a handler that drops what overflows costs no more for the deletes that wait', async () => {
  const grows = await exponent(500, (n) => {
    const store = storeOf(n);
    const clock = createVirtualClock();
    let release: () => void = () => undefined;
    const listener: Listener<object> = new Listener<object>(
      () => new Promise<void>((resolve) => (release = resolve)),
      { overflow: 'resync', buffer: 10, workers: 1 },
      store.view,
      new Scheduler(clock, 4),
      () => undefined,
    );
    const removed = Array.from({ length: n / 2 }, (_, i) => store.remove({ cluster: '', namespace: 'n', name: `o${i}` }, `u${i}`));
    const changed = Array.from({ length: n / 2 }, (_, i) =>
      store.put(testRecord({ namespace: 'n', name: `o${n / 2 + i}`, uid: `u${n / 2 + i}`, version: '100' })),
    );
    return () => {
      for (const change of removed.flat()) listener.offer(change, 'watch', 'deleted');
      for (const change of changed.flat()) listener.offer(change, 'watch', undefined);
      release();
      listener.remove(new Error('over'));
    };
  });
  expect(grows).toBeLessThanOrEqual(MOST);
});

/** A source of one namespace with one object, whose watch says nothing but what is pushed. */
function sourceOf(namespace: string, onPush?: (push: (from: number, count: number) => void) => void): ResourceSource {
  const object = (name: string, version: number): Uint8Array =>
    bytesOf({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name, namespace, uid: name, resourceVersion: String(version) } });
  return {
    async *listPages() {
      yield { resourceVersion: '10', items: [], more: false };
    },
    async *watchFrames(_options, signal) {
      yield [{ type: 'ADDED', object: object('first', 5) }, bookmarkFrame(10, 'true')];
      for (;;) {
        const [from, count] = await new Promise<readonly [number, number]>((resolve, reject) => {
          onPush?.((...pushed) => resolve(pushed));
          signal?.addEventListener('abort', () => reject(new Error('over')), { once: true });
        });
        yield Array.from({ length: count }, (_, i) => ({ type: 'ADDED' as const, object: object(`o${from + i}`, from + i) }));
      }
    },
  };
}

test('n waits for writes and half as many events cost n log n', async () => {
  const grows = await exponent(100, (n) => async () => {
    const clock = createVirtualClock();
    let push: (from: number, count: number) => void = () => undefined;
    await using informer = createInformer({ type: thingType, clock, source: sourceOf('n', (given) => (push = given)) });
    informer.start();
    await informer.whenSynced();
    const abort = new AbortController();
    const waits = Array.from({ length: n }, (_, i) =>
      informer.waitFor(
        { key: { cluster: '', namespace: 'n', name: `o${100 + i}` }, uid: `o${100 + i}`, version: String(100 + i), gone: false },
        { deadlineMs: 60_000 },
      ),
    );
    const settled = Promise.allSettled(waits);
    await clock.settle();
    push(100, n / 2);
    await Promise.all(waits.slice(0, n / 2));
    abort.abort();
    await informer.stop();
    expect((await settled).filter(({ status }) => status === 'fulfilled')).toHaveLength(n / 2);
  });
  expect(grows).toBeLessThanOrEqual(MOST);
});

test('snapshots that are taken, read and disposed between writes cost the same, however large the view is', async () => {
  const grows = await exponent(500, (n) => {
    const store = storeOf(n);
    return () => {
      for (let i = 0; i < 1000; i += 1) {
        const name = `o${i % n}`;
        const snapshot = store.view.snapshot();
        store.put(testRecord({ namespace: 'n', name, uid: `u${i % n}`, version: String(100 + i) }));
        if (snapshot.entry({ namespace: 'n', name })?.version === String(100 + i)) throw new Error('the snapshot shows a later write');
        snapshot[Symbol.dispose]();
      }
    };
  });
  expect(grows).toBeLessThanOrEqual(0.5);
});

test('namespaces are added, filled, handled and taken away in time that grows with their number', async () => {
  const grows = await exponent(25, (n) => async () => {
    const clock = createVirtualClock();
    await using informer = createInformer({ type: thingType, clock, namespaces: [], source: (namespace) => sourceOf(namespace) });
    let handled = 0;
    const handle = informer.handle(() => {
      handled += 1;
    });
    informer.start();
    informer.setNamespaces(Array.from({ length: n }, (_, i) => `n${i}`));
    await informer.whenSynced();
    await handle.synced;
    expect(handled).toBe(n);
    informer.setNamespaces(Array.from({ length: n / 2 }, (_, i) => `n${i}`));
    informer.setNamespaces(Array.from({ length: n }, (_, i) => `n${i}`));
    await informer.whenSynced();
  });
  expect(grows).toBeLessThanOrEqual(MOST);
});
