import type { Clock } from '@kubecast/clock';
import { Connection, type ConnectionStatus } from '../connection/connection.ts';
import { keyPrefixOf } from '../connection/connection-options.ts';
import { BatchReader, type Asked } from './batch-reader.ts';
import { ChangeListeners } from './change-listeners.ts';
import { DueTimer } from './due/due-timer.ts';
import { checkNames } from '../check-input.ts';
import { ClosedError, InputError } from '../errors.ts';
import { isSameOwner } from '../values/envelope.ts';
import { parseKeyTemplate, type KeyTemplate } from '../values/key-template.ts';
import { judgeAnswer, type Answer } from './judge-answer.ts';
import type { LazyPayload } from '../values/lazy-payload.ts';
import { PayloadLoads } from '../payloads/payload-loads.ts';
import { PayloadShelf } from '../payloads/payload-shelf.ts';
import { countedFailures, makeCounts, type LoaderCounters, type LoaderCounts } from './loader-counters.ts';
import { awayFailure, describeItem, isSameWant, isSatisfied, keyOf, makeItem, type HeldValue, type Item } from './loader-item.ts';
import type { Loader, LoaderOptions, SettledOptions } from './loader.ts';
import { WriteHints } from './looks/write-hints.ts';
import type { TrackingStatus } from '../connection/tracking.ts';
import { Rechecks, recheckTimes } from './looks/rechecks.ts';
import { sha1Hex } from '../values/sha256.ts';
import { versionKeys } from '../values/version-keys.ts';
import { SettledWaiters } from './settled-waiters.ts';
import { NotLoadedError, type Held, type LoadFailure, type LoadFailureCode, type Wanted } from './wanted.ts';

