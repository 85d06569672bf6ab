import type { ResourceSource } from '@kubecast/client';
import { compareResourceVersions } from '@kubecast/store';
import type { ScopeId } from '@kubecast/store';
import { InformerOptionsError, InformerStoppedError } from '../errors.ts';
import { checkNamespaces } from './check-namespaces.ts';
import { ScopeRun } from './scope-run.ts';
import type { ScopeHost, ScopeRunOptions } from './scope-run.ts';
import { scopeId, scopeOf } from '../contract/scope.ts';
import { CheckedSource } from '../snapshot/checked-source.ts';
import type { ServerCheck } from '../snapshot/server-check.ts';
import type { RestoredState, SavedServer } from '../snapshot/snapshot.ts';
import type { ServerCapabilities } from '../contract/server-capabilities.ts';

/** What a file says of the form of its objects where its scopes were listed in several: no server shows that form. */
const SEVERAL_FORMS = '?';

export interface Cluster {
  readonly sourceOf: (namespace: string) => ResourceSource;
  readonly capabilities: ServerCapabilities;
  /** Where the informer keeps a file. */
  readonly check?: ServerCheck;
}

/** How far the scopes went that were taken away: one that comes again must not show less. */
interface HighWater {
  /** Emptied where it is found to be a version of another server. */
  version: string;
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
  /** Clusters whose file was found to be of another server. */
  readonly #disowned = new Set<string>();
  readonly #host: ScopeHost<T>;
  readonly #ending = new Set<Promise<void>>();
  /** Scopes of which no complete list stands in the view. */
  readonly #unfilled = new Set<ScopeRun<T>>();
  /** Scopes whose objects come from a file, and were not listed since. */
  readonly #fromFile = new Set<ScopeRun<T>>();
  readonly #sources = new Map<ScopeRun<T>, CheckedSource>();
  #started = false;
  #changes = 0;

  constructor(host: ScopeHost<T>) {
    this.#host = host;
  }

  /** Whether every scope is complete in the view. */
  get filled(): boolean {
    return this.#unfilled.size === 0;
  }

