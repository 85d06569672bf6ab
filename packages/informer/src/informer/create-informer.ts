import type { PartialObjectMetadata, ResourceSource, WriteReceipt } from '@kubecast/client';
import type { ResourceType } from '@kubecast/crd';
import { systemClock } from '@kubecast/clock';
import { compareResourceVersions, createObjectStore, saveStore } from '@kubecast/store';
import type { Clock } from '@kubecast/clock';
import type { Change, IndexExtractor, Key, ObjectStore, ObjectStoreOptions, ScopeId, StoreCounters, View } from '@kubecast/store';
import { iterateDeltas } from '../handlers/delta-iterator.ts';
import type { DeleteCause, Delta, DeltaOrigin } from '../contract/delta.ts';
import { InformerOptionsError, InformerStoppedError } from '../errors.ts';
import { HandlerLane } from '../handlers/handler-lane.ts';
import type { Handler, HandlerHandle, HandlerOptions, Informer, ScopeStatus } from '../contract/informer.ts';
import type { ClusterOptions, InformerOptions } from '../contract/informer-options.ts';
import { defaultLimits } from '../contract/limits.ts';
import type { ReflectorLimits } from '../contract/limits.ts';
import type { ReflectorReport } from '../contract/reflector-report.ts';
import type { ScopeRun } from '../scopes/scope-run.ts';
import type { ScopeHost } from '../scopes/scope-run.ts';
import { ignoreRejection, ProgramGuard } from '../scopes/program-guard.ts';
import { ScopeSet } from '../scopes/scope-set.ts';
import type { Scope } from '../contract/scope.ts';
import { ServerMemory } from '../contract/server-memory.ts';
import { scopeOf } from '../contract/scope.ts';
import { snapshotIdentity } from '../snapshot/snapshot.ts';
import type { RestoredState, SnapshotPlace } from '../snapshot/snapshot.ts';
import { VersionOrder } from '../reflector/version-order.ts';
import { Waiters } from '../freshness/waiters.ts';
import { markOf, provesRegression } from '../contract/write-mark.ts';
import type { WriteMark } from '../contract/write-mark.ts';

/** Records of a loaded file that are compared with their checksums in one turn; some milliseconds. */
const CHECKED_AT_ONCE = 4_096;

/** How a restored informer differs. */
interface Restoring<T> {
  readonly order: VersionOrder;
  readonly guard: ProgramGuard<T>;
  readonly place: SnapshotPlace;
  readonly restored?: RestoredState;
}

export class ObjectInformer<T> implements Informer<T>, ScopeHost<T> {
  readonly writer: ObjectStore<T>;
  readonly guard: ProgramGuard<T>;
  readonly clock: Clock;
  readonly limits: ReflectorLimits;
  readonly expected: { readonly kind: string; readonly apiVersion: string };
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly #o: InformerOptions<T>;
  readonly #scopes: ScopeSet<T>;
  readonly #handlers = new Set<Attached<T>>();
  readonly #statusListeners = new Set<(status: ScopeStatus) => void>();
  readonly #waiters: Waiters;
  readonly #stop = new AbortController();
  #started = false;
  readonly #fromFile: boolean;
  readonly #order: VersionOrder;
  readonly #place: SnapshotPlace | undefined;
  #saving: Promise<void> | undefined;
  #lastSaved = false;

