import type { Lease } from '@kubecast/crd';
import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { isConflict } from '../objects/api-status.ts';
import { linkedController, withDeadline } from '../timing/deadline.ts';
import { LeadershipLostError, RuntimeOptionsError, StoppedError } from '../errors.ts';
import { TimedLeadership, type Leadership } from './leadership.ts';
import type { LeaseLock } from './lease-lock.ts';
import { messageOf } from '../thrown.ts';
import { toMicroTime } from '../timing/micro-time.ts';

export interface LeaderElectionOptions {
  readonly lock: LeaseLock;
  /** Unique for each process: a name that two share makes two leaders. The pod's name with a random part is good. */
  readonly identity: string;
  /** How long a Lease holds without a renewal. Whole seconds. Default 15,000 ms. */
  readonly leaseMs?: number;
  /** Milliseconds between renewals, and between a candidate's looks. Default 2,000. */
  readonly retryMs?: number;
  /** Leadership ends so long before others may take over. Default: a fifth of `leaseMs`. */
  readonly marginMs?: number;
  /** Milliseconds for one request. Default: half of what is left of the lease after margin and retry, 5,000 at most. */
  readonly requestMs?: number;
  /** Give the Lease up when stopped, so that another takes over at once. Default true. */
  readonly release?: boolean;
  /** How long the work may take to wind down when stopped, while the Lease is still renewed. Default 30,000 ms. */
  readonly graceMs?: number;
  readonly clock?: Clock;
  readonly onReport?: (report: ElectionReport) => void;
}

/** What an elector tells of. */
export type ElectionReport =
  | { readonly type: 'leading'; readonly term: number }
  | { readonly type: 'lost'; readonly term: number; readonly reason: string }
  | { readonly type: 'released'; readonly term: number }
  | { readonly type: 'leader'; readonly holder: string }
  | { readonly type: 'failed'; readonly doing: 'look' | 'acquire' | 'renew' | 'release'; readonly error: unknown };

export interface ElectionCounters {
  readonly acquired: number;
  readonly lost: number;
  readonly renewals: number;
  readonly failures: number;
}

/** Takes part in an election for one Lease (coordination.k8s.io/v1). */
export interface LeaderElector {
  /**
   * Stands for election until the signal is aborted; leads each time it is elected. `lead` gets the leadership and should end soon after its
   * signal is aborted; the elector stands again only when it has. When stopped: leadership's signal is aborted first, the Lease is
   * renewed while the work winds down, then given up, by the version of our own last write, so that no other's is. If `lead` ends by
   * itself the election is over: the Lease is given up, and this resolves or rejects as `lead` did.
   */
  run(lead: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<void>;
  readonly isLeader: boolean;
  /** The holder that was seen last; '' if none. */
  readonly holder: string;
  readonly term: number;
  /** Why there is no leadership, in words; '' while leading. */
  readonly reason: string;
  readonly counters: ElectionCounters;
}

export function createLeaderElector(options: LeaderElectionOptions): LeaderElector {
  return new LeaseElector(options);
}

interface Seen {
  readonly lease: Lease;
  /** What of it changes with each write of its holder. */
  readonly content: string;
  readonly at: number;
}

class LeaseElector implements LeaderElector {
  readonly #o: LeaderElectionOptions;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #retryMs: number;
  readonly #marginMs: number;
  readonly #requestMs: number;
  readonly #counters = { acquired: 0, lost: 0, renewals: 0, failures: 0 };
  #leadership: TimedLeadership | undefined;
  #seen: Seen | undefined;
  /** The highest term that was seen. A Lease that is deleted and made anew must not begin below it. */
  #highest = -1;
  #reason = 'not started';

  constructor(options: LeaderElectionOptions) {
    const { leaseMs = 15_000, retryMs = 2_000, identity } = options;
    const marginMs = options.marginMs ?? leaseMs / 5;
    const wrong =
      identity === ''
        ? 'identity is empty'
        : !Number.isInteger(leaseMs / 1000) || leaseMs < 1000
          ? `leaseMs is ${leaseMs}; it must be whole seconds, 1000 or more`
          : !(retryMs > 0)
            ? `retryMs is ${retryMs}; it must be above 0`
            : !(marginMs > 0) || marginMs + retryMs * 1.2 >= leaseMs
              ? `marginMs (${marginMs}) and 1.2 times retryMs (${retryMs}) must be above 0 and together below leaseMs (${leaseMs})`
              : '';
    if (wrong !== '') throw new RuntimeOptionsError(`leader election for ${options.lock.name}: ${wrong}`);
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#leaseMs = leaseMs;
    this.#retryMs = retryMs;
    this.#marginMs = marginMs;
    this.#requestMs = options.requestMs ?? Math.min(5_000, (leaseMs - marginMs - retryMs) / 2);
  }

