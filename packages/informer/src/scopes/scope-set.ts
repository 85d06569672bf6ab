import type { ResourceSource } from '@kubecast/client';
import { compareResourceVersions } from '@kubecast/store';
import type { ScopeId } from '@kubecast/store';
import { InformerOptionsError, InformerStoppedError } from '../errors.ts';
import { ScopeRun } from './scope-run.ts';
import type { ScopeHost, ScopeRunOptions } from './scope-run.ts';
import { scopeId, scopeOf } from '../contract/scope.ts';
import type { RestoredState } from '../snapshot/snapshot.ts';
import type { ServerMemory } from '../contract/server-memory.ts';

interface Cluster {
  readonly sourceOf: (namespace: string) => ResourceSource;
  readonly memory: ServerMemory;
}

/** How far the scopes went that were taken away: one that comes again must not show less. */
interface HighWater {
  readonly version: string;
  readonly epoch: number;
}

/**
 * The scopes of one informer, changed while it runs. A scope that goes takes its objects with it, one that stays is not touched, and from
 * single namespaces to all or back no object leaves the view or goes back to an older version on the way.
 */
export class ScopeSet<T> {
  readonly runs: Map<ScopeId, ScopeRun<T>> = new Map();
  readonly #clusters = new Map<string, Cluster>();
  readonly #high = new Map<string, HighWater>();
  readonly #host: ScopeHost<T>;
  readonly #ending = new Set<Promise<void>>();
  #started = false;

  constructor(host: ScopeHost<T>) {
    this.#host = host;
  }

  addCluster(name: string, cluster: Cluster, namespaces: readonly string[], restored?: RestoredState): void {
    if (this.#clusters.has(name)) throw new InformerOptionsError(`there is a cluster named ${JSON.stringify(name)} already`);
    const wanted = checkNamespaces(namespaces);
    this.#clusters.set(name, cluster);
    for (const namespace of wanted) {
      const version = restored === undefined ? undefined : this.#savedVersion(restored, namespace, name);
      this.#add(
        name,
        namespace,
        version === undefined || restored === undefined ? {} : { resume: { version, epoch: 1, damaged: false, savedAt: restored.savedAt } },
      );
    }
  }

