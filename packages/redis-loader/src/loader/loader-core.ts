import { Backoff, type Clock } from '@kubecast/clock';
import { Connection, type ConnectionStatus } from '../connection/connection.ts';
import { checkTarget, type RedisClient } from '../connection/connection-options.ts';
import { DueTimer } from './due-timer.ts';
import { ClosedError, isRedisLoaderError } from '../errors.ts';
import { parseKeyTemplate, type KeyTemplate } from '../values/key-template.ts';
import { judgeAnswer } from './judge-answer.ts';
import { judgeFailure, unreadable } from './judge-failure.ts';
import type { LazyPayload } from '../values/lazy-payload.ts';
import { Lanes, type Batch } from './lanes.ts';
import type { LoaderCounters } from './loader-counters.ts';
import { isSameOwner, isSameWant, isSatisfied, makeItem, type Item } from './loader-item.ts';
import type { Loader, LoaderOptions } from './loader.ts';
import { isCluster, readBatch, type ReadGroup } from '../connection/read-batch.ts';
import { SettledWaiters } from './settled-waiters.ts';
import type { Held, LoadFailure, LoadFailureCode, Wanted } from './wanted.ts';

/** So suspicious that it is asked for alone, whatever the size of batches. */
const ALONE = 8;
/** A value that is asked for alone and was in this many cuts of the connection is tried again with its own back-off only. */
const UNREADABLE_FROM = 7;
/** From this failure on a value is read from the primary, if one is given. */
const PRIMARY_FROM_ATTEMPT = 2;

/** The counter of each failure that an answer can be. */
const COUNTED: Readonly<
  Record<LoadFailureCode, 'missing' | 'otherVersions' | 'foreign' | 'malformed' | 'denied' | 'unreadable' | undefined>
> = {
  Missing: 'missing',
  OtherVersion: 'otherVersions',
  Foreign: 'foreign',
  Malformed: 'malformed',
  Denied: 'denied',
  Unreadable: 'unreadable',
  BadKey: 'malformed',
  Away: undefined,
};

