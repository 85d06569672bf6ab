import type { Clock } from '@kubecast/clock';
import { Connection, type ConnectionStatus } from '../connection/connection.ts';
import { checkTarget, keyPrefixOf } from '../connection/connection-options.ts';
import { BatchReader, type Asked } from './batch-reader.ts';
import { DueTimer } from './due/due-timer.ts';
import { checkKey, checkNames, checkNumber, checkTimeout, checkWord } from '../check-input.ts';
import { ClosedError, InputError, isRedisLoaderError } from '../errors.ts';
import { isSameOwner } from '../values/envelope.ts';
import { parseKeyTemplate, type KeyTemplate } from '../values/key-template.ts';
import { judgeAnswer, type Answer } from './judge-answer.ts';
import type { LazyPayload } from '../values/lazy-payload.ts';
import { makeCounts, type LoaderCounters, type LoaderCounts } from './loader-counters.ts';
import { isSameWant, isSatisfied, makeItem, type Item } from './loader-item.ts';
import type { Loader, LoaderOptions, SettledOptions } from './loader.ts';
import { WriteHints } from './looks/write-hints.ts';
import type { TrackingStatus } from '../connection/tracking.ts';
import { Rechecks, recheckTimes } from './looks/rechecks.ts';
import { sha1Hex } from '../values/sha256.ts';
import { versionKeys } from '../values/version-keys.ts';
import { SettledWaiters } from './settled-waiters.ts';
import type { Held, LoadFailure, LoadFailureCode, Wanted } from './wanted.ts';

/** Without a connection for this long Redis counts as away. */
const AWAY_AFTER_MS = 2_000;

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

/** The loader's body: what is wanted, what is held and what failed. A BatchReader reads in between. */
export class LoaderCore<P> implements Loader<P> {
  readonly #options: LoaderOptions<P> & { readonly clock: Clock };
  readonly #clock: Clock;
  readonly #template: KeyTemplate;
  readonly #connection: Connection;
  readonly #primary: Connection | undefined;
  readonly #items = new Map<string, Item<P>>();
  readonly #reader: BatchReader<P>;
  readonly #failing = new Set<Item<P>>();
  readonly #rechecks: Rechecks<P>;
  readonly #prefix: string;
  readonly #hints: WriteHints | undefined;
  readonly #timer: DueTimer;
  readonly #listeners = new Set<{ readonly listener: (id: string) => void }>();
  readonly #waiters = new SettledWaiters<Item<P>>();
  readonly #counts: LoaderCounts = makeCounts();
  #satisfied = 0;
  #closed = false;

