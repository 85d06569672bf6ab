import { ConflictError, StatefulMap, type StateLog } from '@kubecast/concurrent-map';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { TerminalError } from '../errors.ts';
import type { Controller, ControllerOptions } from './contract.ts';
import { createController } from './controller.ts';
import type { KeyStates } from './kept-states.ts';
import type { Reconcile, ReconcileReport } from './reconcile.ts';

type Clock = ReturnType<typeof createVirtualClock>;

interface Phase {
  readonly phase: 'Pending' | 'Provisioning' | 'Ready';
}

interface Working {
  readonly clock: Clock;
  readonly controller: Controller<string>;
  readonly states: StatefulMap<Phase>;
  readonly reports: ReconcileReport<string>[];
  stop(): Promise<void>;
}

function working(
  reconcile: Reconcile<string, Phase>,
  options: { readonly log?: StateLog } & Partial<ControllerOptions<string, Phase>> = {},
): Working {
  const { log, ...rest } = options;
  const clock = createVirtualClock();
  const reports: ReconcileReport<string>[] = [];
  const states = new StatefulMap<Phase>({ name: 'databases', ...(log === undefined ? {} : { log }) });
  const controller = createController<string, Phase>({
    name: 'databases',
    idOf: (key) => key,
    clock,
    states,
    onReport: (report) => void reports.push(report),
    reconcile,
    ...rest,
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  return {
    clock,
    controller,
    states,
    reports,
    stop: () => {
      stop.abort();
      return work;
    },
  };
}

const conflict = (): ConflictError => new ConflictError('databases', 'n/a', 1, 2);
const typesOf = (reports: readonly ReconcileReport<string>[]): string[] => reports.map((report) => report.type);

test('a reconcile keeps what it did between its runs', async () => {
  const seen: string[] = [];
  const { clock, controller, states, stop } = working(async (_key, { states: kept }) => {
    const current = kept.get('u1');
    seen.push(current?.state.phase ?? 'none');
    if (current?.state.phase === 'Ready') return {};
    await kept.set(
      'u1',
      { phase: current === undefined ? 'Pending' : current.state.phase === 'Pending' ? 'Provisioning' : 'Ready' },
      current?.version,
    );
    return { requeueAfterMs: 1_000 };
  });
  controller.enqueue('n/a');
  await clock.advance(10_000);
  expect(seen).toEqual(['none', 'Pending', 'Provisioning', 'Ready']);
  expect(states.get('n/a', 'u1')?.state).toEqual({ phase: 'Ready' });
  expect(states.get('n/a', 'u2')).toBeUndefined();
  await stop();
});

test('a conflict runs the key again at once, behind the keys that are ready, and counts as no failure', async () => {
  const ran: string[] = [];
  const { clock, controller, states, reports, stop } = working(async (key, { states: kept, failures }) => {
    const before = kept.get('u1');
    ran.push(`${key} ${before?.state.phase ?? 'none'} ${failures}`);
    if (key === 'n/a' && ran.length === 1) await states.set(key, 'u1', { phase: 'Provisioning' }, undefined);
    if (key === 'n/a') await kept.set('u1', { phase: 'Ready' }, before?.version);
  });
  controller.enqueue('n/a');
  controller.enqueue('n/b');
  await clock.settle();
  expect(ran).toEqual(['n/a none 0', 'n/b none 0', 'n/a Provisioning 0']);
  expect(typesOf(reports)).toEqual(['conflict', 'done', 'done']);
  expect(controller.counters).toMatchObject({ runs: 3, succeeded: 2, failed: 0, conflicts: 1 });
  expect(states.get('n/a', 'u1')?.state.phase).toBe('Ready');
  await stop();
});

test('a conflict counts as the cause of another error too, but not where the error is terminal', async () => {
  const thrown: Error[] = [new Error('not written', { cause: conflict() }), new TerminalError('over', { cause: conflict() })];
  const { clock, controller, reports, stop } = working(() => {
    const next = thrown.shift();
    if (next !== undefined) throw next;
  });
  controller.enqueue('n/a');
  await clock.settle();
  expect(typesOf(reports)).toEqual(['conflict', 'terminal']);
  await stop();
});

test('a reconcile that always conflicts runs at most five times at once, then backs off until it ends otherwise', async () => {
  let conflicts = true;
  const { clock, controller, reports, stop } = working(() => {
    if (conflicts) throw conflict();
  });
  controller.enqueue('n/a');
  await clock.settle();
  expect(typesOf(reports)).toEqual([...Array<string>(5).fill('conflict'), 'failed']);
  await clock.advance(60_000);
  expect(controller.counters).toMatchObject({ conflicts: 5 });
  expect(controller.counters.failed).toBeLessThan(20);
  conflicts = false;
  await clock.advance(120_000);
  expect(reports.at(-1)?.type).toBe('done');
  conflicts = true;
  controller.enqueue('n/a');
  await clock.settle();
  expect(controller.counters.conflicts).toBe(10);
  await stop();
});

test('another failure between two conflicts starts their count anew', async () => {
  let run = 0;
  const { clock, controller, stop } = working(() => {
    run += 1;
    throw run % 5 === 0 ? new Error('away') : conflict();
  });
  controller.enqueue('n/a');
  await clock.advance(10_000);
  expect(controller.counters.conflicts).toBe(controller.counters.failed * 4 + (run % 5));
  expect(controller.counters.failed).toBeGreaterThan(1);
  await stop();
});

test('the state of an object that is gone ends, also one that a run writes after that', async () => {
  const go = Promise.withResolvers<void>();
  const { clock, controller, states, stop } = working(async (_key, { states: kept }) => {
    await go.promise;
    await kept.set('u1', { phase: 'Ready' }, kept.get('u1')?.version);
  });
  await states.set('n/a', 'u1', { phase: 'Pending' }, undefined);
  await states.set('n/b', 'u2', { phase: 'Pending' }, undefined);
  controller.enqueue('n/a');
  await clock.settle();
  await controller.endState('n/a', 'u1');
  expect(states.get('n/a', 'u1')).toBeUndefined();
  go.resolve();
  await clock.settle();
  expect([...states.keys()]).toEqual([{ key: 'n/b', uid: 'u2' }]);
  await controller.endState('n/b', 'another');
  expect(states.size).toBe(1);
  await controller.endState('n/b', 'u2');
  expect(states.size).toBe(0);
  await stop();
});

test('a log that fails as a state ends is reported, and costs the controller nothing', async () => {
  let fails = false;
  const log: StateLog = {
    load: () => Promise.resolve([]),
    write: () => Promise.resolve(1),
    remove: () => (fails ? Promise.reject(new Error('disk full')) : Promise.resolve()),
  };
  const go = Promise.withResolvers<void>();
  const { clock, controller, reports, stop } = working(
    async (_key, { states: kept }) => {
      await kept.set('u1', { phase: 'Ready' }, undefined);
      await go.promise;
    },
    { log },
  );
  controller.enqueue('n/a');
  await clock.settle();
  fails = true;
  await expect(controller.endState('n/a', 'u1')).rejects.toThrow('disk full');
  go.resolve();
  await clock.settle();
  expect(typesOf(reports)).toEqual(['done', 'source-failed']);
  expect(reports.at(-1)).toMatchObject({ source: 'states' });
  controller.enqueue('n/a');
  await clock.settle();
  expect(controller.counters.runs).toBeGreaterThan(1);
  await stop();
});

test('an update of a state ends with the run', async () => {
  const ended: unknown[] = [];
  const { clock, controller, stop } = working(
    async (_key, { states: kept }) => {
      await kept.update('u1', () => new Promise<Phase>(() => {})).catch((error: unknown) => ended.push((error as Error).name));
    },
    { timeoutMs: 50 },
  );
  controller.enqueue('n/a');
  await clock.advance(50);
  expect(ended).toEqual(['ReconcileTimeoutError']);
  await stop();
});

test('without states their use is refused by name, and what is no map is refused at once', async () => {
  const clock = createVirtualClock();
  const errors: unknown[] = [];
  let copy: KeyStates<never> | undefined;
  const controller = createController<string>({
    name: 'plain',
    idOf: (key) => key,
    clock,
    onReport: (report) => {
      if (report.type === 'failed') errors.push(report.error);
    },
    reconcile: (_key, context) => {
      copy = { ...context }.states;
      context.states.get('u1');
    },
  });
  const stop = new AbortController();
  const work = controller.work(stop.signal);
  controller.enqueue('n/a');
  await clock.settle();
  expect(errors).toEqual([expect.objectContaining({ code: 'RuntimeBadOptions' })]);
  expect(String(errors[0])).toContain('controller plain: it keeps no states; give it the option `states');
  expect(() => copy?.delete('u1', 1)).toThrow('keeps no states');
  await controller.endState('n/a', 'u1');
  stop.abort();
  await work;
  expect(() => createController({ name: 'x', idOf: String, states: new Map() as never, reconcile: () => {} })).toThrow(
    'states must be a StatefulMap',
  );
});