/** The loader's body: what is wanted, what is held, and the turn of batches between them. */
export class LoaderCore<P> implements Loader<P> {
  readonly #options: LoaderOptions<P> & { readonly clock: Clock };
  readonly #clock: Clock;
  readonly #template: KeyTemplate;
  readonly #connection: Connection;
  readonly #primary: Connection | undefined;
  readonly #items = new Map<string, Item<P>>();
  readonly #lanes: Lanes<P>;
  readonly #failing = new Set<Item<P>>();
  readonly #timer: DueTimer;
  readonly #listeners = new Set<{ readonly listener: (id: string) => void }>();
  readonly #waiters = new SettledWaiters<Item<P>>();
  readonly #pause: Backoff;
  readonly #counters = {
    commands: 0,
    keysRead: 0,
    bytesRead: 0,
    loaded: 0,
    unverified: 0,
    missing: 0,
    otherVersions: 0,
    foreign: 0,
    malformed: 0,
    denied: 0,
    unreadable: 0,
    failedCommands: 0,
    timeouts: 0,
    splits: 0,
    primaryReads: 0,
    listenerErrors: 0,
  };
  #inFlight = 0;
  #exclusive = false;
  #pausedUntil = -Infinity;
  #averageBytes = 1024;
  #satisfied = 0;
  #reading = 0;
  #scheduled = false;
  #closed = false;

  constructor(options: LoaderOptions<P> & { readonly clock: Clock }) {
    checkTarget(options.redis);
    if (options.primary !== undefined) checkTarget(options.primary);
    this.#options = options;
    this.#clock = options.clock;
    this.#timer = new DueTimer(options.clock);
    this.#template = parseKeyTemplate(options.keyTemplate, options.keyEncoding);
    this.#lanes = new Lanes({
      batchSize: Math.max(1, options.batchSize ?? 128),
      bytesPerBatch: (options.maxBytesInFlight ?? 32 * 2 ** 20) / (options.inFlight ?? 4),
    });
    this.#pause = new Backoff(options.clock, { baseMs: 200, maxMs: 10_000, resetAfterMs: 60_000 });
    const shared = {
      clock: options.clock,
      commandTimeoutMs: options.commandTimeoutMs ?? 5_000,
      connectionName: options.connectionName ?? 'kubecast-loader',
    };
    this.#connection = new Connection({
      ...shared,
      target: options.redis,
      onReady: () => this.#retryFailing(undefined),
      ...(options.onStatus ? { onStatus: options.onStatus } : {}),
    });
    this.#primary =
      options.primary === undefined ? undefined : new Connection({ ...shared, target: options.primary, onReady: () => this.#schedule() });
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  get counters(): LoaderCounters {
    return {
      ...this.#counters,
      connects: this.#connection.readies,
      renewals: this.#connection.renewals,
      wanted: this.#items.size,
      satisfied: this.#satisfied,
      pending: this.#lanes.size + this.#reading,
      failing: this.#failing.size,
    };
  }

  start(): void {
    if (!this.#closed) this.#connection.open();
  }

  want(wanted: Wanted): void {
    if (this.#closed) return;
    const { key, problem } = this.#keyOf(wanted);
    let item = this.#items.get(wanted.id);
    if (item !== undefined && isSameWant(item.wanted, item.key, wanted, key)) return;
    if (item === undefined) {
      item = makeItem<P>(wanted, key);
      this.#items.set(wanted.id, item);
    } else {
      if (isSatisfied(item)) {
        this.#satisfied -= 1;
        item.staleSince = this.#clock.now();
      }
      if (!isSameOwner(item.wanted, wanted)) item.held = undefined;
      // Under another key stands another value, whatever its version is called.
      else if (item.key !== key && item.held !== undefined) item.held = { ...item.held, forVersion: undefined };
      item.wanted = wanted;
      item.key = key;
    }
    item.generation += 1;
    item.attempts = 0;
    item.suspicion = 0;
    item.failure = undefined;
    this.#failing.delete(item);
    item.determined = false;
    if (isSatisfied(item)) {
      this.#satisfied += 1;
      this.#lanes.remove(item);
      if (item.phase !== 'reading') item.phase = 'idle';
      this.#determine(item);
    } else if (problem !== undefined) {
      this.#lanes.remove(item);
      item.phase = 'idle';
      this.#fail(item, 'BadKey', problem);
    } else if (item.phase !== 'reading') {
      this.#enqueue(item);
    }
  }

  forget(id: string): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    this.#lanes.remove(item);
    this.#failing.delete(item);
    if (isSatisfied(item)) this.#satisfied -= 1;
    item.generation += 1;
    item.phase = 'idle';
    item.held = undefined;
    this.#determine(item);
  }

  get(id: string): Held<P> | undefined {
    const item = this.#items.get(id);
    if (item === undefined) return undefined;
    const { held } = item;
    let payload: P | undefined;
    try {
      payload = held?.payload.read();
    } catch {
      this.#isNoJson(item);
      return this.get(id);
    }
    const error = isSatisfied(item) ? undefined : (item.failure ?? this.#awayFailure(item));
    const why = error === undefined ? {} : { error };
    if (held === undefined) return { state: 'missing', staleForMs: 0, ...why };
    const version = held.version === undefined ? {} : { version: held.version };
    if (isSatisfied(item))
      return { state: held.version === undefined ? 'unverified' : 'current', ...version, payload: payload as P, staleForMs: 0 };
    return { state: 'stale', ...version, payload: payload as P, staleForMs: Math.max(0, this.#clock.now() - item.staleSince), ...why };
  }

  onChange(listener: (id: string) => void): Disposable {
    const entry = { listener };
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  failures(): ReadonlyMap<string, LoadFailure> {
    const failures = new Map<string, LoadFailure>();
    for (const item of this.#failing) if (item.failure !== undefined) failures.set(item.wanted.id, item.failure);
    return failures;
  }

  settled(signal?: AbortSignal): Promise<void> {
    if (this.#closed) return Promise.reject(new ClosedError('loader'));
    const left = new Set<Item<P>>();
    for (const item of this.#items.values()) if (!item.determined) left.add(item);
    return this.#waiters.wait(left, signal);
  }

  resync(): void {
    this.#retryFailing('Unreadable');
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#timer.close();
      this.#waiters.rejectAll(new ClosedError('loader'));
      this.#connection.close();
      this.#primary?.close();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keyOf(wanted: Wanted): { readonly key: string; readonly problem?: string } {
    try {
      return { key: wanted.key ?? this.#template.render({ ...wanted.fields, ...wanted.owner }) };
    } catch (error) {
      if (!isRedisLoaderError(error)) throw error;
      return { key: '', problem: error.message };
    }
  }

  #enqueue(item: Item<P>): void {
    this.#lanes.remove(item);
    if (item.failure?.code === 'BadKey') return;
    item.phase = 'queued';
    this.#lanes.add(item, this.#primary !== undefined && item.attempts >= PRIMARY_FROM_ATTEMPT);
    this.#schedule();
  }

  /** In a microtask: all that is wanted in one turn goes into the same batches. */
  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#closed || this.#lanes.size === 0) return;
    const client = this.#connection.open();
    const primary = this.#lanes.hasPrimary ? this.#primary?.open() : undefined;
    if (client === undefined || !this.#connection.isReady || this.#clock.now() < this.#pausedUntil) return;
    while (!this.#exclusive && this.#inFlight < Math.max(1, this.#options.inFlight ?? 4)) {
      const batch = this.#lanes.next(this.#inFlight, this.#primary?.isReady === true, this.#averageBytes);
      if (batch === undefined) break;
      const isPrimary = batch.primary && primary !== undefined && this.#primary !== undefined;
      void this.#read(batch, isPrimary ? this.#primary : this.#connection, isPrimary ? primary : client);
    }
  }

  async #read(batch: Batch<P>, connection: Connection, client: RedisClient): Promise<void> {
    const byKey = new Map<string, { readonly item: Item<P>; readonly generation: number }[]>();
    for (const item of batch.items) {
      item.phase = 'reading';
      const asked = { item, generation: item.generation };
      const same = byKey.get(item.key);
      if (same === undefined) byKey.set(item.key, [asked]);
      else same.push(asked);
    }
    this.#inFlight += 1;
    this.#reading += batch.items.length;
    if (batch.exclusive) this.#exclusive = true;
    await readBatch(connection, client, [...byKey.keys()], (group) => {
      const asked = group.keys.map((key) => byKey.get(key) ?? []);
      for (const same of asked) this.#reading -= same.length;
      if (this.#closed) return;
      this.#counters.commands += 1;
      if (batch.primary) this.#counters.primaryReads += group.keys.length;
      if (group.values === undefined) return this.#groupFailed(asked.flat(), group, connection, client);
      this.#counters.keysRead += group.keys.length;
      this.#pause.reset();
      for (const [index, bytes] of group.values.entries())
        for (const { item, generation } of asked[index] ?? []) this.#answered(item, generation, bytes);
    });
    this.#inFlight -= 1;
    if (batch.exclusive) this.#exclusive = false;
    this.#schedule();
  }

  #answered(item: Item<P>, generation: number, bytes: Buffer | null): void {
    if (bytes !== null) {
      this.#counters.bytesRead += bytes.byteLength;
      this.#averageBytes += (bytes.byteLength - this.#averageBytes) / 64;
    }
    if (this.#items.get(item.wanted.id) !== item) return;
    item.suspicion = 0;
    item.phase = 'idle';
    if (isSatisfied(item)) return; // It went back to what is held while this was on its way.
    const answer = judgeAnswer(bytes, this.#options.form ?? 'envelope', item.wanted, item.key, this.#options.decode);
    // An answer to an older question counts only if it proves itself.
    if (generation !== item.generation && (answer.kind === 'wrong' || answer.version === undefined)) return this.#enqueue(item);
    const size = bytes?.byteLength ?? 0;
    if (answer.kind === 'right') return this.#hold(item, answer.payload, answer.version, size);
    this.#countFailure(answer.code);
    if (answer.other !== undefined && item.held === undefined) {
      // Nothing is held yet: a value of another version is better than none, as long as it is called stale.
      item.held = { ...answer.other, forVersion: answer.other.version, bytes: size };
      item.staleSince = this.#clock.now();
      this.#notify(item);
    }
    this.#fail(item, answer.code, answer.message);
  }

  #hold(item: Item<P>, payload: LazyPayload<P>, version: string | undefined, bytes: number): void {
    item.held = { payload, version, forVersion: item.wanted.version, bytes };
    item.attempts = 0;
    item.failure = undefined;
    this.#failing.delete(item);
    this.#satisfied += 1;
    this.#counters.loaded += 1;
    if (version === undefined) this.#counters.unverified += 1;
    this.#determine(item);
    this.#notify(item);
  }

  /** Found at the first reading: the publisher put a digest on something that is no JSON. */
  #isNoJson(item: Item<P>): void {
    if (isSatisfied(item)) this.#satisfied -= 1;
    item.held = undefined;
    this.#counters.malformed += 1;
    this.#fail(item, 'Malformed', `under the key ${JSON.stringify(item.key)}: the payload of the envelope is not JSON`);
  }

  #groupFailed(
    asked: readonly { readonly item: Item<P>; readonly generation: number }[],
    group: ReadGroup,
    connection: Connection,
    client: RedisClient,
  ): void {
    const verdict = judgeFailure(group.error, group.keys, isCluster(client));
    this.#counters.failedCommands += 1;
    if (verdict.timedOut) this.#counters.timeouts += 1;
    const single = group.keys.length === 1;
    if (!single && (verdict.cut || verdict.action === 'split')) this.#counters.splits += 1;
    for (const { item } of asked) {
      item.phase = 'idle';
      if (this.#items.get(item.wanted.id) !== item || isSatisfied(item)) continue;
      if (verdict.action === 'each') {
        this.#countFailure(verdict.code);
        this.#fail(item, verdict.code, verdict.message);
      } else if (verdict.action === 'split') {
        item.suspicion += verdict.code === 'Denied' ? ALONE : 1;
        this.#enqueue(item);
      } else {
        if (verdict.cut) item.suspicion += 1;
        if (!verdict.cut || !single || item.suspicion < UNREADABLE_FROM) this.#failAway(item, verdict.message);
        else {
          this.#countFailure('Unreadable');
          this.#fail(item, 'Unreadable', unreadable(item.key, verdict.message));
        }
      }
    }
    if (verdict.action !== 'pause') return;
    if (verdict.timedOut) connection.renew(client);
    this.#pauseAll();
  }

  #countFailure(code: LoadFailureCode): void {
    const counter = COUNTED[code];
    if (counter !== undefined) this.#counters[counter] += 1;
  }

  /** Redis as a whole is away: the item stays in its lane, nothing is sent until the pause is over. */
  #failAway(item: Item<P>, message: string): void {
    this.#setFailure(item, 'Away', message);
    this.#enqueue(item);
  }

  #fail(item: Item<P>, code: LoadFailureCode, message: string): void {
    item.attempts += 1;
    this.#setFailure(item, code, message);
    if (code !== 'Away') this.#determine(item);
    if (code === 'BadKey') return;
    item.phase = 'waiting';
    item.ticket += 1;
    const { ticket } = item;
    const bound = Math.min(this.#options.retryMaxMs ?? 30_000, (this.#options.retryBaseMs ?? 50) * 2 ** Math.min(item.attempts - 1, 30));
    this.#timer.at(this.#clock.now() + bound * (0.5 + this.#clock.random() / 2), () => {
      if (item.phase === 'waiting' && item.ticket === ticket && this.#items.get(item.wanted.id) === item) this.#enqueue(item);
    });
  }

  #setFailure(item: Item<P>, code: LoadFailureCode, message: string): void {
    const before = item.failure;
    const failure: LoadFailure = {
      code,
      message,
      key: item.key,
      attempts: (before?.attempts ?? 0) + 1,
      since: before?.since ?? this.#clock.now(),
    };
    item.failure = failure;
    this.#failing.add(item);
    if (before?.code !== code) this.#safely(() => this.#options.onFailure?.(item.wanted.id, failure));
  }

  #awayFailure(item: Item<P>): LoadFailure | undefined {
    const { state, reason, since } = this.#connection.status;
    if (state === 'ready' || state === 'idle') return undefined;
    const what =
      state === 'refused' ? 'Redis refuses the connection' : state === 'closed' ? 'the loader is closed' : 'Redis is not connected';
    return { code: 'Away', message: reason === '' ? what : `${what}: ${reason}`, key: item.key, attempts: 0, since };
  }

  /** Nothing is sent until the back-off is over or the connection is ready again. */
  #pauseAll(): void {
    const now = this.#clock.now();
    if (now < this.#pausedUntil) return; // Of several batches that failed together one counts.
    this.#pausedUntil = now + this.#pause.next();
    this.#timer.at(this.#pausedUntil, () => this.#schedule());
  }

  /** Tries again at once; but not what may itself be why the connection was lost, unless somebody asks for it. */
  #retryFailing(also: LoadFailureCode | undefined): void {
    if (this.#closed) return;
    this.#pausedUntil = -Infinity;
    for (const item of this.#failing)
      if (item.phase === 'waiting' && (item.failure?.code !== 'Unreadable' || also === 'Unreadable')) this.#enqueue(item);
    this.#schedule();
  }

  #determine(item: Item<P>): void {
    if (item.determined) return;
    item.determined = true;
    this.#waiters.determined(item);
  }

  #notify(item: Item<P>): void {
    for (const { listener } of this.#listeners) this.#safely(() => listener(item.wanted.id));
  }

  #safely(call: () => void): void {
    try {
      call();
    } catch {
      this.#counters.listenerErrors += 1;
    }
  }
}
