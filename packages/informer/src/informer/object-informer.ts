import type { WriteReceipt } from '@kubecast/client';
import { systemClock } from '@kubecast/clock';
import type { Clock } from '@kubecast/clock';
import type { Change, IndexExtractor, Key, KeyInput, ObjectStore, ScopeId, StoreCounters, StoreHandle, View } from '@kubecast/store';
import type { DeleteCause, DeltaOrigin } from '../contract/delta.ts';
import type {
  DeltaIterator,
  DeltasOptions,
  Handler,
  HandlerHandle,
  HandlerOptions,
  Informer,
  ScopeStatus,
  WaitOptions,
} from '../contract/informer.ts';
import type { ClusterOptions, InformerOptions } from '../contract/informer-options.ts';
import { limitsOf } from '../contract/limits.ts';
import type { ReflectorLimits } from '../contract/limits.ts';
import { storeKey } from '../contract/object-key.ts';
import { checkCluster, checkFunction, checkSignal } from '../contract/option-checks.ts';
import type { ReflectorReport } from '../contract/reflector-report.ts';
import { scopeOf } from '../contract/scope.ts';
import type { Scope } from '../contract/scope.ts';
import { ServerCapabilities } from '../contract/server-capabilities.ts';
import type { WriteBarrier } from '../contract/write-barrier.ts';
import { InformerOptionsError, InformerStoppedError, ScopeFailedError } from '../errors.ts';
import { checkWait } from '../freshness/check-wait.ts';
import { Waiters } from '../freshness/waiters.ts';
import { WriteTracker } from '../freshness/write-tracker.ts';
import type { ScopeProgress, WriteTrackerHost } from '../freshness/write-tracker.ts';
import { checkDeltas, checkHandler } from '../handlers/check-handler.ts';
import { HandlerIterator } from '../handlers/delta-iterator.ts';
import { HandlerRegistration } from '../handlers/handler-registration.ts';
import type { RegistrationHost } from '../handlers/handler-registration.ts';
import { Scheduler } from '../handlers/scheduler.ts';
import { VersionOrder } from '../reflector/version-order.ts';
import { callListener, Listeners } from '../scopes/listeners.ts';
import { ProgramGuard } from '../scopes/program-guard.ts';
import type { ScopeHost, ScopeRun } from '../scopes/scope-run.ts';
import { ScopeSet } from '../scopes/scope-set.ts';
import { describeServer, ServerCheck } from '../snapshot/server-check.ts';
import { SnapshotKeeper } from '../snapshot/snapshot-keeper.ts';
import { snapshotIdentity } from '../snapshot/snapshot.ts';
import type { RestoredState, SnapshotPlace } from '../snapshot/snapshot.ts';
import { checkClusterOptions, checkIndex } from './check-options.ts';
import { observeReceipt, progressOf, takeBarrier } from './receipts.ts';
import { sourceOf } from './source-of.ts';
import { expectedOf, makeStore } from './store-options.ts';

/** How an informer that keeps a file differs. */
export interface Restoring<T> {
  readonly order: VersionOrder;
  readonly guard: ProgramGuard<T>;
  readonly place: SnapshotPlace;
  /** By cluster. */
  readonly checks?: ReadonlyMap<string, ServerCheck>;
  readonly restored?: RestoredState;
  /** The store that the file was loaded into. */
  readonly writer?: ObjectStore<T>;
}

/** Joins scopes, store, handlers and waits to one informer. Its options were checked by whoever makes it. */
export class ObjectInformer<T> implements Informer<T>, ScopeHost<T>, RegistrationHost<T>, WriteTrackerHost<T> {
  readonly writer: ObjectStore<T>;
  readonly guard: ProgramGuard<T>;
  readonly clock: Clock;
  readonly limits: ReflectorLimits;
  readonly sliceMs: number;
  readonly expected: { readonly kind: string; readonly apiVersion: string };
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly scheduler: Scheduler;
  readonly #o: InformerOptions<T>;
  readonly #scopes: ScopeSet<T>;
  readonly #handlers = new Set<HandlerRegistration<T>>();
  readonly #statusListeners = new Listeners<ScopeStatus>();
  readonly #synced: Waiters;
  readonly #writes: WriteTracker<T>;
  readonly #order: VersionOrder;
  readonly #keeper: SnapshotKeeper<T> | undefined;
  readonly #fromFile: boolean;
  readonly #stop = new AbortController();
  #stopped: Promise<void> | undefined;
  #started = false;
  /** The scopes that the writes that are waited for were last looked up in. */
  #scopesSeen = 0;