  constructor(options: InformerOptions<T>, restoring?: Restoring<T>) {
    this.#o = options;
    this.#order = restoring?.order ?? new VersionOrder();
    this.guard = restoring?.guard ?? new ProgramGuard<T>();
    this.guard.onExtractorError = (key, report) => this.#extractorFailed(key, report);
    this.#place = restoring?.place;
    this.#fromFile = restoring?.restored !== undefined;
    this.clock = options.clock ?? systemClock;
    this.limits = { ...defaultLimits, ...options.limits };
    this.expected = expectedOf(options);
    if (options.labelSelector) this.labelSelector = options.labelSelector;
    if (options.fieldSelector) this.fieldSelector = options.fieldSelector;
    this.writer = options.writer ?? createObjectStore<T>(storeOptions(options, this.#order, this.guard));
    this.#waiters = new Waiters(this.clock);
    this.#scopes = new ScopeSet<T>(this);
    if (options.client !== undefined || options.source !== undefined || options.clusters === undefined) {
      this.#join({ ...options, cluster: options.cluster ?? '' }, restoring?.restored);
    }
    for (const cluster of options.clusters ?? []) this.#join(cluster, restoring?.restored);
    if (restoring?.restored !== undefined) this.#scopes.clearUnowned();
  }

  get view(): View<T> {
    return this.writer.view;
  }

  get storeCounters(): StoreCounters {
    return this.writer.counters;
  }

  get hasSynced(): boolean {
    for (const run of this.#scopes.runs.values()) if (!run.filled) return false;
    return true;
  }

  addIndex(name: string, extract: IndexExtractor<T>): void {
    this.guard.refuseInside('addIndex');
    this.writer.addIndex(name, this.guard.extractor(name, extract));
  }

  get handlers(): readonly HandlerHandle[] {
    return [...this.#handlers];
  }

  scopes(): readonly ScopeStatus[] {
    return [...this.#scopes.runs.values()].map((run) => run.status());
  }

  start(): void {
    if (this.#started || this.#stop.signal.aborted) return;
    this.#started = true;
    this.#scopes.start();
    if (this.#fromFile) void this.#checkFile();
    if ((this.#place?.everyMs ?? 0) > 0) void this.#keepSaving(this.#place?.everyMs ?? 0);
  }

  /** Looks at all that came from the file, a little at a time; for what is found damaged everything is listed again. */
  async #checkFile(): Promise<void> {
    while (this.writer.check(CHECKED_AT_ONCE)) {
      await this.clock.yield();
      if (this.#stop.signal.aborted) return;
    }
    const { damaged } = this.writer.counters;
    if (damaged === 0 || this.#stop.signal.aborted) return;
    const reason = `${damaged} objects of the saved file were damaged; listing again to get them`;
    for (const run of this.#scopes.runs.values()) {
      this.onReport({ kind: 'snapshot-damaged', message: reason }, run.scope);
      run.reflector.repair(reason);
    }
  }

  save(): Promise<void> {
    const place = this.#place;
    if (place === undefined)
      return Promise.reject(
        new InformerOptionsError(`the informer of ${this.#o.type.plural} was made without a place for its file; see restoreInformer`),
      );
    // One file, one writer: a save asked for meanwhile comes after.
    const saved = (this.#saving ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        const versions = new Map<ScopeId, string>();
        for (const run of this.filledRuns()) if (!run.reflector.damaged) versions.set(run.scope.id, run.reflector.version);
        return saveStore(this.writer, place.files, place.path, {
          identity: snapshotIdentity(this.#o, place),
          versions,
          clock: this.clock,
          ...(place.secrets === undefined ? {} : { secrets: place.secrets }),
        });
      });
    this.#saving = saved;
    return saved;
  }

  async #keepSaving(everyMs: number): Promise<void> {
    for (;;) {
      try {
        await this.clock.sleep(everyMs * (0.9 + 0.2 * this.clock.random()), this.#stop.signal);
      } catch {
        return;
      }
      await this.#trySave();
    }
  }

  async #trySave(): Promise<void> {
    try {
      await this.save();
    } catch (error) {
      this.onReport(
        { kind: 'snapshot-failed', message: error instanceof Error ? error.message : String(error) },
        scopeOf('', this.#o.cluster),
      );
    }
  }

  async stop(): Promise<void> {
    if (!this.#stop.signal.aborted) this.#stop.abort(new InformerStoppedError(`the informer of ${this.#o.type.plural} was stopped`));
    await this.#scopes.stop(this.#stop.signal.reason);
    for (const handler of [...this.#handlers]) handler.remove();
    this.#waiters.fail(this.#stop.signal.reason);
    // What was never complete is not worth the place of the last good file.
    if (this.#place !== undefined && !this.#lastSaved && this.filledRuns().length > 0) {
      this.#lastSaved = true;
      await this.#trySave();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  whenSynced(signal?: AbortSignal): Promise<void> {
    return this.#waiters.until(() => this.hasSynced, {
      what: `a complete list of ${this.#o.type.plural}`,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  waitFor(
    what: WriteReceipt | { readonly scope: ScopeId; readonly version: string },
    options: { readonly signal?: AbortSignal; readonly deadlineMs: number; readonly after?: WriteMark },
  ): Promise<void> {
    if ('scope' in what) {
      const reached = (): boolean => atLeast(this.#scopes.runs.get(what.scope)?.reflector.version ?? '', what.version);
      return this.#waiters.until(reached, { what: `version ${what.version} of ${this.#o.type.plural}`, ...options });
    }
    const { key, uid, version, gone } = what;
    const name = key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
    // Versions of a server that went back say nothing until its state stands in the view, in a new epoch.
    const epoch = options.after !== undefined && this.observeReceipt(what, options.after) ? options.after.epoch + 1 : 0;
    const shown = (): boolean => {
      const run = this.#scopes.runOf(key.cluster, key.namespace);
      if (run?.filled !== true || run.reflector.epoch < epoch) return false;
      // A list or an event past the version has brought the write, whatever became of the object since.
      const passed = version !== undefined && atLeast(run.reflector.version, version);
      const entry = this.view.entry(key);
      // An eviction's answer tells no uid: then any object of the name counts, and only its end can be waited for.
      const holds = entry !== undefined && (uid === '' || entry.uid === uid);
      if (gone) return !holds && (version === undefined || passed);
      if (uid === '' && version === undefined) return true;
      return passed || (holds && (version === undefined || atLeast(entry.version, version)));
    };
    return this.#waiters.until(shown, { what: `the write of ${this.#o.type.plural} ${name}`, ...options });
  }

  markWrite(key: Key): WriteMark {
    const run = this.#scopes.runOf(key.cluster, key.namespace);
    const sure = run?.filled === true && !run.reflector.damaged;
    return markOf(key, this.view.entry(key), {
      id: run?.scope.id ?? scopeOf(key.namespace, key.cluster).id,
      epoch: run?.reflector.epoch ?? 1,
      version: sure ? run.reflector.version : '',
      complete: sure && !this.labelSelector && !this.fieldSelector,
    });
  }

  observeReceipt(receipt: WriteReceipt, mark: WriteMark): boolean {
    const run = this.#scopes.runs.get(mark.scope);
    if (run === undefined || run.reflector.epoch !== mark.epoch || !provesRegression(receipt, mark)) return false;
    const { namespace, name } = mark.key;
    run.reflector.regressed(
      mark.version,
      `a write of ${namespace === '' ? name : `${namespace}/${name}`} was answered at ${String(receipt.version)}, although ${mark.version} was seen before it`,
    );
    return true;
  }

  onStatus(listener: (status: ScopeStatus) => void): Disposable {
    this.#statusListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#statusListeners.delete(listener) };
  }

  handle(handler: Handler<T>, options: HandlerOptions<T> = {}): HandlerHandle {
    const attached = new Attached<T>(handler, options, this, this.#o.resyncMs ?? 0, () => void this.#handlers.delete(attached));
    if (this.#stop.signal.aborted) {
      attached.remove();
      return attached;
    }
    this.#handlers.add(attached);
    for (const run of this.filledRuns()) attached.lane.replay(run.query, 'initial', true, () => run.finishWalk());
    attached.check();
    return attached;
  }

  deltas(options: Omit<HandlerOptions<T>, 'workers'> & { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<Delta<T>> {
    return iterateDeltas(this, this.#stop.signal, options);
  }

  setNamespaces(namespaces: readonly string[], cluster: string = this.#o.cluster ?? ''): void {
    if (this.#o.type.scope === 'Cluster') throw new InformerOptionsError(`${this.#o.type.plural} have no namespaces`);
    this.guard.refuseInside('setNamespaces');
    this.#scopes.set(cluster, namespaces);
    this.#checkAll();
  }

  addCluster(options: ClusterOptions): void {
    this.#join(options, undefined);
  }

  #join(options: ClusterOptions, restored: RestoredState | undefined): void {
    const { type } = this.#o;
    const namespaces = type.scope === 'Cluster' ? [''] : (options.namespaces ?? ['']);
    this.#scopes.addCluster(
      options.cluster,
      { sourceOf: sourceBy(type, options, this.#o.metadataOnly === true), memory: options.memory ?? new ServerMemory(this.clock) },
      namespaces,
      restored,
    );
  }

  removeCluster(cluster: string): boolean {
    this.guard.refuseInside('removeCluster');
    const removed = this.#scopes.removeCluster(cluster);
    this.#checkAll();
    return removed;
  }

  /** The parts of the view that are complete, for a replay. */
  filledRuns(): readonly ScopeRun<T>[] {
    return [...this.#scopes.runs.values()].filter((run) => run.filled);
  }

  // ---- ScopeHost ----

  acceptingOlder<R>(body: () => R): R {
    return this.#order.acceptingOlder(body);
  }

  changed(changes: Iterable<Change<T>>, origin: DeltaOrigin, cause: (change: Change<T>) => DeleteCause | undefined): void {
    for (const change of changes) {
      const why = change.type === 'deleted' ? cause(change) : undefined;
      for (const handler of this.#handlers) handler.lane.offer(change, origin, why);
    }
  }

  audience(): (change: Change<T>, origin: DeltaOrigin, cause: DeleteCause | undefined) => void {
    const present = [...this.#handlers];
    return (change, origin, cause) => {
      for (const handler of present) handler.lane.offer(change, origin, cause);
    };
  }

  filled(run: ScopeRun<T>): void {
    for (const handler of this.#handlers) handler.lane.replay(run.query, 'initial', true, () => run.finishWalk());
    this.#checkAll();
  }

  committed(): void {
    this.#checkAll();
  }

  onState(run: ScopeRun<T>): void {
    const status = run.status();
    for (const listener of [...this.#statusListeners]) {
      try {
        ignoreRejection(listener(status) as unknown);
      } catch {
        // A listener's failure is its own matter; the state stands.
      }
    }
  }

  onProgress(): void {
    this.#waiters.check();
  }

  #extractorFailed(key: Key, report: ReflectorReport | undefined): void {
    const run = this.#scopes.runOf(key.cluster, key.namespace);
    if (run !== undefined) run.reflector.counters.programErrors += 1;
    // In a turn of its own: the store is amid a write.
    if (report !== undefined) queueMicrotask(() => this.onReport(report, run?.scope ?? scopeOf(key.namespace, key.cluster)));
  }

  onReport(report: ReflectorReport, scope: Scope): void {
    try {
      ignoreRejection(this.#o.onReport?.(report, scope) as unknown);
    } catch {
      // As with listeners.
    }
  }

  #checkAll(): void {
    for (const handler of this.#handlers) handler.check();
    this.#waiters.check();
  }
}

/** A handler as its owner holds it. */
class Attached<T> implements HandlerHandle {
  readonly lane: HandlerLane<T>;
  readonly synced: Promise<void>;
  readonly #informer: ObjectInformer<T>;
  readonly #detach: () => void;
  readonly #abort = new AbortController();
  #hasSynced = false;
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(handler: Handler<T>, options: HandlerOptions<T>, informer: ObjectInformer<T>, resyncMs: number, detach: () => void) {
    this.#informer = informer;
    this.#detach = detach;
    this.lane = new HandlerLane<T>(handler, options, informer.view, informer.clock, informer.limits.sliceMs, () => this.check());
    this.synced = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody has to wait for it.
    this.synced.catch(() => undefined);
    const every = options.resyncMs ?? resyncMs;
    if (every > 0) void this.#resync(every);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get name(): string {
    return this.lane.name;
  }

  get counters(): HandlerLane<T>['counters'] {
    return this.lane.counters;
  }

  get waiting(): number {
    return this.lane.waiting;
  }

  get pinned(): number {
    return this.lane.pinned;
  }

  check(): void {
    if (this.#hasSynced || this.lane.removed || !this.#informer.hasSynced || !this.lane.initialDone) return;
    this.#hasSynced = true;
    this.#resolve();
  }

  remove(): void {
    if (this.lane.removed) return;
    const reason = new InformerStoppedError(`${this.lane.name} was removed`);
    this.lane.remove(reason);
    this.#abort.abort(reason);
    this.#reject(reason);
    this.#detach();
  }

  [Symbol.dispose](): void {
    this.remove();
  }

  async #resync(every: number): Promise<void> {
    const { clock } = this.#informer;
    for (;;) {
      try {
        // A tenth of jitter either way, so that handlers and pods do not replay in step.
        await clock.sleep(every * (0.9 + 0.2 * clock.random()), this.#abort.signal);
      } catch {
        return;
      }
      if (!this.#hasSynced || this.lane.replaying('resync')) continue;
      for (const run of this.#informer.filledRuns()) {
        // What the view shows and this handler was not told of yet is news, not a replay.
        run.finishWalk();
        this.lane.replay(run.query, 'resync', false, () => run.finishWalk());
      }
    }
  }
}

function atLeast(version: string, wanted: string): boolean {
  const order = compareResourceVersions(version, wanted);
  return order === 0 || order === 1;
}

function sourceBy<T>(
  type: ResourceType<T>,
  options: Pick<ClusterOptions, 'client' | 'source'>,
  metadataOnly: boolean,
): (namespace: string) => ResourceSource {
  const { client, source } = options;
  if (source !== undefined && client !== undefined) throw new InformerOptionsError('give a client or a source, not both');
  if (typeof source === 'function') return source;
  if (source !== undefined) return () => source;
  if (client === undefined) throw new InformerOptionsError(`the informer of ${type.plural} needs a client or a source`);
  const resource = client.resource(type);
  const calls = metadataOnly ? resource.asMetadata?.() : resource;
  if (calls === undefined) throw new InformerOptionsError(`the client cannot ask for the metadata of ${type.plural} alone`);
  return (namespace) => calls.source(namespace === '' ? {} : { namespace });
}

function expectedOf(options: Pick<InformerOptions<unknown>, 'type' | 'metadataOnly'>): {
  readonly kind: string;
  readonly apiVersion: string;
} {
  if (options.metadataOnly === true) return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };
  const { group, version, kind } = options.type;
  return { kind, apiVersion: group === '' ? version : `${group}/${version}` };
}

/** The store that an informer of these options fills. */
export function storeOptions<T>(options: InformerOptions<T>, order: VersionOrder, guard: ProgramGuard<T>): ObjectStoreOptions<T> {
  return {
    ...expectedOf(options),
    ...(options.indexes === undefined ? {} : { indexes: guard.extractors(options.indexes) }),
    ...(options.drop === undefined ? {} : { drop: options.drop }),
    ...(options.transform === undefined ? {} : { transform: guard.transform(options.transform) }),
    compareVersions: order.compare,
  };
}

/** Makes an informer of the metadata alone, for any kind: what one needs to count, to collect garbage, or to find by labels and owners. */
export function createMetadataInformer(
  options: Omit<InformerOptions<PartialObjectMetadata>, 'type' | 'metadataOnly'> & { readonly type: ResourceType },
): Informer<PartialObjectMetadata> {
  return new ObjectInformer<PartialObjectMetadata>({
    ...options,
    type: options.type as ResourceType<PartialObjectMetadata>,
    metadataOnly: true,
  });
}

/** Makes an informer. Nothing is read before `start()`. */
export function createInformer<T>(options: InformerOptions<T>): Informer<T> {
  return new ObjectInformer<T>(options);
}