  constructor(options: LoaderOptions<P> & { readonly clock: Clock }) {
    const { clock, redis, primary } = options;
    checkTarget(redis);
    checkNumber('batchSize', options.batchSize, 1, true);
    checkNumber('inFlight', options.inFlight, 1, true);
    checkNumber('maxBytesInFlight', options.maxBytesInFlight, 1, false);
    checkNumber('retryBaseMs', options.retryBaseMs, 1, false);
    checkNumber('retryMaxMs', options.retryMaxMs, 1, false);
    checkTimeout('commandTimeoutMs', options.commandTimeoutMs);
    checkWord('form', options.form, ['envelope', 'json', 'raw']);
    if (primary !== undefined) checkTarget(primary);
    const afterMs = recheckTimes(options.recheckMs);
    this.#prefix = keyPrefixOf(redis);
    this.#options = options;
    this.#clock = clock;
    this.#timer = new DueTimer(clock);
    this.#template = parseKeyTemplate(options.keyTemplate, options.keyEncoding);
    this.#rechecks = new Rechecks<P>({
      clock,
      timer: this.#timer,
      afterMs,
      look: (item) => this.#reader.enqueue(item),
      onAdd: (item) => this.#hints?.watch(this.#prefixOf(item)),
    });
    const shared = {
      clock,
      commandTimeoutMs: options.commandTimeoutMs ?? 5_000,
      connectionName: options.connectionName ?? 'kubecast-loader',
    };
    this.#hints =
      options.tracking === false
        ? undefined
        : new WriteHints({
            ...shared,
            timer: this.#timer,
            target: redis,
            prefix: this.#prefix,
            onWritten: (keys) => this.#written(keys),
          });
    this.#connection = new Connection({
      ...shared,
      target: redis,
      onReady: () => {
        // Redis may have been written, or be another one, while it was away.
        this.#rechecks.all();
        this.#retryFailing(undefined);
        this.#hints?.again();
      },
      onStatus: (status) => {
        if (this.#isAway()) this.#waiters.away();
        this.#safely(() => options.onStatus?.(status));
      },
    });
    this.#primary =
      primary === undefined ? undefined : new Connection({ ...shared, target: primary, onReady: () => this.#reader.schedule() });
    const inFlight = options.inFlight ?? 4;
    this.#reader = new BatchReader<P>({
      clock,
      timer: this.#timer,
      connection: this.#connection,
      primary: this.#primary,
      counts: this.#counts,
      inFlight,
      lanes: { batchSize: options.batchSize ?? 128, bytesPerBatch: (options.maxBytesInFlight ?? 32 * 2 ** 20) / inFlight },
      results: {
        isOpen: (item) => this.#isOpen(item),
        answered: (asked, bytes) => this.#answered(asked, bytes),
        failed: (item, code, message) => {
          const { deferred } = item;
          // The key of the version may not be read: what the plain key held decides.
          if (deferred !== undefined) return this.#conclude(item, deferred.answer, deferred.bytes);
          if (isSatisfied(item)) return this.#rechecks.looked(item);
          this.#countFailure(code);
          this.#fail(item, code, message);
        },
        away: (item, message) => {
          item.deferred = undefined;
          if (isSatisfied(item)) return;
          this.#setFailure(item, 'Away', message);
          this.#waiters.away();
        },
      },
    });
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  get tracking(): TrackingStatus {
    return this.#hints?.status ?? { state: 'off', reason: 'it was not asked for' };
  }

  get counters(): LoaderCounters {
    return {
      ...this.#counts,
      hints: this.#hints?.hints ?? 0,
      connects: this.#connection.readies,
      renewals: this.#connection.renewals,
      wanted: this.#items.size,
      satisfied: this.#satisfied,
      pending: this.#reader.pending,
      failing: this.#failing.size,
    };
  }

  start(): void {
    if (!this.#closed) this.#connection.open();
  }

  want(given: Wanted): void {
    if (typeof given?.id !== 'string') throw new InputError('the id of what is wanted must be a string');
    checkNames(`what is wanted under the id ${JSON.stringify(given.id)}`, given.owner ?? {}, given.version);
    if (this.#closed) return;
    // A copy: an object that its owner changes and wants again is another want.
    const wanted: Wanted = { ...given, owner: { ...given.owner } };
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
      if (!isSameOwner(item.wanted.owner, wanted.owner)) item.held = undefined;
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
    this.#rechecks.remove(item);
    item.deferred = undefined;
    item.determined = false;
    if (isSatisfied(item)) {
      this.#satisfied += 1;
      if (item.held?.version === undefined) this.#rechecks.add(item);
      this.#reader.remove(item);
      if (item.phase !== 'reading') item.phase = 'idle';
      this.#determine(item);
    } else if (problem !== undefined) {
      this.#reader.remove(item);
      item.phase = 'idle';
      this.#fail(item, 'BadKey', problem);
    } else if (item.phase !== 'reading') {
      this.#reader.enqueue(item);
    }
  }

  forget(id: string): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    this.#reader.remove(item);
    this.#failing.delete(item);
    this.#rechecks.remove(item);
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

  settled(signal?: AbortSignal, options: SettledOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(new ClosedError('loader'));
    const left = new Set<Item<P>>();
    for (const item of this.#items.values()) if (!item.determined) left.add(item);
    const orAway = options.orAway === true;
    if (orAway && left.size > 0) {
      if (this.#isAway()) return Promise.resolve();
      this.#timer.at(this.#clock.now() + AWAY_AFTER_MS, () => {
        if (!this.#connection.isReady) this.#waiters.away();
      });
    }
    return this.#waiters.wait(left, signal, orAway);
  }

  /** Whether it is known that Redis cannot be asked at this moment. */
  #isAway(): boolean {
    const { state, reason } = this.#connection.status;
    return state === 'refused' || state === 'closed' || (state === 'connecting' && reason !== '') || this.#reader.isPaused;
  }

  resync(): void {
    if (!this.#closed) this.#rechecks.all();
    this.#retryFailing('Unreadable');
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#timer.close();
      this.#reader.close();
      this.#waiters.rejectAll(new ClosedError('loader'));
      this.#connection.close();
      this.#hints?.close();
      this.#primary?.close();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keyOf(wanted: Wanted): { readonly key: string; readonly problem?: string } {
    try {
      const key = wanted.key ?? this.#template.render({ ...wanted.fields, ...wanted.owner });
      checkKey(key);
      return { key };
    } catch (error) {
      if (!isRedisLoaderError(error)) throw error;
      return { key: '', problem: error.message };
    }
  }

  #isOpen(item: Item<P>): boolean {
    return this.#items.get(item.wanted.id) === item && (!isSatisfied(item) || item.look?.due === true) && item.failure?.code !== 'BadKey';
  }

  #answered({ item, generation, deferred }: Asked<P>, bytes: Buffer | null): void {
    if (this.#items.get(item.wanted.id) !== item) return;
    item.suspicion = 0;
    item.phase = 'idle';
    if (!this.#isOpen(item)) return; // It went back to what is held, or has no key any more, while this was on its way.
    const judged = item.generation;
    const key = deferred?.versionKey ?? item.key;
    const answer = judgeAnswer(bytes, this.#options.form ?? 'envelope', item.wanted, key, this.#options.decode);
    // The decoder wanted something else under this id, or forgot it: the answer is to a question that nobody asks any more.
    if (item.generation !== judged) return;
    const isProven = answer.kind === 'right' && answer.version !== undefined;
    if (isProven) return this.#conclude(item, answer, bytes);
    // An answer to an older question counts only if it proves itself.
    if (generation !== item.generation) return this.#reader.enqueue(item);
    if (deferred !== undefined) return this.#conclude(item, deferred.answer, deferred.bytes);
    const versionKey = this.#versionKeyOf(item);
    if (versionKey === undefined) return this.#conclude(item, answer, bytes);
    item.deferred = { answer, bytes, versionKey };
    this.#reader.enqueue(item);
  }

  /** Where a publisher keeps the announced version; undefined where it cannot be. */
  #versionKeyOf({ key, wanted }: Item<P>): string | undefined {
    const { form = 'envelope', versions = true } = this.#options;
    return form === 'envelope' && versions ? versionKeys(key, this.#prefix)?.of(wanted.version) : undefined;
  }

  /** All that Redis says about an item is known. */
  #conclude(item: Item<P>, answer: Answer<P>, bytes: Buffer | null): void {
    item.deferred = undefined;
    if (isSatisfied(item)) return this.#looked(item, answer, bytes);
    if (answer.kind === 'right') return this.#hold(item, answer.payload, answer.version, bytes);
    this.#countFailure(answer.code);
    if (answer.other !== undefined && item.held === undefined) {
      // Nothing is held yet: a value of another version is better than none, as long as it is called stale.
      item.held = { ...answer.other, forVersion: answer.other.version, bytes: bytes?.byteLength ?? 0 };
      item.staleSince = this.#clock.now();
      this.#notify(item);
    }
    this.#fail(item, answer.code, answer.message);
  }

  /** A look at a value that cannot prove its version. What is wrong with another one does not make it wrong. */
  #looked(item: Item<P>, answer: Answer<P>, bytes: Buffer | null): void {
    this.#counts.rechecked += 1;
    const same = answer.kind === 'right' && answer.version === undefined && printOf(bytes) === item.held?.print;
    if (answer.kind === 'wrong' || same) return this.#rechecks.looked(item);
    this.#satisfied -= 1;
    this.#hold(item, answer.payload, answer.version, bytes);
  }

  #hold(item: Item<P>, payload: LazyPayload<P>, version: string | undefined, bytes: Buffer | null): void {
    const print = version === undefined ? { print: printOf(bytes) } : {};
    item.held = { payload, version, forVersion: item.wanted.version, bytes: bytes?.byteLength ?? 0, ...print };
    item.attempts = 0;
    item.failure = undefined;
    this.#failing.delete(item);
    this.#satisfied += 1;
    this.#counts.loaded += 1;
    if (version === undefined) {
      this.#counts.unverified += 1;
      this.#rechecks.add(item);
    } else this.#rechecks.remove(item);
    this.#determine(item);
    this.#notify(item);
  }

  /** Found at the first reading: the publisher put a digest on something that is no JSON. */
  #isNoJson(item: Item<P>): void {
    if (isSatisfied(item)) this.#satisfied -= 1;
    item.held = undefined;
    this.#rechecks.remove(item);
    this.#counts.malformed += 1;
    this.#fail(item, 'Malformed', `under the key ${JSON.stringify(item.key)}: the payload of the envelope is not JSON`);
  }

  #countFailure(code: LoadFailureCode): void {
    const counter = COUNTED[code];
    if (counter !== undefined) this.#counts[counter] += 1;
  }

  #fail(item: Item<P>, code: LoadFailureCode, message: string): void {
    item.attempts += 1;
    const { generation } = item;
    this.#setFailure(item, code, message);
    // onFailure wanted something else under this id, or forgot it.
    if (item.generation !== generation) return;
    if (code !== 'Away') this.#determine(item);
    if (code === 'BadKey') return;
    item.phase = 'waiting';
    item.ticket += 1;
    const { ticket } = item;
    const bound = Math.min(this.#options.retryMaxMs ?? 30_000, (this.#options.retryBaseMs ?? 50) * 2 ** Math.min(item.attempts - 1, 30));
    this.#timer.at(this.#clock.now() + bound * (0.5 + this.#clock.random() / 2), () => {
      if (item.phase === 'waiting' && item.ticket === ticket && this.#items.get(item.wanted.id) === item) this.#reader.enqueue(item);
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

  /** Tries again at once; but not what may itself be why the connection was lost, unless somebody asks for it. */
  #retryFailing(also: LoadFailureCode | undefined): void {
    if (this.#closed) return;
    for (const item of this.#failing)
      if (item.phase === 'waiting' && (item.failure?.code !== 'Unreadable' || also === 'Unreadable')) this.#reader.enqueue(item);
    this.#reader.resume();
  }

  #prefixOf({ wanted, key }: Item<P>): string {
    return wanted.key === undefined ? this.#template.prefix({ ...wanted.fields, ...wanted.owner }) : key;
  }

  /** Redis told that something was written there: a reason to look, and no more. */
  #written(keys: ReadonlySet<string> | undefined): void {
    if (this.#closed) return;
    if (keys === undefined) this.#rechecks.all();
    else for (const key of keys) this.#rechecks.key(key);
    for (const item of this.#failing)
      if (item.phase === 'waiting' && item.failure?.code !== 'Unreadable' && (keys === undefined || keys.has(item.key)))
        this.#reader.enqueue(item);
  }

  #determine(item: Item<P>): void {
    if (item.determined) return;
    item.determined = true;
    this.#waiters.determined(item);
  }

  #notify(item: Item<P>): void {
    // Those who listen now: one that a listener adds is told of the next change.
    let left = this.#listeners.size;
    for (const { listener } of this.#listeners) {
      if (left === 0) return;
      left -= 1;
      this.#safely(() => listener(item.wanted.id));
    }
  }

  /** Counts what a function of the user throws, also after an await. */
  #safely(call: () => unknown): void {
    const failed = (): void => {
      this.#counts.listenerErrors += 1;
    };
    try {
      const result = call();
      if (result instanceof Promise) result.catch(failed);
    } catch {
      failed();
    }
  }
}

const printOf = (bytes: Buffer | null): string => (bytes === null ? '' : sha1Hex(bytes));
