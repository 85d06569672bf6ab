import type { ResourceSource } from '@kubecast/client';
import type { Clock } from '@kubecast/clock';
import { compareResourceVersions, isStoreError } from '@kubecast/store';
import type { Change, Key, ObjectStore, Query, RawRecord } from '@kubecast/store';
import type { DeleteCause, DeltaOrigin } from '../contract/delta.ts';
import type { ScopeStatus } from '../contract/informer.ts';
import type { ReflectorLimits } from '../contract/limits.ts';
import { readHead } from '../reflector/object-head.ts';
import type { ObjectHead } from '../reflector/object-head.ts';
import { Reflector } from '../reflector/reflector.ts';
import type { ResumePoint } from '../reflector/position.ts';
import type { ReflectorReport } from '../contract/reflector-report.ts';
import type { ReflectorSink, SinkCollection } from '../reflector/reflector-sink.ts';
import type { Scope } from '../contract/scope.ts';
import type { ServerCapabilities } from '../contract/server-capabilities.ts';
import { TimeSlice } from '@kubecast/clock';
import { TransformFailed } from './program-guard.ts';
import type { ProgramGuard } from './program-guard.ts';

/** What a scope tells the informer around it. */
export interface ScopeHost<T> {
  readonly writer: ObjectStore<T>;
  readonly clock: Clock;
  readonly limits: ReflectorLimits;
  readonly expected: { readonly kind: string; readonly apiVersion: string };
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What stands between the store and the functions that the program gave for it. */
  readonly guard: ProgramGuard<T>;
  /** Runs the body while the store takes older versions than it holds: the server went back. */
  acceptingOlder<R>(body: () => R): R;
  changed(changes: Iterable<Change<T>>, origin: DeltaOrigin, cause: (change: Change<T>) => DeleteCause | undefined): void;
  /** The handlers that get the difference of a swap: those that are there as it is made. */
  audience(): (change: Change<T>, origin: DeltaOrigin, cause: DeleteCause | undefined) => void;
  /** The first complete list of a scope stands in the view. */
  filled(run: ScopeRun<T>): void;
  /** A later list stands in the view, and the handlers' queues hold the difference. */
  committed(run: ScopeRun<T>): void;
  onState(run: ScopeRun<T>): void;
  onProgress(run: ScopeRun<T>): void;
  onReport(report: ReflectorReport, scope: Scope): void;
}

export interface ScopeRunOptions<T> {
  readonly capabilities: ServerCapabilities;
  /** A complete state of this scope stands in the view, at this version. */
  readonly resume?: ResumePoint;
  /** This scope takes over others: not before it has seen what they have. */
  readonly notBelow?: () => string;
  readonly epochOf?: () => number;
  readonly absorbs?: () => readonly ScopeRun<T>[];
  readonly onAbsorbed?: () => void;
  /** Whether the objects in the view come from a file, of which it is not proven that it is of this server: why one left is not known then. */
  readonly doubtful?: () => boolean;
}

/** One scope of an informer: its reflector, and the writing of what that reads. */
export class ScopeRun<T> implements ReflectorSink {
  readonly scope: Scope;
  readonly reflector: Reflector;
  readonly #host: ScopeHost<T>;
  readonly #o: ScopeRunOptions<T>;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #walk: (Iterator<() => void> & Iterable<() => void>) | undefined;
  #filled = false;
  /** The store had no room for what a list brought. */
  #short = false;

  constructor(scope: Scope, source: ResourceSource, host: ScopeHost<T>, options: ScopeRunOptions<T>) {
    this.scope = scope;
    this.#host = host;
    this.#o = options;
    this.#filled = options.resume !== undefined;
    this.reflector = new Reflector({
      source,
      sink: this,
      clock: host.clock,
      limits: host.limits,
      capabilities: options.capabilities,
      expected: host.expected,
      ...(options.resume === undefined ? {} : { resume: options.resume }),
      ...(options.notBelow === undefined ? {} : { notBelow: options.notBelow }),
      ...(options.epochOf === undefined ? {} : { epochOf: options.epochOf }),
      ...(host.labelSelector === undefined ? {} : { labelSelector: host.labelSelector }),
      ...(host.fieldSelector === undefined ? {} : { fieldSelector: host.fieldSelector }),
      onState: () => host.onState(this),
      onProgress: () => host.onProgress(this),
      onReport: (report) => host.onReport(report, scope),
    });
  }

