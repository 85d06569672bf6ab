import type { Lease } from '@kubecast/crd';
import { createVirtualClock } from '@kubecast/clock/testing';
import { expect, test } from 'vitest';
import { createLeaderElector, type ElectionReport, type LeaderElectionOptions, type LeaderElector } from './leader-election.ts';
import type { Leadership } from './leadership.ts';
import type { LeaseLock } from './lease-lock.ts';

type Clock = ReturnType<typeof createVirtualClock>;

/** One Lease with the API server's rule: a write with another resourceVersion is refused. */
class LeaseServer {
  lease: Lease | undefined;
  writes: NonNullable<Lease['spec']>[] = [];
  away: '' | 'refused' | 'hanging' = '';
  #version = 0;

  lock(): LeaseLock {
    return {
      name: 'default/test',
      get: (signal) => this.#answer(signal, () => structuredClone(this.lease)),
      create: (lease, signal) => this.#answer(signal, () => this.#write(lease, this.lease === undefined)),
      replace: (lease, signal) =>
        this.#answer(signal, () => this.#write(lease, lease.metadata.resourceVersion === this.lease?.metadata.resourceVersion)),
    };
  }

  #write(lease: Lease, allowed: boolean): Lease {
    if (!allowed) throw Object.assign(new Error('the object has been modified'), { statusCode: 409 });
    this.#version += 1;
    this.lease = structuredClone({ ...lease, metadata: { ...lease.metadata, uid: 'u', resourceVersion: String(this.#version) } });
    this.writes.push(structuredClone(this.lease.spec ?? {}));
    return structuredClone(this.lease);
  }

  /** Somebody edits the Lease by hand. */
  edit(spec: NonNullable<Lease['spec']>): void {
    this.#version += 1;
    this.lease = {
      ...this.lease,
      metadata: { ...this.lease?.metadata, resourceVersion: String(this.#version) },
      spec: { ...this.lease?.spec, ...spec },
    };
  }

  async #answer<T>(signal: AbortSignal, body: () => T): Promise<T> {
    if (this.away === 'refused') throw new Error('connect ECONNREFUSED');
    if (this.away === 'hanging') {
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    }
    return body();
  }
}

interface Candidate {
  readonly elector: LeaderElector;
  readonly leaderships: Leadership[];
  readonly reports: ElectionReport[];
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

function stand(
  clock: Clock,
  server: LeaseServer,
  identity: string,
  options: Partial<LeaderElectionOptions> = {},
  lead?: (leadership: Leadership) => Promise<void>,
): Candidate {
  const leaderships: Leadership[] = [];
  const reports: ElectionReport[] = [];
  const stop = new AbortController();
  const elector = createLeaderElector({
    lock: server.lock(),
    identity,
    clock,
    onReport: (report) => void reports.push(report),
    ...options,
  });
  const done = elector.run(async (leadership) => {
    leaderships.push(leadership);
    if (lead) await lead(leadership);
    else await new Promise<void>((resolve) => leadership.signal.addEventListener('abort', () => resolve(), { once: true }));
  }, stop.signal);
  return { elector, leaderships, reports, stop, done };
}

test('the Lease is made, renewed every two seconds with the version last seen, and its times have six digits', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const a = stand(clock, server, 'a');
  await clock.advance(6_000);
  expect(a.elector.isLeader).toBe(true);
  expect(server.writes).toHaveLength(4);
  expect(server.writes[0]).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(server.writes[0]?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(server.writes[3]?.acquireTime).toBe(server.writes[0]?.acquireTime);
  expect(server.writes[3]?.renewTime).not.toBe(server.writes[0]?.renewTime);
  a.stop.abort();
  await a.done;
});

test('a second candidate leads only after the first gave the Lease up, at once then, with a higher term', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const a = stand(clock, server, 'a');
  await clock.advance(10);
  const b = stand(clock, server, 'b');
  await clock.advance(60_000);
  expect(b.leaderships).toHaveLength(0);
  expect(b.elector.reason).toBe('a leads');
  a.stop.abort();
  await a.done;
  expect(server.lease?.spec?.holderIdentity).toBe('');
  await clock.advance(2_500);
  expect(b.elector.isLeader).toBe(true);
  expect(b.elector.term).toBe(1);
  b.stop.abort();
  await b.done;
});

test('a candidate waits the whole lease from when it last saw the record move, whatever the holder’s calendar says', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  server.edit({ holderIdentity: 'dead', leaseDurationSeconds: 15, leaseTransitions: 4, renewTime: '2001-01-01T00:00:00.000000Z' });
  const b = stand(clock, server, 'b');
  await clock.advance(14_900);
  expect(b.leaderships).toHaveLength(0);
  await clock.advance(2_600);
  expect(b.elector.isLeader).toBe(true);
  expect(b.elector.term).toBe(5);
  b.stop.abort();
  await b.done;
});

for (const how of ['refused', 'hanging'] as const) {
  test(`when the API server is ${how}, leadership ends before anybody else may take over, counted from the start of the last renewal`, async () => {
    const clock = createVirtualClock();
    const server = new LeaseServer();
    const a = stand(clock, server, 'a');
    await clock.advance(2_000);
    const renewedAt = clock.now();
    server.away = how;
    let endedAt = 0;
    a.leaderships[0]?.signal.addEventListener('abort', () => {
      endedAt = clock.now();
    });
    await clock.advance(20_000);
    expect(endedAt - renewedAt).toBe(12_000);
    expect(a.elector.isLeader).toBe(false);
    expect(a.elector.counters.lost).toBe(1);
    expect(a.reports.some((report) => report.type === 'released')).toBe(false);
    a.stop.abort();
    await a.done;
  });
}

test('a renewal whose answer took long counts from when it was sent', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const lock = server.lock();
  const slow: LeaseLock = {
    ...lock,
    async replace(lease, signal) {
      const written = await lock.replace(lease, signal);
      if (server.away === '') await clock.sleep(1_500, signal);
      return written;
    },
  };
  const a = stand(clock, server, 'a', { lock: slow });
  let endedAt = 0;
  await clock.advance(3_000); // Sent at 2.0 s, answered at 3.5 s.
  a.leaderships[0]?.signal.addEventListener('abort', () => {
    endedAt = clock.now();
  });
  await clock.advance(1_000);
  server.away = 'refused';
  await clock.advance(20_000);
  expect(endedAt).toBe(14_000);
  a.stop.abort();
  await a.done;
});

test('a Lease that another took unseen is not given up in its name', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const a = stand(clock, server, 'a');
  await clock.advance(3_000);
  server.edit({ holderIdentity: 'thief', leaseTransitions: 1 });
  a.stop.abort();
  await a.done;
  expect(server.lease?.spec?.holderIdentity).toBe('thief');
  expect(a.reports.some((report) => report.type === 'released')).toBe(false);
});

test('two candidates never lead at the same moment, though the first is cut off', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const cut = new LeaseServer();
  const lock = server.lock();
  let away = false;
  const through = <T>(task: () => Promise<T>): Promise<T> => (away ? Promise.reject(new Error('cut off')) : task());
  const a = stand(clock, cut, 'a', {
    lock: {
      name: 'default/test',
      get: (signal) => through(() => lock.get(signal)),
      create: (lease, signal) => through(() => lock.create(lease, signal)),
      replace: (lease, signal) => through(() => lock.replace(lease, signal)),
    },
  });
  await clock.advance(10);
  const b = stand(clock, server, 'b');
  await clock.advance(4_000);
  away = true;
  for (let i = 0; i < 400; i += 1) {
    await clock.advance(100);
    expect(a.elector.isLeader && b.elector.isLeader).toBe(false);
  }
  expect(b.elector.isLeader).toBe(true);
  a.stop.abort();
  b.stop.abort();
  await Promise.all([a.done, b.done]);
});