/** Without a connection for this long Redis counts as away. */
const AWAY_AFTER_MS = 2_000;

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
  readonly #listeners = new ChangeListeners(() => void (this.#counts.listenerErrors += 1));
  readonly #waiters = new SettledWaiters<Item<P>>();
  readonly #counts: LoaderCounts = makeCounts();
  readonly #shelf: PayloadShelf<P>;
  readonly #loads = new PayloadLoads<Item<P>, Held<P> | undefined>();
  #satisfied = 0;
  #closed = false;

  constructor(options: LoaderOptions<P> & { readonly clock: Clock }) {
    const { clock, redis, primary } = options;
    const afterMs = recheckTimes(options.recheckMs);
    this.#prefix = keyPrefixOf(redis);
    this.#options = options;
    this.#clock = clock;
    const budget = options.payloadBytes ?? Infinity;
    this.#shelf = new PayloadShelf<P>(options.payloadBytes);
    this.#timer = new DueTimer(clock);
    this.#template = parseKeyTemplate(options.keyTemplate, options.keyEncoding);
    this.#rechecks = new Rechecks<P>({
      clock,
      timer: this.#timer,
      afterMs,
      look: (item) => this.#ask(item),
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
        this.#listeners.safely(() => options.onStatus?.(status));
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
      lanes: {
        batchSize: options.batchSize ?? 128,
        bytesPerBatch: (options.maxBytesInFlight ?? Math.min(32 * 2 ** 20, budget / 8)) / inFlight,
      },
      results: {
        isOpen: (item) => this.#isOpen(item),
        answered: (asked, bytes) => this.#answered(asked, bytes),
        failed: (item, code, message) => {
          const { deferred } = item;
          // The key of the version may not be read: what the plain key held decides.
          if (deferred !== undefined) return this.#conclude(item, deferred.answer, deferred.bytes);
          this.#wrong(item, code, message);
        },
        away: (item, message) => {
          item.deferred = undefined;
          if (isSatisfied(item)) return this.#notLoaded(item, 'Away', message);
          this.#setFailure(item, 'Away', message);
          this.#waiters.away();
          this.#notLoaded(item, 'Away', message);
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
      evictions: this.#shelf.evictions,
      heldBytes: this.#shelf.bytes,
      evicted: this.#shelf.evicted,
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
    const { key, problem } = keyOf(this.#template, wanted);
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
      if (!isSameOwner(item.wanted.owner, wanted.owner)) this.#drop(item);
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
      if (this.#loads.has(item)) this.#reload(item);
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
    this.#drop(item);
    this.#determine(item);
    this.#loads.done(item, undefined);
  }

  get(id: string): Held<P> | undefined {
    const item = this.#items.get(id);
    if (item === undefined) return undefined;
    const payload = item.held && this.#shelf.find(id, item.held);
    if (payload === undefined) return this.#describe(item, true);
    try {
      return { ...this.#describe(item, false), payload: this.#shelf.read(payload) };
    } catch {
      this.#isNoJson(item);
      return this.get(id);
    }
  }

  state(id: string): Held<P> | undefined {
    const item = this.#items.get(id);
    return item && this.#describe(item, item.held !== undefined && !this.#shelf.has(id, item.held));
  }

  #describe(item: Item<P>, evicted: boolean): Held<P> {
    return describeItem(item, evicted, this.#clock.now(), () => this.#connection.status);
  }

  load(id: string, options: { readonly signal?: AbortSignal } = {}): Promise<Held<P> | undefined> {
    if (this.#closed) return Promise.reject(new ClosedError('loader'));
    const now = this.get(id);
    const item = this.#items.get(id);
    if (item === undefined || (isSatisfied(item) && now?.evicted !== true)) return Promise.resolve(now);
    const waits = this.#loads.wait(item, options.signal);
    this.#reload(item);
    return waits;
  }

  /** Reads for those who wait for a payload, unless it is in memory or being read. */
  #reload(item: Item<P>): void {
    if (item.failure?.code === 'BadKey') return this.#loads.fail(item, new NotLoadedError(item.failure));
    if (isSatisfied(item) && item.held !== undefined && this.#shelf.has(item.wanted.id, item.held))
      return this.#loads.done(item, this.get(item.wanted.id));
    if (this.#isAway())
      return this.#notLoaded(item, 'Away', awayFailure(this.#connection.status, item.key)?.message ?? 'it cannot answer now');
    this.#timer.at(this.#clock.now() + AWAY_AFTER_MS, () => {
      if (!this.#connection.isReady)
        this.#notLoaded(item, 'Away', awayFailure(this.#connection.status, item.key)?.message ?? 'it is not connected');
    });
    if (item.phase === 'idle' || item.phase === 'waiting') this.#ask(item);
  }

  /** Reads it from the beginning: the plain key first. */
  #ask(item: Item<P>): void {
    item.deferred = undefined;
    this.#reader.enqueue(item);
  }

  /** Those who wait for the payload are told; what is held stays as it is. */
  #notLoaded(item: Item<P>, code: LoadFailureCode, message: string): void {
    if (this.#loads.has(item))
      this.#loads.fail(item, new NotLoadedError({ code, message, key: item.key, attempts: 1, since: this.#clock.now() }));
  }

  #put(item: Item<P>, payload: LazyPayload<P>, head: Omit<HeldValue<P>, 'payload' | 'weight'>): void {
    this.#drop(item);
    item.held = { ...head, ...this.#shelf.put(item.wanted.id, payload, head.bytes) };
  }

  #drop(item: Item<P>): void {
    if (item.held !== undefined) this.#shelf.drop(item.wanted.id, item.held);
    item.held = undefined;
  }

  onChange(listener: (id: string) => void): Disposable {
    return this.#listeners.add(listener);
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
      this.#loads.failAll(() => new ClosedError('loader'));
      this.#connection.close();
      this.#hints?.close();
      this.#primary?.close();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #isOpen(item: Item<P>): boolean {
    if (this.#items.get(item.wanted.id) !== item || item.failure?.code === 'BadKey') return false;
    return !isSatisfied(item) || this.#loads.has(item) || item.look?.due === true || item.look?.again === true;
  }

  #answered({ item, generation, deferred }: Asked<P>, bytes: Buffer | null): void {
    if (this.#items.get(item.wanted.id) !== item) return;
    item.suspicion = 0;
    item.phase = 'idle';
    if (!this.#isOpen(item)) {
      // It went back to what is held, has no key any more, or nobody waits any more.
      item.deferred = undefined;
      return;
    }
    const judged = item.generation;
    const key = deferred?.versionKey ?? item.key;
    const size = bytes?.byteLength ?? 0;
    const most = this.#options.maxValueBytes ?? Infinity;
    const isTooLarge = size > most;
    const answer: Answer<P> = isTooLarge
      ? { kind: 'wrong', code: 'TooLarge', message: `the value under the key ${JSON.stringify(key)} has ${size} bytes, more than ${most}` }
      : judgeAnswer(bytes, this.#options.form ?? 'envelope', item.wanted, key, this.#options.decode);
    // The decoder wanted something else under this id, or forgot it: the answer is to a question that nobody asks any more.
    if (item.generation !== judged) return;
    const isProven = answer.kind === 'right' && answer.version !== undefined;
    if (isProven) return this.#conclude(item, answer, bytes);
    // An answer to an older question counts only if it proves itself.
    if (generation !== item.generation) return this.#reader.enqueue(item);
    if (deferred !== undefined) {
      // That the announced value is too large says more than what else stands under the plain key.
      const isKnown = answer.kind === 'wrong' && answer.code === 'TooLarge' && deferred.answer.kind === 'wrong';
      return isKnown ? this.#conclude(item, answer, null) : this.#conclude(item, deferred.answer, deferred.bytes);
    }
    const versionKey = this.#versionKeyOf(item);
    if (versionKey === undefined) return this.#conclude(item, answer, bytes);
    item.deferred = { answer, bytes: isTooLarge ? null : bytes, versionKey };
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
    if (isSatisfied(item)) return this.#readAgain(item, answer, bytes);
    if (answer.kind === 'right') return this.#hold(item, answer.payload, answer.version, bytes);
    if (answer.other !== undefined && item.held === undefined) {
      // Nothing is held yet: a value of another version is better than none, as long as it is called stale.
      const { payload, version } = answer.other;
      this.#put(item, payload, { version, forVersion: version, bytes: bytes?.byteLength ?? 0 });
      item.staleSince = this.#clock.now();
      this.#listeners.tell(item.wanted.id);
    }
    this.#wrong(item, answer.code, answer.message);
  }

  /** A read that did not give the announced value. Where that was held before, only those who wait for the payload are told. */
  #wrong(item: Item<P>, code: LoadFailureCode, message: string): void {
    const isHeld = isSatisfied(item);
    if (!isHeld || this.#loads.has(item)) this.#countFailure(code);
    if (!isHeld) return this.#fail(item, code, message);
    this.#notLoaded(item, code, message);
    this.#rechecks.looked(item);
  }

  /**
   * Another read of what is held as announced: a look at what cannot prove its version, or a read for those who wait for a payload that was evicted.
   * What is wrong with another value does not make the held one wrong.
   */
  #readAgain(item: Item<P>, answer: Answer<P>, bytes: Buffer | null): void {
    if (item.look?.due === true) this.#counts.rechecked += 1;
    if (answer.kind === 'wrong') return this.#wrong(item, answer.code, answer.message);
    const { held } = item;
    const print = answer.version === undefined ? printOf(bytes) : undefined;
    if (held === undefined || held.version !== answer.version || held.print !== print) {
      this.#satisfied -= 1;
      return this.#hold(item, answer.payload, answer.version, bytes);
    }
    if (this.#loads.has(item)) {
      const { version, forVersion } = held;
      this.#put(item, answer.payload, { version, forVersion, bytes: bytes?.byteLength ?? 0, ...(print === undefined ? {} : { print }) });
      this.#counts.reloads += 1;
      this.#loaded(item, answer.payload);
    }
    this.#rechecks.looked(item);
  }

  #hold(item: Item<P>, payload: LazyPayload<P>, version: string | undefined, bytes: Buffer | null): void {
    const print = version === undefined ? { print: printOf(bytes) } : {};
    this.#put(item, payload, { version, forVersion: item.wanted.version, bytes: bytes?.byteLength ?? 0, ...print });
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
    if (this.#loads.has(item)) this.#loaded(item, payload);
    this.#listeners.tell(item.wanted.id);
  }

  /** Those who wait get the payload, whether it stays in memory or not. */
  #loaded(item: Item<P>, payload: LazyPayload<P>): void {
    let value: P;
    try {
      value = this.#shelf.read(payload);
    } catch {
      return this.#isNoJson(item);
    }
    this.#loads.done(item, { ...this.#describe(item, false), payload: value });
  }

  /** Found at the first reading: the publisher put a digest on something that is no JSON. */
  #isNoJson(item: Item<P>): void {
    if (isSatisfied(item)) this.#satisfied -= 1;
    this.#drop(item);
    this.#rechecks.remove(item);
    this.#counts.malformed += 1;
    this.#fail(item, 'Malformed', `under the key ${JSON.stringify(item.key)}: the payload of the envelope is not JSON`);
  }

  #countFailure(code: LoadFailureCode): void {
    const counter = countedFailures[code];
    if (counter !== undefined) this.#counts[counter] += 1;
  }

  #fail(item: Item<P>, code: LoadFailureCode, message: string): void {
    item.attempts += 1;
    const { generation } = item;
    this.#setFailure(item, code, message);
    this.#notLoaded(item, code, message);
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
    if (before?.code !== code) this.#listeners.safely(() => this.#options.onFailure?.(item.wanted.id, failure));
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
}

const printOf = (bytes: Buffer | null): string => (bytes === null ? '' : sha1Hex(bytes));
