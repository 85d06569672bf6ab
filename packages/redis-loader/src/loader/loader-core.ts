import type { Clock } from '@kubecast/clock';
import { Connection, type ConnectionStatus } from '../connection/connection.ts';
import { BatchReader } from './batch-reader.ts';
import { ChangeListeners } from './change-listeners.ts';
import { DueTimer } from './due/due-timer.ts';
import { checkNames } from '../check-input.ts';
import { ClosedError, InputError } from '../errors.ts';
import { parseKeyTemplate, type KeyTemplate } from '../values/key-template.ts';
import { judgeAnswer } from './judge-answer.ts';
import type { LazyPayload } from '../values/lazy-payload.ts';
import { PayloadLoads } from '../payloads/payload-loads.ts';
import { PayloadShelf } from '../payloads/payload-shelf.ts';
import { countedFailures, makeCounts, type LoaderCounters, type LoaderCounts } from './loader-counters.ts';
import { awayFailure, describeItem, isSameOwner, isSameWant, isSatisfied, keyOf, makeItem, type Item } from './loader-item.ts';
import type { Loader, LoaderOptions, SettledOptions } from './loader.ts';
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
    this.#options = options;
    this.#clock = clock;
    const budget = options.payloadBytes ?? Infinity;
    this.#shelf = new PayloadShelf<P>(options.payloadBytes);
    this.#timer = new DueTimer(clock);
    this.#template = parseKeyTemplate(options.keyTemplate, options.keyEncoding);
    const shared = {
      clock,
      commandTimeoutMs: options.commandTimeoutMs ?? 5_000,
      connectionName: options.connectionName ?? 'kubecast-loader',
    };
    this.#connection = new Connection({
      ...shared,
      target: redis,
      onReady: () => this.#retryFailing(undefined),
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
        answered: (item, generation, bytes) => this.#answered(item, generation, bytes),
        failed: (item, code, message) => this.#wrong(item, code, message),
        away: (item, message) => {
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

  get counters(): LoaderCounters {
    return {
      ...this.#counts,
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
      if (!isSameOwner(item.wanted, wanted)) this.#drop(item);
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
    if (item.phase === 'idle' || item.phase === 'waiting') this.#reader.enqueue(item);
  }

  /** Those who wait for the payload are told; what is held stays as it is. */
  #notLoaded(item: Item<P>, code: LoadFailureCode, message: string): void {
    if (this.#loads.has(item))
      this.#loads.fail(item, new NotLoadedError({ code, message, key: item.key, attempts: 1, since: this.#clock.now() }));
  }

  #put(
    item: Item<P>,
    payload: LazyPayload<P>,
    head: { readonly version: string | undefined; readonly forVersion: string; readonly bytes: number },
  ): void {
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
      this.#primary?.close();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #isOpen(item: Item<P>): boolean {
    return this.#items.get(item.wanted.id) === item && (!isSatisfied(item) || this.#loads.has(item)) && item.failure?.code !== 'BadKey';
  }

  #answered(item: Item<P>, generation: number, bytes: Buffer | null): void {
    if (this.#items.get(item.wanted.id) !== item) return;
    item.suspicion = 0;
    item.phase = 'idle';
    if (!this.#isOpen(item)) return; // It went back to what is held, or has no key any more, while this was on its way.
    const size = bytes?.byteLength ?? 0;
    const most = this.#options.maxValueBytes ?? Infinity;
    if (size > most)
      return this.#wrong(item, 'TooLarge', `the value under the key ${JSON.stringify(item.key)} has ${size} bytes, more than ${most}`);
    const judged = item.generation;
    const answer = judgeAnswer(bytes, this.#options.form ?? 'envelope', item.wanted, item.key, this.#options.decode);
    // The decoder wanted something else under this id, or forgot it: the answer is to a question that nobody asks any more.
    if (item.generation !== judged) return;
    // An answer to an older question counts only if it proves itself.
    if (generation !== item.generation && (answer.kind === 'wrong' || answer.version === undefined)) return this.#reader.enqueue(item);
    if (answer.kind === 'right') return this.#hold(item, answer.payload, answer.version, size);
    if (answer.other !== undefined && item.held === undefined) {
      // Nothing is held yet: a value of another version is better than none, as long as it is called stale.
      this.#put(item, answer.other.payload, { version: answer.other.version, forVersion: answer.other.version, bytes: size });
      item.staleSince = this.#clock.now();
      this.#listeners.tell(item.wanted.id);
    }
    this.#wrong(item, answer.code, answer.message);
  }

  /** A read that did not give the announced value. Where that was held before, only those who wait for the payload are told. */
  #wrong(item: Item<P>, code: LoadFailureCode, message: string): void {
    this.#countFailure(code);
    if (isSatisfied(item)) this.#notLoaded(item, code, message);
    else this.#fail(item, code, message);
  }

  #hold(item: Item<P>, payload: LazyPayload<P>, version: string | undefined, bytes: number): void {
    const again = isSatisfied(item);
    this.#put(item, payload, { version, forVersion: item.wanted.version, bytes });
    if (again) this.#counts.reloads += 1;
    else {
      item.attempts = 0;
      item.failure = undefined;
      this.#failing.delete(item);
      this.#satisfied += 1;
      this.#counts.loaded += 1;
      if (version === undefined) this.#counts.unverified += 1;
      this.#determine(item);
    }
    if (this.#loads.has(item)) this.#loaded(item, payload);
    // A value that carries no version may be another than before.
    if (!again || version === undefined) this.#listeners.tell(item.wanted.id);
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

  #determine(item: Item<P>): void {
    if (item.determined) return;
    item.determined = true;
    this.#waiters.determined(item);
  }
}
