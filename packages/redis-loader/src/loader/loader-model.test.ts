import { createVirtualClock } from '@kubecast/clock/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLoader, formatEnvelope, NotLoadedError, versionKeys, type Held, type Loader, type Wanted } from '../index.ts';
import { startRespServer, type RespServer } from '../testing/index.ts';

/** What can happen, in any order, to a few models in one Redis. */
type Step =
  | { readonly kind: 'announce'; readonly model: string; readonly version: string }
  | { readonly kind: 'forget'; readonly model: string }
  | { readonly kind: 'load' | 'load-and-leave'; readonly model: string }
  | { readonly kind: 'write' | 'write-version'; readonly model: string; readonly version: string }
  | { readonly kind: 'write-foreign' | 'write-broken' | 'write-plain' | 'delete'; readonly model: string }
  | { readonly kind: 'fault'; readonly fault: 'error' | 'cut' | 'loading' | 'none' }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'resync' }
  | { readonly kind: 'tick' }
  | { readonly kind: 'drain' };

const model = fc.constantFrom('x', 'y', '__proto__');
const version = fc.constantFrom('1', '2', '3');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('announce' as const), model, version }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('write' as const, 'write-version' as const), model, version }) },
  fc.record({ kind: fc.constant('forget' as const), model }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('load' as const, 'load-and-leave' as const), model }) },
  fc.record({ kind: fc.constantFrom('write-foreign' as const, 'write-broken' as const, 'write-plain' as const, 'delete' as const), model }),
  fc.record({
    kind: fc.constant('fault' as const),
    fault: fc.constantFrom('error' as const, 'cut' as const, 'loading' as const, 'none' as const),
  }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(1, 100, 40_000) }),
  fc.record({ kind: fc.constant('resync' as const) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tick' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('drain' as const) }) },
);

const owner = (name: string): Wanted['owner'] => ({ namespace: 'n', app: 'a', model: name });
const key = (name: string): Buffer => Buffer.from(`a_${name}`);

/** The payload tells for whom and as which version it was written. */
function checkPayload(name: string, held: Held): void {
  const payload = held.payload as { readonly of: string; readonly version: string } | undefined;
  expect(payload?.of).toBe(name);
  if (held.version !== undefined) expect(payload?.version).toBe(held.version);
}

/** What a loader says must be true of what it was told, whatever happened. */
function checkClaims(loader: Loader, announced: ReadonlyMap<string, string>): void {
  for (const name of ['x', 'y', '__proto__']) {
    const held = loader.get(name);
    const wanted = announced.get(name);
    if (wanted === undefined) {
      expect(held).toBeUndefined();
      continue;
    }
    expect(held).toBeDefined();
    if (held === undefined) continue;
    const { payload } = held;
    if (held.state === 'missing' || held.evicted === true) expect(payload).toBeUndefined();
    else checkPayload(name, held);
    if (held.state === 'current') expect(held.version).toBe(wanted);
    if (held.state !== 'stale') expect(held.staleForMs).toBe(0);
  }
  const { wanted, satisfied } = loader.counters;
  expect(wanted).toBe(announced.size);
  expect(satisfied).toBe([...announced.keys()].filter((name) => ['current', 'unverified'].includes(loader.get(name)?.state ?? '')).length);
}

async function play(steps: readonly Step[], server: RespServer, payloadBytes: number | undefined): Promise<void> {
  server.flushAll();
  server.intercept(undefined);
  const clock = createVirtualClock();
  const ready = Promise.withResolvers<void>();
  const loader = createLoader({
    redis: server.url,
    clock,
    batchSize: 2,
    ...(payloadBytes === undefined ? {} : { payloadBytes }),
    onStatus: ({ state }) => state === 'ready' && ready.resolve(),
  });
  const loads: Promise<void>[] = [];
  const load = async (name: string, signal?: AbortSignal): Promise<void> => {
    try {
      const held = await loader.load(name, signal === undefined ? {} : { signal });
      if (held !== undefined) checkPayload(name, held);
    } catch (error) {
      if (signal?.aborted !== true) expect(error).toBeInstanceOf(NotLoadedError);
    }
  };
  loader.start();
  await ready.promise;
  const announced = new Map<string, string>();
  const database = server.database(0);
  const write = (name: string, text: string): void => database.set(key(name), { type: 'string', value: Buffer.from(text) });
  const envelope = (name: string, of: string, at: string): string =>
    formatEnvelope({ ...owner(name), namespace: of === name ? 'n' : 'elsewhere', version: at, number: 1, payload: { of, version: at } });
  try {
    for (const each of steps) {
      if (each.kind === 'announce') {
        announced.set(each.model, each.version);
        loader.want({ id: each.model, version: each.version, owner: owner(each.model) });
      } else if (each.kind === 'forget') {
        announced.delete(each.model);
        loader.forget(each.model);
      } else if (each.kind === 'load') loads.push(load(each.model));
      else if (each.kind === 'load-and-leave') {
        const stop = new AbortController();
        loads.push(load(each.model, stop.signal));
        // Its question is on its way.
        await clock.settle();
        stop.abort(new Error('enough'));
      } else if (each.kind === 'write') write(each.model, envelope(each.model, each.model, each.version));
      else if (each.kind === 'write-version') {
        const at = versionKeys(`a_${each.model}`)?.of(each.version) ?? '';
        database.set(Buffer.from(at), { type: 'string', value: Buffer.from(envelope(each.model, each.model, each.version)) });
      } else if (each.kind === 'write-foreign') write(each.model, envelope(each.model, 'somebody else', '1'));
      else if (each.kind === 'write-broken') write(each.model, '{');
      else if (each.kind === 'write-plain') write(each.model, JSON.stringify({ of: each.model, version: 'plain' }));
      else if (each.kind === 'delete') database.delete(key(each.model));
      else if (each.kind === 'time') await clock.advance(each.ms);
      else if (each.kind === 'resync') loader.resync();
      else if (each.kind === 'tick') await Promise.resolve(); // Commands go out; no answer can come.
      else if (each.kind === 'drain') {
        // As long as answers come; under a fault nothing is waited for but the clock.
        for (let turn = 0; turn < 50 && loader.counters.pending > 0; turn += 1) await clock.settle();
      } else if (each.kind === 'fault') {
        const { fault } = each;
        server.intercept(({ name }) => {
          if (fault === 'none' || (name !== 'get' && name !== 'mget')) return undefined;
          return fault === 'cut'
            ? 'cut'
            : { error: fault === 'loading' ? 'LOADING Redis is loading the dataset in memory' : 'ERR something odd' };
        });
      }
      checkClaims(loader, announced);
      expect(loader.counters.heldBytes).toBeLessThanOrEqual(payloadBytes ?? Infinity);
    }
    // In the end Redis is well and holds what is announced: everything is current, by the next resync at the latest.
    server.intercept(undefined);
    for (const [name, at] of announced) write(name, envelope(name, name, at));
    const isDone = (name: string): boolean => loader.get(name)?.state === 'current';
    // Reconnecting takes real time, the only thing here that does.
    const deadline = performance.now() + 10_000;
    while (![...announced.keys()].every(isDone) && performance.now() < deadline) {
      loader.resync();
      await clock.settle();
      checkClaims(loader, announced);
    }
    for (const name of announced.keys()) expect(loader.get(name)?.state).toBe('current');
    await loader.settled();
    for (const [name, at] of announced)
      expect(await loader.load(name)).toMatchObject({ state: 'current', version: at, payload: { of: name, version: at } });
    await Promise.all(loads);
    // What was asked for and then forgotten is still on its way, and nobody waits for it.
    while (loader.counters.pending > 0 && performance.now() < deadline) await clock.settle();
    expect(loader.counters.pending).toBe(0);
    const { commands } = loader.counters;
    // Nothing is left that could not prove itself.
    loader.resync();
    await clock.advance(100_000);
    expect(loader.counters.commands).toBe(commands);
    expect(loader.failures().size).toBe(0);
  } finally {
    await loader.close();
    expect(clock.pending).toBe(0);
  }
}

test('whatever the order of announcements, writes and faults: no wrong claim, and in the end everything is current', async () => {
  const server = await startRespServer();
  let played = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(undefined, 250, 600), async (steps, payloadBytes) => {
        await play(steps, server, payloadBytes);
        played += 1;
      }),
      {
        numRuns: 150,
        // Forgotten while its answer is on its way.
        examples: [[[{ kind: 'announce', model: 'x', version: '1' }, { kind: 'tick' }, { kind: 'forget', model: 'x' }], undefined]],
      },
    );
    expect(played).toBe(150);
  } finally {
    await server.close();
  }
}, 120_000);
