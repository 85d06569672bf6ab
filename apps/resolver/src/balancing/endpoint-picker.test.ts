import { expect, test } from 'vitest';
import type { Clock } from '@kubecast/clock';
import { createVirtualClock } from '@kubecast/clock/testing';
import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { CallLimits } from './call-limits.ts';
import { EndpointPicker } from './endpoint-picker.ts';
import type { Visit } from './visit.ts';

const endpointsOf = (count: number): ResolvedEndpoint[] =>
  Array.from({ length: count }, (_, i) => ({ address: `10.0.${i >> 8}.${i & 255}`, port: 80, ready: true, zone: null }));

/** A clock that is set by hand, with random numbers that are the same in each run. */
function setClock(seed = 1): Clock & { time: number; draws: number } {
  const { random, ...rest } = createVirtualClock({ seed });
  const clock = {
    ...rest,
    time: 0,
    draws: 0,
    now: () => clock.time,
    random: () => {
      clock.draws += 1;
      return random();
    },
  };
  return clock;
}

function picked(picker: EndpointPicker, endpoints: readonly ResolvedEndpoint[], besides?: Visit): Visit {
  const visit = picker.pick('app', endpoints, besides);
  if (typeof visit === 'string') throw new Error(`the ${visit} is full`);
  return visit;
}

/** A call that the endpoint answers after so long; undefined: it fails at once. */
function called(
  picker: EndpointPicker,
  endpoints: readonly ResolvedEndpoint[],
  clock: { time: number },
  answer: (at: number) => boolean,
): number {
  const visit = picked(picker, endpoints);
  const at = endpoints.indexOf(visit.endpoint);
  visit.sent();
  if (answer(at)) visit.answered(200);
  else visit.failed();
  visit.end();
  clock.time += 10;
  return at;
}

interface Simulated {
  /** Milliseconds of the calls, sorted; of those that failed too. */
  readonly times: number[];
  readonly failed: number;
}

/** Callers in a closed loop: each calls again when its call has ended. `latency` of an endpoint; Infinity: it hangs until the timeout. */
function simulate(count: number, latency: (at: number, now: number) => number, ms: number, callers = 50): Simulated {
  const clock = setClock(42);
  const picker = new EndpointPicker(clock);
  const endpoints = endpointsOf(count);
  const timeout = 2_000;
  const times: number[] = [];
  let failed = 0;
  const due: { at: number; run: () => void }[] = [];
  const call = (): void => {
    const begun = clock.time;
    const visit = picked(picker, endpoints);
    visit.sent();
    const takes = latency(endpoints.indexOf(visit.endpoint), begun);
    due.push({
      at: begun + Math.min(takes, timeout),
      run: () => {
        if (takes > timeout) visit.failed(timeout);
        else visit.answered(200);
        visit.end();
        if (begun >= 2_000) {
          times.push(clock.time - begun);
          if (takes > timeout) failed += 1;
        }
        call();
      },
    });
  };
  for (let i = 0; i < callers; i += 1) call();
  while (clock.time < ms) {
    let next = 0;
    for (let i = 1; i < due.length; i += 1) if ((due[i] as { at: number }).at < (due[next] as { at: number }).at) next = i;
    const [event] = due.splice(next, 1) as [{ at: number; run: () => void }];
    clock.time = event.at;
    event.run();
  }
  return { times: times.sort((a, b) => a - b), failed };
}

const p99 = ({ times }: Simulated): number => times[Math.floor(times.length * 0.99)] as number;

test('of ten endpoints one that is 20 times slower does not show in the 99th percentile, of many callers and of few', () => {
  for (const callers of [50, 5]) {
    const spread = setClock(7);
    const around = (ms: number): number => ms * (0.8 + 0.4 * spread.random());
    const healthy = simulate(10, () => around(10), 20_000, callers);
    const oneSlow = simulate(10, (at) => around(at === 3 ? 200 : 10), 20_000, callers);
    expect(p99(oneSlow) / p99(healthy)).toBeLessThanOrEqual(1.5);
  }
});

test('of four endpoints one that hangs, from the start or suddenly, costs less than one call of a hundred', () => {
  for (const since of [0, 5_000]) {
    const { times, failed } = simulate(4, (at, now) => (at === 2 && now >= since ? Infinity : 10), 40_000);
    expect(failed / times.length).toBeLessThan(0.01);
    // It is not forgotten either: it is tried again.
    expect(failed).toBeGreaterThan(0);
  }
});