  constructor(options: InformerOptions<T>, restoring?: Restoring<T>) {
    this.#o = options;
    this.#order = restoring?.order ?? new VersionOrder();
    this.guard = restoring?.guard ?? new ProgramGuard<T>();
    this.guard.onExtractorError = (key, report) => this.#extractorFailed(key, report);
    this.#fromFile = restoring?.restored !== undefined;
    this.clock = options.clock ?? systemClock;
    this.limits = limitsOf(options.limits);
    this.sliceMs = this.limits.sliceMs;
    this.expected = expectedOf(options);
    if (options.labelSelector) this.labelSelector = options.labelSelector;
    if (options.fieldSelector) this.fieldSelector = options.fieldSelector;
    this.writer = restoring?.writer ?? makeStore(options, this.#order, this.guard);
    this.scheduler = new Scheduler(this.clock, this.sliceMs);
    this.#synced = new Waiters(this.clock, this.sliceMs, () => this.hasSynced);
    this.#writes = new WriteTracker<T>(this);
    this.#keeper = restoring === undefined ? undefined : this.#keeperOf(restoring.place);
    this.#scopes = new ScopeSet<T>(this);
    if (options.client !== undefined || options.source !== undefined) this.#join({ ...options, cluster: options.cluster ?? '' }, restoring);
    for (const cluster of options.clusters ?? []) this.#join(cluster, restoring);
    if (restoring?.restored !== undefined) this.#scopes.clearUnowned();
  }

  get view(): View<T> {
    return this.writer.view;
  }

  get storeCounters(): StoreCounters {
    return this.writer.counters;
  }

  get hasSynced(): boolean {
    return this.#scopes.filled;
  }

  get handlers(): readonly HandlerHandle[] {
    return [...this.#handlers];
  }

  share(): StoreHandle {
    return this.writer.share();
  }

  addIndex(name: string, extract: IndexExtractor<T>): void {
    checkIndex(name, extract);
    this.#assertRunning();
    this.guard.refuseInside('addIndex');
    this.writer.addIndex(name, this.guard.extractor(name, extract));
  }

  scopes(): readonly ScopeStatus[] {
    return [...this.#scopes.runs.values()].map((run) => run.status());
  }

  start(): void {
    this.#assertRunning();
    if (this.#started) return;
    this.#started = true;
    this.#scopes.start();
    if (this.#keeper === undefined) return;
    if (this.#fromFile) void this.#checkFile(this.#keeper);
    void this.#keeper.keepSaving(this.#stop.signal);
  }

  /** Looks at all that came from the file; for what is found damaged everything is listed again. */
  async #checkFile(keeper: SnapshotKeeper<T>): Promise<void> {
    const damaged = await keeper.checkFile(this.#stop.signal);
    if (damaged === 0 || this.#stop.signal.aborted) return;
    const reason = `${damaged} objects of the saved file were damaged; listing again to get them`;
    for (const run of this.#scopes.runs.values()) {
      this.onReport({ kind: 'snapshot-damaged', message: reason }, run.scope);
      run.reflector.repair(reason);
    }
  }

  save(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.reject(this.#stop.signal.reason as Error);
    if (this.#keeper === undefined)
      return Promise.reject(
        new InformerOptionsError(`save: the informer of ${this.#o.type.plural} was made without a place for its file; see restoreInformer`),
      );
    return this.#keeper.save();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    const reason = new InformerStoppedError(`the informer of ${this.#o.type.plural} was stopped`);
    this.#stop.abort(reason);
    for (const handler of [...this.#handlers]) handler.remove();
    this.#synced.fail(reason);
    this.#writes.fail(reason);
    await this.#scopes.stop(reason);
    this.#statusListeners.clear();
    await this.#keeper?.trySave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async whenSynced(signal?: AbortSignal): Promise<void> {
    checkSignal('signal', signal);
    if (this.#stop.signal.aborted && !this.hasSynced) throw this.#stop.signal.reason;
    const failed = this.hasSynced ? undefined : this.#failure();
    if (failed !== undefined) {
      signal?.throwIfAborted();
      throw failed;
    }
    await this.#synced.until({ what: `a complete list of ${this.#o.type.plural}`, ...(signal === undefined ? {} : { signal }) });
  }

  async waitFor(what: WriteReceipt | { readonly scope: ScopeId; readonly version: string }, options: WaitOptions): Promise<void> {
    checkWait(what, options);
    const { signal, deadlineMs, after } = options;
    const { plural } = this.#o.type;
    const until = { deadlineMs, ...(signal === undefined ? {} : { signal }) };
    let waited: Promise<void>;
    if ('scope' in what)
      waited = this.#writes.version(what.scope, what.version, { what: `version ${what.version} of ${plural}`, ...until });
    else {
      const key = storeKey(what.key);
      const epoch = after !== undefined && this.observeReceipt(what, after) ? after.epoch + 1 : 0;
      const name = key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
      waited = this.#writes.write(what, key, epoch, { what: `the write of ${plural} ${name}`, ...until });
    }
    // What holds is told after the stop as well; what does not hold by then never will.
    if (this.#stop.signal.aborted) this.#writes.fail(this.#stop.signal.reason);
    await waited;
  }

  writeBarrier(of: KeyInput): WriteBarrier {
    return takeBarrier(of, this.#scopes, this.view, Boolean(this.labelSelector) || Boolean(this.fieldSelector));
  }

  observeReceipt(receipt: WriteReceipt, barrier: WriteBarrier): boolean {
    return observeReceipt(receipt, barrier, this.#scopes);
  }

  onStatus(listener: (status: ScopeStatus) => void): Disposable {
    checkFunction('listener', listener ?? null);
    this.#assertRunning();
    return this.#statusListeners.add(listener);
  }

  handle(handler: Handler<T>, options: HandlerOptions<T> = {}): HandlerHandle {
    return this.register(handler, options, () => undefined);
  }

  /** As `handle`; `onRemoved` is called once, when the handler is removed by whomever. */
  register(handler: Handler<T>, options: HandlerOptions<T>, onRemoved: () => void): HandlerHandle {
    checkHandler(handler, options);
    this.#assertRunning();
    const registration: HandlerRegistration<T> = new HandlerRegistration<T>(handler, options, this, this.#o.resyncMs ?? 0, () => {
      this.#handlers.delete(registration);
      onRemoved();
    });
    this.#handlers.add(registration);
    for (const run of this.filledRuns()) registration.listener.replay(run.query, 'initial', true, () => run.finishWalk());
    registration.check();
    const failed = this.#failure();
    if (failed !== undefined) registration.fail(failed);
    return registration;
  }

  deltas(options: DeltasOptions<T> = {}): DeltaIterator<T> {
    checkDeltas(options);
    const { signal, ...rest } = options;
    return new HandlerIterator<T>(this, signal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, signal]), rest);
  }

  setNamespaces(namespaces: readonly string[], cluster: string = this.#o.cluster ?? ''): void {
    checkCluster('cluster', cluster);
    this.#assertRunning();
    if (this.#o.type.scope === 'Cluster') throw new InformerOptionsError(`namespaces: ${this.#o.type.plural} have none`);
    this.guard.refuseInside('setNamespaces');
    this.#scopes.set(cluster, namespaces);
    this.#checkSynced();
  }

  addCluster(options: ClusterOptions): void {
    checkClusterOptions('addCluster', options, this.#o.type.scope);
    this.#assertRunning();
    this.#join(options, undefined);
    this.#checkSynced();
  }

  removeCluster(cluster: string): boolean {
    checkCluster('cluster', cluster);
    this.#assertRunning();
    this.guard.refuseInside('removeCluster');
    const removed = this.#scopes.removeCluster(cluster);
    this.#checkSynced();
    return removed;
  }

  #join(options: ClusterOptions, restoring: Restoring<T> | undefined): void {
    const { type, metadataOnly } = this.#o;
    const namespaces = type.scope === 'Cluster' ? [''] : (options.namespaces ?? ['']);
    const check =
      restoring?.checks?.get(options.cluster) ??
      (this.#keeper === undefined ? undefined : new ServerCheck(options.server ?? describeServer(options.client)));
    this.#scopes.addCluster(
      options.cluster,
      {
        sourceOf: sourceOf(type, options, metadataOnly === true),
        capabilities: options.capabilities ?? new ServerCapabilities(this.clock),
        ...(check === undefined ? {} : { check }),
      },
      namespaces,
      restoring?.restored,
    );
  }

  #keeperOf(place: SnapshotPlace): SnapshotKeeper<T> {
    const { writer, clock, sliceMs } = this;
    return new SnapshotKeeper<T>(
      {
        writer,
        clock,
        sliceMs,
        identity: snapshotIdentity(this.#o, place),
        versions: () => this.#scopes.versions(),
        servers: () => this.#scopes.servers(),
        worthSaving: () => this.filledRuns().length > 0,
        report: (report) => this.onReport(report, scopeOf('', this.#o.cluster)),
      },
      place,
    );
  }

  #assertRunning(): void {
    if (this.#stop.signal.aborted) throw this.#stop.signal.reason;
  }

  /** The parts of the view that are complete, for a replay. */
  filledRuns(): readonly ScopeRun<T>[] {
    return [...this.#scopes.runs.values()].filter((run) => run.filled);
  }

  // ---- WriteTrackerHost ----

  scope(id: ScopeId): ScopeProgress | undefined {
    return progressOf(this.#scopes.runs.get(id));
  }

  scopeOf(cluster: string, namespace: string): ScopeProgress | undefined {
    return progressOf(this.#scopes.runOf(cluster, namespace));
  }

  // ---- ScopeHost ----

  acceptingOlder<R>(body: () => R): R {
    return this.#order.acceptingOlder(body);
  }

  changed(changes: Iterable<Change<T>>, origin: DeltaOrigin, cause: (change: Change<T>) => DeleteCause | undefined): void {
    for (const change of changes) {
      const why = change.type === 'deleted' ? cause(change) : undefined;
      for (const handler of this.#handlers) handler.listener.offer(change, origin, why);
      this.#writes.changed(change.entry.key);
    }
  }

  audience(): (change: Change<T>, origin: DeltaOrigin, cause: DeleteCause | undefined) => void {
    const present = [...this.#handlers];
    return (change, origin, cause) => {
      for (const handler of present) handler.listener.offer(change, origin, cause);
      this.#writes.changed(change.entry.key);
    };
  }

  filled(run: ScopeRun<T>): void {
    for (const handler of this.#handlers) handler.listener.replay(run.query, 'initial', true, () => run.finishWalk());
    this.committed(run);
  }

  committed(run: ScopeRun<T>): void {
    this.#scopes.settled(run);
    if (this.#scopesSeen === this.#scopes.changes) this.#writes.listed(run.scope.id);
    this.#checkSynced();
  }

  onState(run: ScopeRun<T>): void {
    if (this.#statusListeners.size > 0) this.#statusListeners.tell(run.status());
    if (run.reflector.failure !== undefined) this.#tellFailure();
  }

  onProgress(run: ScopeRun<T>): void {
    this.#writes.progress(run.scope.id);
  }

  #extractorFailed(key: Key, report: ReflectorReport | undefined): void {
    const run = this.#scopes.runOf(key.cluster, key.namespace);
    if (run !== undefined) run.reflector.counters.programErrors += 1;
    // In a turn of its own: the store is amid a write.
    if (report !== undefined) queueMicrotask(() => this.onReport(report, run?.scope ?? scopeOf(key.namespace, key.cluster)));
  }

  onReport(report: ReflectorReport, scope: Scope): void {
    callListener(() => this.#o.onReport?.(report, scope));
  }

  /** What keeps the informer from ever being complete as its scopes stand; undefined where trying goes on. */
  #failure(): ScopeFailedError | undefined {
    const failed = this.#scopes.failed;
    if (failed === undefined) return undefined;
    const { scope, reflector } = failed;
    const where = scope.namespace === '' ? 'all namespaces' : `the namespace ${scope.namespace}`;
    const cluster = scope.cluster === '' ? '' : ` of the cluster ${scope.cluster}`;
    return new ScopeFailedError(`no list of ${this.#o.type.plural} in ${where}${cluster}: ${reflector.reason}`, scope.id, {
      cause: reflector.failure?.cause ?? reflector.failure,
    });
  }

  #tellFailure(): void {
    const failed = this.#failure();
    if (failed === undefined) return;
    this.#synced.fail(failed);
    for (const handler of this.#handlers) handler.fail(failed);
  }

  #checkSynced(): void {
    if (this.#scopesSeen !== this.#scopes.changes) {
      this.#scopesSeen = this.#scopes.changes;
      this.#writes.checkAll();
    }
    if (!this.hasSynced) return;
    for (const handler of this.#handlers) handler.check();
    this.#synced.check();
  }
}