  get isLeader(): boolean {
    return (this.#leadership?.leftMs ?? 0) > 0;
  }

  get holder(): string {
    return this.#seen?.lease.spec?.holderIdentity ?? '';
  }

  get term(): number {
    return this.#leadership?.term ?? 0;
  }

  get reason(): string {
    return this.isLeader ? '' : this.#reason;
  }

  get counters(): ElectionCounters {
    return { ...this.#counters };
  }

  async run(lead: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leadership = await this.#acquire(signal);
      if (leadership === undefined) return;
      if (await this.#reign(leadership, lead, signal)) return;
    }
  }

  // ---- standing for election ----

  async #acquire(signal: AbortSignal): Promise<TimedLeadership | undefined> {
    this.#reason = 'standing for election';
    while (!signal.aborted) {
      try {
        const leadership = await this.#try(signal);
        if (leadership !== undefined) return leadership;
      } catch (error) {
        if (signal.aborted) break;
        if (!isConflict(error)) this.#failed('acquire', error);
      }
      try {
        await this.#clock.sleep(this.#retryMs * (1 + 0.2 * this.#clock.random()), signal);
      } catch {
        break;
      }
    }
    this.#reason = 'stopped';
    return undefined;
  }

  async #try(signal: AbortSignal): Promise<TimedLeadership | undefined> {
    const { lock, identity } = this.#o;
    const found = await this.#request('look at', signal, (limit) => lock.get(limit));
    if (found !== undefined) {
      const seen = this.#observe(found);
      const holder = found.spec?.holderIdentity ?? '';
      // The holder's calendar is never compared with ours: only whether its record moves, by our own clock, for as long as it says.
      const lasts = (found.spec?.leaseDurationSeconds ?? this.#leaseMs / 1000) * 1000;
      if (holder !== '' && holder !== identity && this.#clock.now() < seen.at + lasts) {
        this.#reason = `${holder} leads`;
        return undefined;
      }
    }
    const start = { now: this.#clock.now(), wall: this.#clock.wall() };
    const now = toMicroTime(start.wall);
    const term = Math.max(this.#highest, found === undefined ? -1 : (found.spec?.leaseTransitions ?? 0)) + 1;
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: this.#leaseMs / 1000,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: term,
    };
    const written = await this.#request('acquire', signal, (limit) =>
      found === undefined
        ? lock.create({ metadata: this.#newMetadata(), spec }, limit)
        : lock.replace({ ...found, spec: { ...found.spec, ...spec } }, limit),
    );
    this.#observe(written);
    this.#counters.acquired += 1;
    return new TimedLeadership(this.#clock, term, this.#leaseMs - this.#marginMs, start);
  }

  #newMetadata(): { namespace: string; name: string } {
    const [namespace = '', name = ''] = this.#o.lock.name.split('/');
    return { namespace, name };
  }

  #observe(lease: Lease): Seen {
    const content = JSON.stringify([lease.metadata.uid, lease.spec]);
    this.#highest = Math.max(this.#highest, lease.spec?.leaseTransitions ?? 0);
    if (this.#seen?.content !== content) {
      const before = this.holder;
      this.#seen = { lease, content, at: this.#clock.now() };
      if (this.holder !== before && this.holder !== this.#o.identity && this.holder !== '')
        this.#report({ type: 'leader', holder: this.holder });
    } else {
      this.#seen = { lease, content, at: this.#seen.at };
    }
    return this.#seen;
  }

  // ---- leading ----

  async #reign(leadership: TimedLeadership, lead: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    this.#leadership = leadership;
    this.#report({ type: 'leading', term: leadership.term });
    const renewing = new AbortController();
    const { controller: work, unlink } = linkedController(leadership.signal);
    const onStop = (): void => work.abort(new StoppedError('the elector'));
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    const renewed = this.#renewForEver(leadership, renewing.signal);
    let failure: { readonly error: unknown } | undefined;
    let finished = false;
    const led = (async () => {
      await lead({
        term: leadership.term,
        signal: work.signal,
        check: () => {
          leadership.check();
          work.signal.throwIfAborted();
        },
      });
      finished = !work.signal.aborted;
    })().catch((error: unknown) => {
      // What the work throws because its signal was aborted is no failure of its own.
      if (!work.signal.aborted) failure = { error };
    });
    if (signal.aborted) await this.#patiently(led);
    else await Promise.race([led, onceAborted(signal).then(() => this.#patiently(led))]);
    signal.removeEventListener('abort', onStop);
    renewing.abort();
    await renewed;
    const stillOurs = leadership.leftMs > 0;
    work.abort(new StoppedError('the elector'));
    unlink();
    if (stillOurs) {
      leadership.end(new StoppedError('the elector'));
      if (this.#o.release ?? true) await this.#release(leadership);
    } else {
      leadership.endIfOver();
      this.#counters.lost += 1;
      this.#reason = leadership.signal.reason instanceof Error ? leadership.signal.reason.message : 'leadership was lost';
      this.#report({ type: 'lost', term: leadership.term, reason: this.#reason });
    }
    this.#leadership = undefined;
    if (failure !== undefined) throw failure.error;
    return finished;
  }

  async #patiently(led: Promise<void>): Promise<void> {
    const timer = new AbortController();
    await Promise.race([led, this.#clock.sleep(this.#o.graceMs ?? 30_000, timer.signal).catch(() => {})]);
    timer.abort();
  }

  async #renewForEver(leadership: TimedLeadership, stop: AbortSignal): Promise<void> {
    let wait = this.#retryMs;
    while (!stop.aborted && leadership.leftMs > 0) {
      try {
        await this.#clock.sleep(Math.min(wait, leadership.leftMs), stop);
      } catch {
        return;
      }
      if (leadership.leftMs <= 0) {
        leadership.endIfOver();
        return;
      }
      const start = { now: this.#clock.now(), wall: this.#clock.wall() };
      try {
        await this.#renew(leadership, start.wall, stop);
        leadership.renewed(start);
        this.#counters.renewals += 1;
        wait = this.#retryMs;
      } catch (error) {
        if (stop.aborted || leadership.signal.aborted) return;
        if (!isConflict(error)) this.#failed('renew', error);
        wait = isConflict(error) ? Math.min(100, this.#retryMs / 2) : this.#retryMs / 2;
        await this.#judge(leadership, stop);
      }
    }
  }

  async #renew(leadership: TimedLeadership, wall: number, stop: AbortSignal): Promise<void> {
    const last = this.#seen?.lease;
    if (last === undefined) return;
    const written = await this.#request(
      'renew',
      stop,
      (limit) => this.#o.lock.replace({ ...last, spec: { ...last.spec, renewTime: toMicroTime(wall) } }, limit),
      leadership.leftMs,
    );
    this.#observe(written);
  }

  /** After a failed renewal: whose is it? The moment another holder is seen, leadership ends. */
  async #judge(leadership: TimedLeadership, stop: AbortSignal): Promise<void> {
    try {
      const found = await this.#request('look at', stop, (limit) => this.#o.lock.get(limit), leadership.leftMs);
      if (found !== undefined) this.#observe(found);
      const holder = found?.spec?.holderIdentity ?? '';
      if (found === undefined) leadership.end(new LeadershipLostError(`the Lease ${this.#o.lock.name} was deleted`));
      else if (holder !== this.#o.identity)
        leadership.end(new LeadershipLostError(holder === '' ? `the Lease ${this.#o.lock.name} was taken from us` : `${holder} leads now`));
      else if (found.spec?.leaseTransitions !== leadership.term)
        leadership.end(new LeadershipLostError(`the Lease ${this.#o.lock.name} stands at another term`));
    } catch (error) {
      if (!stop.aborted && !leadership.signal.aborted) this.#failed('look', error);
    }
  }

  /** Only what we wrote ourselves is given up: by its resourceVersion, and by no other. */
  async #release(leadership: TimedLeadership): Promise<void> {
    const last = this.#seen?.lease;
    this.#reason = 'released';
    if (last === undefined) return;
    const now = toMicroTime(this.#clock.wall());
    try {
      const written = await this.#request('release', undefined, (limit) =>
        this.#o.lock.replace(
          {
            ...last,
            spec: { ...last.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now },
          },
          limit,
        ),
      );
      this.#observe(written);
      this.#report({ type: 'released', term: leadership.term });
    } catch (error) {
      if (!isConflict(error)) this.#failed('release', error);
    }
  }

  #request<T>(doing: string, signal: AbortSignal | undefined, task: (signal: AbortSignal) => Promise<T>, leftMs = Infinity): Promise<T> {
    return withDeadline(
      this.#clock,
      {
        what: `the request to ${doing} the Lease ${this.#o.lock.name}`,
        ms: Math.min(this.#requestMs, leftMs),
        ...(signal === undefined ? {} : { signal }),
      },
      task,
    );
  }

  #failed(doing: 'look' | 'acquire' | 'renew' | 'release', error: unknown): void {
    this.#counters.failures += 1;
    if (doing === 'acquire') this.#reason = `the Lease ${this.#o.lock.name} cannot be had: ${messageOf(error)}`;
    this.#report({ type: 'failed', doing, error });
  }

  #report(report: ElectionReport): void {
    try {
      this.#o.onReport?.(report);
    } catch {
      // A report that cannot be written changes nothing about the Lease.
    }
  }
}

function onceAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