  /** Whether a complete list of this scope stands in the view. */
  get filled(): boolean {
    return this.#filled;
  }

  /** Selects this scope's objects from the view. */
  get query(): Query {
    const { cluster, namespace } = this.scope;
    return { cluster, ...(namespace === '' ? {} : { namespace }) };
  }

  get doubtful(): boolean {
    return this.#o.doubtful?.() === true;
  }

  start(): void {
    this.#running ??= this.reflector.run(this.#abort.signal);
  }

  async stop(reason: unknown): Promise<void> {
    if (!this.#abort.signal.aborted) this.#abort.abort(reason);
    await this.#running;
  }

  status(): ScopeStatus {
    const { reflector, scope } = this;
    return {
      scope: scope.id,
      cluster: scope.cluster,
      namespace: scope.namespace,
      state: reflector.state,
      reason: reflector.reason,
      since: reflector.since,
      synced: this.#filled,
      resourceVersion: reflector.version,
      ageMs: this.#age(),
      epoch: reflector.epoch,
      counters: reflector.counters,
    };
  }

  #age(): number {
    const { clock } = this.#host;
    if (this.reflector.lastHeard !== -Infinity) return clock.now() - this.reflector.lastHeard;
    const savedAt = this.#o.resume?.savedAt;
    return savedAt === undefined ? Infinity : Math.max(0, clock.wall() - savedAt);
  }

  /** Takes the scope's objects out of the view, at once; those that another scope took over stay. */
  clear(cause: DeleteCause): void {
    this.finishWalk();
    const replacement = this.#host.writer.replace(this.scope.id);
    const tell = this.#host.audience();
    for (const change of replacement.commit('')) tell(change, 'relist', cause);
  }

  /** Tells at once what is left of a difference that is being told in slices: what comes after it must not overtake it. */
  finishWalk(): void {
    const walk = this.#walk;
    this.#walk = undefined;
    if (walk !== undefined) for (const tell of walk) tell();
  }

  // ---- ReflectorSink ----