test('an endpoint that hangs is passed over before its first call timed out', () => {
  const clock = setClock();
  const picker = new EndpointPicker(clock);
  const endpoints = endpointsOf(2);
  for (let i = 0; i < 100; i += 1) called(picker, endpoints, clock, () => true);
  let hung = picked(picker, endpoints);
  while (hung.endpoint !== endpoints[0]) {
    hung.end();
    hung = picked(picker, endpoints);
  }
  hung.sent();
  clock.time += 500;
  for (let i = 0; i < 100; i += 1) expect(called(picker, endpoints, clock, () => true)).toBe(1);
});

test('of two endpoints with one latency the one with fewer calls in flight is taken', () => {
  const clock = setClock();
  const picker = new EndpointPicker(clock);
  const endpoints = endpointsOf(2);
  for (let i = 0; i < 100; i += 1) called(picker, endpoints, clock, () => true);
  const held: Visit[] = [];
  for (let i = 0; i < 40; i += 1) {
    held.push(picked(picker, endpoints));
    const counts = endpoints.map((endpoint) => held.filter((visit) => visit.endpoint === endpoint).length) as [number, number];
    expect(Math.abs(counts[0] - counts[1])).toBeLessThanOrEqual(1);
  }
});

test('endpoints that are alike get alike many calls', () => {
  const counts = [0, 0, 0, 0];
  simulate(
    4,
    (at) => {
      (counts[at] as number) += 1;
      return 10;
    },
    10_000,
  );
  const mean = counts.reduce((sum, count) => sum + count, 0) / 4;
  for (const count of counts) expect(Math.abs(count - mean) / mean).toBeLessThan(0.15);
});

test('five failures in a row eject an endpoint; then one call at a time tries it, after 5, 10, 20, 40 and at most 60 seconds', () => {
  const clock = setClock();
  const picker = new EndpointPicker(clock);
  const endpoints = endpointsOf(4);
  const tries: number[] = [];
  while (clock.time < 400_000) {
    if (called(picker, endpoints, clock, (at) => at !== 0) === 0) tries.push(clock.time - 10);
    clock.time += 20;
  }
  // Between the first five, 5 s each in which it is passed over; from the last of them on, the waits of the ejections.
  const waits = tries.map((at, i) => Math.round((at - (tries[i - 1] ?? 0)) / 1_000)).slice(1);
  expect(waits.slice(0, 4)).toEqual([5, 5, 5, 5]);
  expect(waits.slice(4, 10)).toEqual([5, 10, 20, 40, 60, 60]);
  expect(picker.totals).toMatchObject({ ejections: 1, ejected: 1, restored: 0 });
});

test('while a call tries an ejected endpoint no other does; its answer brings the endpoint back', () => {
  const clock = setClock();
  const picker = new EndpointPicker(clock);
  const endpoints = endpointsOf(4);
  while (picker.totals.ejected === 0) called(picker, endpoints, clock, (at) => at !== 0);
  for (let i = 0; i < 400; i += 1) expect(called(picker, endpoints, clock, () => true)).not.toBe(0);
  clock.time += 5_000;
  let probe = picked(picker, endpoints);
  while (probe.endpoint !== endpoints[0]) {
    probe.sent();
    probe.answered(200);
    probe.end();
    probe = picked(picker, endpoints);
  }
  for (let i = 0; i < 400; i += 1) expect(called(picker, endpoints, clock, () => true)).not.toBe(0);
  probe.sent();
  probe.answered(200);
  probe.end();
  expect(picker.totals).toMatchObject({ ejected: 0, restored: 1 });
  const seen = new Set(Array.from({ length: 400 }, () => called(picker, endpoints, clock, () => true)));
  expect(seen).toContain(0);
});

test('a client that gives up on the call that tries an ejected endpoint leaves the try to the next', () => {
  const clock = setClock();
  const picker = new EndpointPicker(clock);
  const endpoints = endpointsOf(2);
  while (picker.totals.ejected === 0) called(picker, endpoints, clock, (at) => at !== 0);
  clock.time += 6_000;
  for (let round = 0; round < 2; round += 1) {
    let visit = picked(picker, endpoints);
    while (visit.endpoint !== endpoints[0]) {
      visit.end();
      visit = picked(picker, endpoints);
    }
    visit.sent();
    visit.end();
  }
  expect(picker.totals.ejected).toBe(1);
});