test('the moment another holder is seen, leadership ends', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const a = stand(clock, server, 'a');
  await clock.advance(3_000);
  server.edit({ holderIdentity: 'thief', leaseTransitions: 9 });
  await clock.advance(1_100);
  expect(a.elector.isLeader).toBe(false);
  expect(a.leaderships[0]?.signal.reason).toMatchObject({ name: 'LeadershipLostError', message: 'thief leads now' });
  a.stop.abort();
  await a.done;
  expect(server.lease?.spec?.holderIdentity).toBe('thief');
});

test('a leader that slept past its lease does not write over the next one’s record, and check() refuses before its timer fires', async () => {
  const clock = createVirtualClock();
  let behind = 0;
  // A suspended machine: the calendar goes on, the monotonic clock and its timers do not.
  const sleepy = { ...clock, wall: () => clock.wall() + behind };
  const server = new LeaseServer();
  const a = stand(clock, server, 'a', { clock: sleepy });
  await clock.advance(1_000);
  behind = 25_000;
  server.edit({ holderIdentity: 'b', leaseTransitions: 1 });
  expect(() => a.leaderships[0]?.check()).toThrow('not renewed in time');
  a.stop.abort();
  await a.done;
  expect(server.lease?.spec?.holderIdentity).toBe('b');
});