  /** A scope that failed for good before a complete list of it stood in the view: `filled` cannot become true while it is there. */
  get failed(): ScopeRun<T> | undefined {
    for (const run of this.#unfilled) if (run.reflector.failure !== undefined) return run;
    return undefined;
  }

  /** Grows with every scope that comes or goes. */
  get changes(): number {
    return this.#changes;
  }

  addCluster(name: string, cluster: Cluster, namespaces: readonly string[], restored?: RestoredState): void {
    if (this.#clusters.has(name)) throw new InformerOptionsError(`cluster: there is a cluster named ${JSON.stringify(name)} already`);
    const wanted = checkNamespaces('namespaces', namespaces);
    const sources = [...wanted].map((namespace) => [namespace, cluster.sourceOf(namespace)] as const);
    this.#clusters.set(name, cluster);
    for (const [namespace, source] of sources) {
      const version = restored === undefined ? undefined : this.#savedVersion(restored, namespace, name);
      this.#add(
        name,
        namespace,
        version === undefined || restored === undefined ? {} : { resume: { version, epoch: 1, damaged: false, savedAt: restored.savedAt } },
        { source, fromFile: version !== undefined },
      );
    }
  }

  /** A complete list of the scope stands in the view. */
  settled(run: ScopeRun<T>): void {
    this.#unfilled.delete(run);
    this.#fromFile.delete(run);
    this.#sources.get(run)?.committed();
  }

  /** The versions of the scopes that are complete in the view, and lack nothing. */
  versions(): ReadonlyMap<ScopeId, string> {
    const versions = new Map<ScopeId, string>();
    for (const run of this.runs.values()) if (run.filled && !run.reflector.damaged) versions.set(run.scope.id, run.reflector.version);
    return versions;
  }

  /** What a file says of the servers, by cluster. */
  servers(): ReadonlyMap<string, SavedServer> {
    const servers = new Map<string, SavedServer>();
    for (const [name, { check }] of this.#clusters) {
      if (check === undefined) continue;
      const forms = new Set(this.#of(name).flatMap((run) => (run.filled ? [this.#sources.get(run)?.listedUnder] : [])));
      const [form] = forms.size > 1 ? [SEVERAL_FORMS] : forms;
      const server = check.identity;
      servers.set(name, { ...(server === undefined ? {} : { server }), ...(form === undefined || form === '' ? {} : { form }) });
    }
    return servers;
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
    this.#disowned.delete(name);
    return this.#clusters.delete(name);
  }

  set(cluster: string, namespaces: readonly string[]): void {
    const place = this.#clusters.get(cluster);
    if (place === undefined) throw new InformerOptionsError(`cluster: there is no cluster named ${JSON.stringify(cluster)}`);
    const wanted = checkNamespaces('namespaces', namespaces);
    const all = this.runs.get(scopeId('', cluster));
    // A source that cannot be made is told before anything is changed.
    const sources = new Map<string, ResourceSource>();
    for (const name of wanted) if (!this.runs.has(scopeId(name, cluster))) sources.set(name, place.sourceOf(name));
    const source = (name: string): ResourceSource => sources.get(name) ?? place.sourceOf(name);
    if (wanted.has('')) {
      if (all === undefined) this.#widen(cluster, source(''));
    } else if (all !== undefined && all.filled) this.#narrow(cluster, all, wanted, source);
    else {
      if (all !== undefined) this.#drop(all);
      for (const run of this.#of(cluster)) if (!wanted.has(run.scope.namespace)) this.#drop(run);
      const how = this.#notBelowHigh(cluster);
      for (const namespace of wanted)
        if (!this.runs.has(scopeId(namespace, cluster))) this.#add(cluster, namespace, how, { source: source(namespace) });
    }
  }

  start(): void {
    this.#started = true;
    for (const run of this.runs.values()) run.start();
  }

  async stop(reason: unknown): Promise<void> {
    const ending = [...this.runs.values()].map((run) => {
      const ended = run.stop(reason);
      // One that never ran says Stopped as well.
      run.start();
      return ended.then(() => run.stop(reason));
    });
    await Promise.all([...ending, ...this.#ending]);
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
  #widen(cluster: string, source: ResourceSource, absorbed: readonly ScopeRun<T>[] = this.#of(cluster)): void {
    this.#add(
      cluster,
      '',
      absorbed.length === 0
        ? this.#notBelowHigh(cluster)
        : {
            notBelow: () => absorbed.reduce((top, run) => newest(top, run.reflector.version), this.#high.get(cluster)?.version ?? ''),
            epochOf: () => absorbed.reduce((top, run) => Math.max(top, run.reflector.epoch), this.#high.get(cluster)?.epoch ?? 1),
            absorbs: () => absorbed.filter((run) => this.runs.get(run.scope.id) === run),
            onAbsorbed: () => {
              for (const run of absorbed) if (this.runs.get(run.scope.id) === run) this.#retire(run);
            },
          },
      { source },
    );
  }

  /** All to single namespaces: each takes over its objects as they stand, and resumes from the version of the wide scope. */
  #narrow(cluster: string, all: ScopeRun<T>, wanted: ReadonlySet<string>, source: (namespace: string) => ResourceSource): void {
    const { version, epoch, damaged } = all.reflector;
    const fromFile = this.#fromFile.has(all);
    const form = this.#sources.get(all)?.listedUnder;
    this.#retire(all);
    for (const namespace of wanted) {
      const run = this.#add(
        cluster,
        namespace,
        { resume: { version, epoch, damaged } },
        { source: source(namespace), fromFile, ...(form === undefined ? {} : { form }) },
      );
      this.#host.writer.move(all.scope.id, run.scope.id, namespace);
    }
    all.clear('scope-removed');
  }

  /** One that comes again must not show less than those that were taken away. */
  #notBelowHigh(cluster: string): Pick<ScopeRunOptions<T>, 'notBelow' | 'epochOf'> {
    const high = this.#high.get(cluster);
    if (high === undefined || !this.#of(cluster).every((run) => run.reflector.epoch <= high.epoch)) return {};
    return { notBelow: () => high.version, epochOf: () => high.epoch };
  }

  #add(
    cluster: string,
    namespace: string,
    how: Omit<ScopeRunOptions<T>, 'capabilities' | 'doubtful'>,
    from: { readonly source: ResourceSource; readonly fromFile?: boolean; readonly form?: string },
  ): ScopeRun<T> {
    const place = this.#clusters.get(cluster);
    if (place === undefined) throw new InformerOptionsError(`cluster: there is no cluster named ${JSON.stringify(cluster)}`);
    const { check } = place;
    const fromFile = from.fromFile === true;
    const source: ResourceSource | CheckedSource =
      check === undefined
        ? from.source
        : new CheckedSource(from.source, check, this.#host.clock, {
            fromFile,
            form: from.form ?? (fromFile ? check.savedForm : undefined),
            foreign: () => this.#dropForeign(cluster),
            otherForm: (reason) => run.reflector.repair(reason),
          });
    const run: ScopeRun<T> = new ScopeRun<T>(scopeOf(namespace, cluster), source, this.#host, {
      capabilities: place.capabilities,
      ...how,
      ...(check === undefined ? {} : { doubtful: () => this.#fromFile.has(run) && !check.proven }),
    });
    this.runs.set(run.scope.id, run);
    this.#changes += 1;
    if (source instanceof CheckedSource) this.#sources.set(run, source);
    if (!run.filled) this.#unfilled.add(run);
    else if (fromFile) this.#fromFile.add(run);
    if (this.#started) run.start();
    return run;
  }

  /** What came from the file is of another server: it leaves, and its scopes begin as if there had been no file. */
  #dropForeign(cluster: string): void {
    const place = this.#clusters.get(cluster);
    if (place === undefined || this.#disowned.has(cluster)) return;
    this.#disowned.add(cluster);
    place.check?.disown();
    // Versions of another server are no bound for those of this one, neither as the high water nor as what a wide scope takes over.
    const high = this.#high.get(cluster);
    if (high !== undefined) high.version = '';
    this.#high.delete(cluster);
    const foreign = this.#of(cluster).filter((run) => this.#fromFile.has(run));
    const all = this.runs.get(scopeId('', cluster));
    const widens = all !== undefined && !foreign.includes(all);
    if (widens) {
      this.#end(all);
      const stay = this.#of(cluster).filter((run) => !foreign.includes(run));
      this.#widen(cluster, place.sourceOf(''), stay);
    }
    for (const run of foreign) {
      const { namespace } = run.scope;
      let objects = 0;
      for (const entry of this.#host.writer.view.select(run.query)) if (entry !== undefined) objects += 1;
      this.#end(run);
      run.clear('unknown');
      const next = widens ? this.runs.get(scopeId('', cluster)) : this.#add(cluster, namespace, {}, { source: place.sourceOf(namespace) });
      if (next !== undefined) next.reflector.counters.foreign += objects;
      this.#host.onReport(
        {
          kind: 'snapshot-foreign',
          message: `the saved file is of another server; ${objects} objects of it leave the view, and a list follows`,
        },
        run.scope,
      );
    }
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
    this.#remember(run);
    this.#end(run);
  }

  #end(run: ScopeRun<T>): void {
    this.runs.delete(run.scope.id);
    this.#changes += 1;
    this.#unfilled.delete(run);
    this.#fromFile.delete(run);
    this.#sources.delete(run);
    const ended = run.stop(new InformerStoppedError(`the scope ${run.scope.id} was taken away`));
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
  }
}

function newest(a: string, b: string): string {
  return a === '' || compareResourceVersions(b, a) === 1 ? b : a;
}