  /** The version at which a scope's objects stand in a loaded store; a namespace takes its part of a file that was saved of all. */
  #savedVersion(restored: RestoredState, namespace: string, cluster: string): string | undefined {
    const own = restored.versions.get(scopeId(namespace, cluster));
    if (own !== undefined) return own;
    const wide = scopeId('', cluster);
    const version = restored.versions.get(wide);
    if (version !== undefined) this.#host.writer.move(wide, scopeId(namespace, cluster), namespace);
    return version;
  }

  /** Takes out of a loaded store what no scope here goes on from: it would stand in the view for ever, or before its list is complete. */
  clearUnowned(): void {
    const { writer } = this.#host;
    for (const id of writer.scopes) if (this.runs.get(id)?.filled !== true) writer.replace(id).commit('')[Symbol.iterator]().return?.();
  }

  removeCluster(name: string): boolean {
    for (const run of this.#of(name)) this.#drop(run);
    this.#high.delete(name);
    return this.#clusters.delete(name);
  }

  set(cluster: string, namespaces: readonly string[]): void {
    if (!this.#clusters.has(cluster)) throw new InformerOptionsError(`there is no cluster named ${JSON.stringify(cluster)}`);
    const wanted = checkNamespaces(namespaces);
    const all = this.runs.get(scopeId('', cluster));
    if (wanted.has('')) {
      if (all === undefined) this.#widen(cluster);
    } else if (all !== undefined && all.filled) this.#narrow(cluster, all, wanted);
    else {
      if (all !== undefined) this.#drop(all);
      for (const run of this.#of(cluster)) if (!wanted.has(run.scope.namespace)) this.#drop(run);
      for (const namespace of wanted) if (!this.runs.has(scopeId(namespace, cluster))) this.#add(cluster, namespace, {});
    }
  }

  start(): void {
    this.#started = true;
    for (const run of this.runs.values()) run.start();
  }

  async stop(reason: unknown): Promise<void> {
    await Promise.all([...[...this.runs.values()].map((run) => run.stop(reason)), ...this.#ending]);
  }

  /** The scope that a namespace's objects come by. */
  runOf(cluster: string, namespace: string): ScopeRun<T> | undefined {
    const own = this.runs.get(scopeId(namespace, cluster));
    return own ?? this.runs.get(scopeId('', cluster));
  }

  #of(cluster: string): ScopeRun<T>[] {
    return [...this.runs.values()].filter((run) => run.scope.cluster === cluster);
  }

  /** Single namespaces to all: the wide scope is collected until it has seen all that they have, then takes over in one step. */
  #widen(cluster: string): void {
    const absorbed = this.#of(cluster);
    this.#add(
      cluster,
      '',
      absorbed.length === 0
        ? {}
        : {
            notBelow: () => absorbed.reduce((top, run) => newest(top, run.reflector.version), this.#high.get(cluster)?.version ?? ''),
            epochOf: () => Math.max(this.#high.get(cluster)?.epoch ?? 1, ...absorbed.map((run) => run.reflector.epoch)),
            absorbs: () => absorbed.filter((run) => this.runs.get(run.scope.id) === run),
            onAbsorbed: () => {
              for (const run of absorbed) if (this.runs.get(run.scope.id) === run) this.#retire(run);
            },
          },
    );
  }

  /** All to single namespaces: each takes over its objects as they stand, and resumes from the version of the wide scope. */
  #narrow(cluster: string, all: ScopeRun<T>, wanted: ReadonlySet<string>): void {
    const { version, epoch, damaged } = all.reflector;
    this.#retire(all);
    for (const namespace of wanted) {
      const run = this.#add(cluster, namespace, { resume: { version, epoch, damaged } });
      this.#host.writer.move(all.scope.id, run.scope.id, namespace);
    }
    all.clear('scope-removed');
  }

  #add(cluster: string, namespace: string, how: Omit<ScopeRunOptions<T>, 'memory'>): ScopeRun<T> {
    const place = this.#clusters.get(cluster);
    if (place === undefined) throw new InformerOptionsError(`there is no cluster named ${JSON.stringify(cluster)}`);
    const high = this.#high.get(cluster);
    const known = high !== undefined && this.#of(cluster).every((run) => run.reflector.epoch <= high.epoch);
    const run = new ScopeRun<T>(scopeOf(namespace, cluster), place.sourceOf(namespace), this.#host, {
      memory: place.memory,
      ...(known ? { notBelow: () => high.version, epochOf: () => high.epoch } : {}),
      ...how,
    });
    this.runs.set(run.scope.id, run);
    if (this.#started) run.start();
    return run;
  }

  #drop(run: ScopeRun<T>): void {
    this.#retire(run);
    run.clear('scope-removed');
  }

  #remember(run: ScopeRun<T>): void {
    const { version, epoch } = run.reflector;
    if (version === '') return;
    const high = this.#high.get(run.scope.cluster);
    if (high !== undefined && high.epoch > epoch) return;
    this.#high.set(run.scope.cluster, {
      version: high === undefined || high.epoch < epoch ? version : newest(high.version, version),
      epoch,
    });
  }

  #retire(run: ScopeRun<T>): void {
    this.runs.delete(run.scope.id);
    this.#remember(run);
    const ended = run.stop(new InformerStoppedError(`the scope ${run.scope.id} was taken away`));
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
  }
}

function newest(a: string, b: string): string {
  return a === '' || compareResourceVersions(b, a) === 1 ? b : a;
}

function checkNamespaces(namespaces: readonly string[]): Set<string> {
  const wanted = new Set(namespaces);
  if (wanted.has('') && wanted.size > 1) {
    throw new InformerOptionsError(
      `namespaces: '' means all; it cannot stand beside ${[...wanted].filter((name) => name !== '').join(', ')}`,
    );
  }
  return wanted;
}