test('at most half of the endpoints of an app are ejected, however many fail, and calls go on', () => {
  for (const [count, most] of [
    [1, 0],
    [2, 1],
    [3, 1],
    [5, 2],
    [10, 5],
  ] as const) {
    const clock = setClock();
    const picker = new EndpointPicker(clock);
    const endpoints = endpointsOf(count);
    for (let i = 0; i < 2_000; i += 1) {
      called(picker, endpoints, clock, () => false);
      clock.time += 500;
      expect(picker.totals.ejected).toBeLessThanOrEqual(most);
    }
    expect(picker.totals.ejected).toBe(most);
    // Of those that stay some are left when the others go.
    const left = endpoints.slice(0, Math.ceil(count / 2));
    called(picker, left, clock, () => false);
    expect(picker.totals.ejected).toBeLessThanOrEqual(left.length >> 1);
  }
});

test('an endpoint that quickly answers that it cannot serve draws no calls', () => {
  const clock = setClock();
  const picker = new EndpointPicker(clock);
  const endpoints = endpointsOf(3);
  let refused = 0;
  for (let i = 0; i < 1_000; i += 1) {
    const visit = picked(picker, endpoints);
    visit.sent();
    const broken = visit.endpoint === endpoints[1];
    if (!broken) clock.time += 10;
    else refused += 1;
    visit.answered(broken ? 503 : 200);
    visit.end();
  }
  expect(refused).toBeLessThan(20);
});

test('what is known of an endpoint stays when others come and go, and goes with it', () => {
  const clock = setClock();
  const picker = new EndpointPicker(clock);
  const endpoints = endpointsOf(4);
  while (picker.totals.ejected === 0) called(picker, endpoints, clock, (at) => at !== 0);
  expect(picker.known).toBe(4);
  const same = endpoints.map((endpoint) => ({ ...endpoint, ready: false }));
  for (let i = 0; i < 100; i += 1) expect(called(picker, same, clock, () => true)).not.toBe(0);
  called(picker, same.slice(1, 3), clock, () => true);
  expect([picker.known, picker.totals.ejected]).toEqual([2, 0]);
});

test('another try goes to another endpoint where there is one', () => {
  const clock = setClock();
  const picker = new EndpointPicker(clock);
  for (let i = 0; i < 200; i += 1) {
    const endpoints = endpointsOf(2 + (i % 3));
    const first = picked(picker, endpoints);
    first.failed();
    const second = picked(picker, endpoints, first);
    expect(second.endpoint).not.toBe(first.endpoint);
    second.failed();
  }
  const only = endpointsOf(1);
  const first = picked(picker, only);
  first.failed();
  expect(picked(picker, only, first).endpoint).toBe(only[0]);
});

test('the work of a pick does not grow with the number of endpoints, not even where nearly all are full', () => {
  for (const count of [2, 10, 10_000]) {
    const clock = setClock();
    const picker = new EndpointPicker(clock, { endpoint: 1, app: 1_000_000, process: 1_000_000 });
    const endpoints = endpointsOf(count);
    for (let i = 0; i < count; i += 1) picker.pick('app', endpoints);
    clock.draws = 0;
    for (let i = 0; i < 1_000; i += 1) picker.pick('app', endpoints);
    expect(clock.draws / 1_000).toBeLessThanOrEqual(9);
  }
});

const filled = (limits: Partial<CallLimits>): { picker: EndpointPicker; visits: Visit[]; full: unknown } => {
  const picker = new EndpointPicker(setClock(), limits);
  const visits: Visit[] = [];
  for (;;) {
    const visit = picker.pick('app', endpointsOf(2));
    if (typeof visit === 'string') return { picker, visits, full: visit };
    visits.push(visit);
  }
};

test('calls beyond the limit of the process, the app or the endpoint are turned away, and counted by what was full', () => {
  for (const [limits, cause, most] of [
    [{ process: 5 }, 'process', 5],
    [{ app: 6 }, 'app', 6],
    [{ endpoint: 4 }, 'endpoint', 8],
  ] as const) {
    const { picker, visits, full } = filled(limits);
    expect([full, visits.length]).toEqual([cause, most]);
    expect(picker.totals.shed).toEqual({ process: 0, app: 0, endpoint: 0, [cause]: 1 });
    expect(picker.pick('other', endpointsOf(2)) === cause).toBe(cause !== 'app');
    visits[0]?.end();
    visits[0]?.end();
    expect(typeof picker.pick('app', endpointsOf(2))).toBe('object');
    expect(picker.pick('app', endpointsOf(2))).toBe(cause);
  }
});

test('an answer that lasts gives its place back, as long as there is room among the streams', () => {
  const { picker, visits } = filled({ app: 3, streams: 2 });
  for (const visit of visits) {
    visit.sent();
    visit.answered(200);
    visit.stream();
  }
  expect(picker.totals).toMatchObject({ inFlight: 1, streams: 2 });
  for (const visit of visits) visit.end();
  expect(picker.totals).toMatchObject({ inFlight: 0, streams: 0 });
});