test('when stopped, the work is told first, the Lease is renewed while it winds down, and given up last', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const order: string[] = [];
  const a = stand(clock, server, 'a', {}, async ({ signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    order.push('told');
    await clock.sleep(9_000);
    order.push(`wound down, held by ${server.lease?.spec?.holderIdentity}`);
  });
  await clock.advance(1_000);
  const before = server.writes.length;
  a.stop.abort();
  await clock.advance(9_000);
  await a.done;
  order.push(`held by ${server.lease?.spec?.holderIdentity}`);
  expect(order).toEqual(['told', 'wound down, held by a', 'held by ']);
  expect(server.writes.length - before).toBeGreaterThanOrEqual(4);
  expect(server.writes.at(-1)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 });
});

test('a renewal whose answer was lost is recognised as ours', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const lock = server.lock();
  let lose = false;
  const a = stand(clock, server, 'a', {
    lock: {
      ...lock,
      async replace(lease, signal) {
        const written = await lock.replace(lease, signal);
        if (lose) {
          lose = false;
          throw new Error('socket hang up');
        }
        return written;
      },
    },
  });
  await clock.advance(3_000);
  lose = true;
  await clock.advance(60_000);
  expect(a.elector.isLeader).toBe(true);
  expect(a.leaderships).toHaveLength(1);
  a.stop.abort();
  await a.done;
});

test('work that fails gives the Lease up and ends the election with its error', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const a = stand(clock, server, 'a', {}, async () => {
    throw new Error('the work broke');
  });
  await expect(a.done).rejects.toThrow('the work broke');
  expect(server.lease?.spec?.holderIdentity).toBe('');
  expect(clock.pending).toBe(0);
});

test('work that ends by itself ends the election; the Lease is given up and nobody stands again', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const a = stand(clock, server, 'a', {}, () => Promise.resolve());
  await a.done;
  expect(a.leaderships).toHaveLength(1);
  expect(server.lease?.spec?.holderIdentity).toBe('');
  expect(clock.pending).toBe(0);
});

test('who lost the Lease stands again, and leads with a higher term when it is free', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const a = stand(clock, server, 'a');
  await clock.advance(3_000);
  server.edit({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 15 });
  await clock.advance(40_000);
  expect(a.leaderships.map(({ term }) => term)).toEqual([0, 2]);
  expect(a.elector.isLeader).toBe(true);
  a.stop.abort();
  await a.done;
});

test('a Lease that is deleted and made anew does not begin below a term that was seen', async () => {
  const clock = createVirtualClock();
  const server = new LeaseServer();
  const first = stand(clock, server, 'a');
  await clock.advance(3_000);
  first.stop.abort();
  await first.done;
  const b = stand(clock, server, 'b');
  const c = stand(clock, server, 'c');
  await clock.advance(5_000);
  server.lease = undefined;
  await clock.advance(40_000);
  const terms = [...b.leaderships, ...c.leaderships].map(({ term }) => term).sort((x, y) => x - y);
  expect(terms).toEqual([1, 2]);
  for (const { stop, done } of [b, c]) {
    stop.abort();
    await done;
  }
});

test('options that cannot keep the promise are refused with the numbers', () => {
  const lock = new LeaseServer().lock();
  expect(() => createLeaderElector({ lock, identity: '' })).toThrow('identity is empty');
  expect(() => createLeaderElector({ lock, identity: 'a', leaseMs: 1_500 })).toThrow('whole seconds');
  expect(() => createLeaderElector({ lock, identity: 'a', leaseMs: 5_000, retryMs: 4_000, marginMs: 1_000 })).toThrow(
    'together below leaseMs (5000)',
  );
});