  apply(object: Uint8Array): void {
    // A reflector that goes on over its end changes nothing that is shown any more.
    if (this.#abort.signal.aborted) return;
    const { guard, writer } = this.#host;
    try {
      this.#host.changed(
        guard.write(() => writer.put(this.#record(object))),
        'watch',
        () => (this.doubtful ? 'unknown' : 'deleted'),
      );
    } catch (error) {
      if (!(error instanceof TransformFailed)) throw error;
      this.#untransformed(error);
      // The version that stands is the wrong one by now.
      const stands = writer.view.entry(this.#keyOf(error));
      if (stands !== undefined) this.#host.changed(writer.remove(stands.key, stands.uid), 'watch', () => 'unknown');
    }
  }

  remove(head: ObjectHead, object: Uint8Array): void {
    if (this.#abort.signal.aborted) return;
    const { writer } = this.#host;
    const key = { cluster: this.scope.cluster, namespace: head.namespace, name: head.name };
    let changes: readonly Change<T>[];
    try {
      changes = writer.remove(key, head.uid, this.#record(object));
    } catch {
      // Its last state cannot be kept, but that it left is sure.
      changes = writer.remove(key, head.uid);
    }
    this.#host.changed(changes, 'watch', () => this.#leftCause());
  }

  collect(): SinkCollection {
    const { writer, clock, limits } = this.#host;
    const replacement = writer.replace(this.scope.id);
    // What the transform failed for is missing in the view, and was not deleted.
    const untransformed = new Map<string, TransformFailed>();
    return {
      put: (object) => {
        const { guard } = this.#host;
        try {
          guard.write(() => replacement.put(this.#record(object)));
        } catch (error) {
          if (isFull(error)) {
            this.#short = true;
            // The version that stands is better than none.
            const { namespace, name, uid } = readHead(object);
            replacement.keep({ cluster: this.scope.cluster, namespace, name }, uid);
          }
          if (!(error instanceof TransformFailed)) throw error;
          this.#untransformed(error);
          replacement.remove(this.#keyOf(error), error.uid);
          const id = `${error.namespace}/${error.objectName}`;
          const before = untransformed.get(id);
          if (before?.uid !== error.uid || compareResourceVersions(error.version, before.version) !== -1) untransformed.set(id, error);
          return;
        }
        if (untransformed.size === 0 || guard.transformed === undefined) return;
        const { namespace, name, uid, version } = guard.transformed;
        const failed = untransformed.get(`${namespace}/${name}`);
        if (failed === undefined) return;
        // A streamed list may bring an object twice: an older version must not stand in for the one that is not kept.
        if (failed.uid === uid && compareResourceVersions(version, failed.version) === -1) replacement.remove(this.#keyOf(failed), uid);
        else untransformed.delete(`${namespace}/${name}`);
      },
      remove: (key, uid) => replacement.remove({ ...key, cluster: this.scope.cluster }, uid),
      abort: () => replacement.abort(),
      swap: (version, origin, incomplete) => {
        const absorbed = this.#filled ? [] : (this.#o.absorbs?.() ?? []);
        const first = !this.#filled && !absorbed.some((run) => run.filled);
        const doubtful = this.doubtful || absorbed.some((run) => run.doubtful);
        for (const run of absorbed) run.finishWalk();
        // Handlers present now get the difference; a handler added later gets a replay of the whole view.
        const tell = this.#host.audience();
        const causeOf = (change: Change<T>): DeleteCause | undefined => {
          if (change.type !== 'deleted') return undefined;
          const { namespace, name } = change.entry.key;
          return doubtful ? 'unknown' : this.#missingCause(change, origin, incomplete || untransformed.has(`${namespace}/${name}`));
        };
        // A list and what it takes the place of do not fit together into the store: what the list lacks leaves before.
        if (this.#short) {
          this.finishWalk();
          for (const change of replacement.trim(absorbed.map((run) => run.scope.id))) tell(change, origin, causeOf(change));
        }
        let changes: Iterable<Change<T>>;
        try {
          changes = origin === 'regressed' ? this.#host.acceptingOlder(() => replacement.commit(version)) : replacement.commit(version);
        } catch (error) {
          if (isFull(error)) this.#short = true;
          throw error;
        }
        this.#filled = true;
        if (!incomplete) this.#short = false;
        // What a scope that is taken over still holds was not in the wide list: it is gone.
        const gone = absorbed.flatMap((run) => [...writer.replace(run.scope.id).commit('')]);
        if (absorbed.length > 0) this.#o.onAbsorbed?.();
        return async () => {
          if (first) {
            changes[Symbol.iterator]().return?.();
            this.#host.filled(this);
            return;
          }
          const walk = map(both(gone, changes), (change) => () => tell(change, origin, causeOf(change)));
          this.#walk = walk;
          const slice = new TimeSlice(clock, limits.sliceMs);
          while (this.#walk === walk) {
            const next = walk.next();
            if (next.done === true) this.#walk = undefined;
            else next.value();
            if (slice.due()) await slice.yield();
          }
          this.#host.committed(this);
        };
      },
    };
  }

  #untransformed(failed: TransformFailed): void {
    this.reflector.counters.programErrors += 1;
    const report = this.#host.guard.reportOf(failed);
    if (report !== undefined) this.#host.onReport(report, this.scope);
  }

  #keyOf({ namespace, objectName }: TransformFailed): Key {
    return { cluster: this.scope.cluster, namespace, name: objectName };
  }

  #record(object: Uint8Array): RawRecord {
    return { object, cluster: this.scope.cluster, scope: this.scope.id };
  }

  /** A DELETED event with a selector may mean that the object was changed out of it (it carries the last content that matched). */
  #leftCause(): DeleteCause {
    return this.#host.labelSelector || this.#host.fieldSelector ? 'deleted-or-unmatched' : 'deleted';
  }

  #missingCause(change: Change<T>, origin: 'relist' | 'regressed', incomplete: boolean): DeleteCause {
    // Another UID stands under the name: the old object was deleted, whatever the selector.
    const now = this.#host.writer.view.entry(change.entry.key);
    if (now !== undefined && now.uid !== change.entry.uid && origin === 'relist') return 'deleted';
    if (incomplete || origin === 'regressed') return 'unknown';
    return this.#leftCause();
  }
}

function isFull(error: unknown): boolean {
  return isStoreError(error) && (error.code === 'SHARED_FULL' || error.code === 'STORE_FULL');
}

function* map<A, B>(items: Iterable<A>, change: (item: A) => B): Generator<B> {
  for (const item of items) yield change(item);
}

function* both<C>(first: Iterable<C>, second: Iterable<C>): Iterable<C> {
  yield* first;
  yield* second;
}
