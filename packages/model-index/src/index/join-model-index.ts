import type { Service } from '@kubecast/crd';
import type { Delta, Informer } from '@kubecast/informer';
import { systemClock, type Clock } from '@kubecast/clock';
import { type Entry } from '@kubecast/store';
import type { AppModelLike, ObjectHeader } from '../claims/announcement.ts';
import type { AppAnswer, Freshness, ModelAnswer, ModelListener, ResolveOptions } from './answer.ts';
import { ModelIndexStoppedError } from '../errors.ts';
import { ModelCore, type StateCounts } from './model-core.ts';
import type {
  EndpointsSource,
  ModelIndex,
  ModelIndexCounters,
  ModelIndexParts,
  ModelIndexSettings,
  RedisStatus,
  SourceStatus,
} from './model-index.ts';
import type { Problem } from '../claims/problem.ts';
import {
  readEndpoints,
  readServiceFamily,
  readServicePorts,
  readSlice,
  type EndpointsLike,
  type EndpointSliceLike,
} from '../endpoints/read-endpoints.ts';

/** Joins the parts to an index. No I/O before `start`. */
export function joinModelIndex(parts: ModelIndexParts, settings: ModelIndexSettings = {}): ModelIndex {
  return new JoinedModelIndex(parts, settings);
}

class JoinedModelIndex implements ModelIndex {
  readonly #parts: ModelIndexParts;
  readonly #settings: ModelIndexSettings;
  readonly #clock: Clock;
  readonly #core: ModelCore;
  readonly #undo: Disposable[] = [];
  readonly #ending = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  readonly #counters = { resyncs: 0, resyncRepairs: 0, deltas: 0, undecodable: 0 };
  #endpoints: EndpointsSource | undefined;
  #endpointsTrouble = '';
  #hasRoutes = false;
  #hasSynced = false;
  #started = false;
  #stopped: Promise<void> | undefined;

  constructor(parts: ModelIndexParts, settings: ModelIndexSettings) {
    this.#parts = parts;
    this.#settings = settings;
    this.#clock = settings.clock ?? systemClock;
    this.#core = new ModelCore({
      payloads: parts.payloads,
      freshness: (namespace) => this.freshness(namespace),
      ...(settings.zone === undefined ? {} : { zone: settings.zone }),
      ...(settings.allowEndpoint === undefined ? {} : { allowEndpoint: settings.allowEndpoint }),
      ...(settings.onError === undefined ? {} : { onListenerError: settings.onError }),
    });
    this.#synced.promise.catch(() => {}); // Nobody need wait for it.
  }

  get hasRoutes(): boolean {
    return this.#hasRoutes;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get counters(): ModelIndexCounters {
    return { ...this.#counters, listenerErrors: this.#core.listenerErrors, addressesRefused: this.#core.addressesRefused };
  }

  get modelCount(): number {
    return this.#core.modelCount;
  }

  get appCount(): number {
    return this.#core.appCount;
  }

  get revision(): number {
    return this.#core.revision;
  }

  resolve(namespace: string, model: string, options?: ResolveOptions): ModelAnswer | undefined {
    return this.#core.resolve(namespace, model, options);
  }

  load(namespace: string, model: string, options?: { readonly signal?: AbortSignal }): Promise<ModelAnswer | undefined> {
    return this.#core.load(namespace, model, options);
  }

  app(namespace: string, app: string): AppAnswer | undefined {
    return this.#core.app(namespace, app);
  }

  models(namespace: string, app?: string): readonly ModelAnswer[] {
    return this.#core.models(namespace, app);
  }

  apps(namespace: string): readonly AppAnswer[] {
    return this.#core.apps(namespace);
  }

  namespaces(): readonly string[] {
    return this.#core.namespaces();
  }

  modelNames(namespace: string): readonly string[] {
    return this.#core.modelNames(namespace);
  }

  appNames(namespace: string): readonly string[] {
    return this.#core.appNames(namespace);
  }

  states(): StateCounts {
    return this.#core.states();
  }

  problems(): readonly Problem[] {
    return this.#core.problems();
  }

  subscribe(listener: ModelListener): Disposable {
    return this.#core.subscribe(listener);
  }

  async whenSynced(signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return this.#synced.promise;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  freshness(namespace: string): Freshness {
    const scopes = this.#parts.appModels.scopes();
    const scope =
      scopes.find((candidate) => candidate.namespace === namespace) ?? scopes.find((candidate) => candidate.namespace === '') ?? scopes[0];
    return { resourceVersion: scope?.resourceVersion ?? '', ageMs: Math.round(scope?.ageMs ?? Infinity) };
  }

  sources(): readonly SourceStatus[] {
    const { appModels, services } = this.#parts;
    const endpoints = this.#endpoints;
    return [
      ...statuses('AppModel', appModels),
      ...statuses('Service', services),
      ...(endpoints === undefined
        ? [
            {
              kind: 'EndpointSlice' as const,
              namespace: appModels.scopes()[0]?.namespace ?? '',
              state: this.#endpointsTrouble === '' ? ('Idle' as const) : ('BackingOff' as const),
              reason: this.#endpointsTrouble,
              synced: false,
              resourceVersion: '',
              ageMs: Infinity,
              epoch: 0,
            },
          ]
        : statuses(endpoints.kind, endpoints.informer)),
    ];
  }

  informers(): readonly { readonly resource: string; readonly informer: Pick<Informer<unknown>, 'view' | 'scopes'> }[] {
    const { appModels, services } = this.#parts;
    const endpoints = this.#endpoints;
    return [
      { resource: 'appmodels', informer: appModels },
      { resource: 'services', informer: services },
      ...(endpoints === undefined
        ? []
        : [{ resource: endpoints.kind === 'EndpointSlice' ? 'endpointslices' : 'endpoints', informer: endpoints.informer }]),
    ];
  }

  redis(): RedisStatus | undefined {
    return this.#parts.redis?.();
  }

  start(): void {
    if (this.#started || this.#stopped !== undefined) return;
    this.#started = true;
    this.#parts.open?.();
    const { appModels, services, payloads } = this.#parts;
    this.#undo.push(payloads.onChange((id) => this.#core.payloadChanged(id)));
    const handled = [
      this.#watch(appModels, 'appmodels', (delta) => this.#takeAppModel(delta)),
      this.#watch(services, 'services', (delta) => this.#takeService(delta)),
      this.#watchEndpoints(),
    ];
    void this.#settle(Promise.all(handled));
    void this.#resyncForEver();
  }

  /** Hands each delta to the core; resolves when everything that stood at the start is in it. */
  #watch<T>(informer: Informer<T>, name: string, take: (delta: Delta<T>) => void): Promise<unknown> {
    const handler = informer.handle(
      (delta) => {
        this.#counters.deltas += 1;
        take(delta);
      },
      {
        name: `model-index/${name}`,
        resyncMs: 0,
        // The core is synchronous: more workers would only reorder.
        workers: 1,
        buffer: 65_536,
        onError: (error) => {
          this.#counters.undecodable += 1;
          this.#settings.onError?.(error);
        },
      },
    );
    this.#undo.push(handler);
    informer.start();
    return Promise.all([informer.whenSynced(this.#ending.signal), handler.synced]);
  }

  async #watchEndpoints(): Promise<void> {
    const { endpoints } = this.#parts;
    const { signal } = this.#ending;
    const chosen =
      typeof endpoints === 'function'
        ? await endpoints(signal, (reason) => {
            this.#endpointsTrouble = reason;
          })
        : endpoints;
    if (signal.aborted) {
      await chosen.informer.stop();
      return;
    }
    this.#endpoints = chosen;
    await (chosen.kind === 'EndpointSlice'
      ? this.#watch(chosen.informer, 'endpointslices', (delta) => this.#takeSlice(delta))
      : this.#watch(chosen.informer, 'endpoints', (delta) => this.#takeEndpoints(delta)));
  }

  async #settle(handled: Promise<unknown>): Promise<void> {
    try {
      const { signal } = this.#ending;
      await handled;
      if (signal.aborted) return;
      this.#hasRoutes = true;
      await this.#parts.payloads.settled(signal);
      if (signal.aborted) return;
      this.#hasSynced = true;
      this.#synced.resolve();
    } catch (error) {
      this.#synced.reject(error);
    }
  }

  async #resyncForEver(): Promise<void> {
    const period = this.#settings.resyncMs ?? 300_000;
    if (period <= 0) return;
    try {
      for (;;) {
        await this.#clock.sleep(period * (0.95 + this.#clock.random() * 0.1), this.#ending.signal);
        this.resync();
      }
    } catch {
      // Stopped.
    }
  }

  resync(): void {
    const { appModels, payloads } = this.#parts;
    this.#counters.resyncs += 1;
    if (appModels.hasSynced) {
      const before = this.#core.changes;
      const standing = new Map<string, Set<string>>();
      for (const entry of appModels.view.select()) {
        const names = standing.get(entry.key.namespace);
        if (names === undefined) standing.set(entry.key.namespace, new Set([entry.key.name]));
        else names.add(entry.key.name);
        // Objects that are held in their version are not parsed again.
        if (this.#core.holds(headerOf(entry))) continue;
        try {
          this.#set(entry);
        } catch (error) {
          this.#settings.onError?.(error);
        }
      }
      for (const [namespace, name] of this.#core.appModels()) {
        if (standing.get(namespace)?.has(name) !== true) this.#core.removeAppModel(namespace, name);
      }
      this.#counters.resyncRepairs += this.#core.changes - before;
    }
    payloads.resync();
  }

  #takeAppModel({ type, entry }: Delta<AppModelLike>): void {
    if (type === 'deleted') this.#core.removeAppModel(entry.key.namespace, entry.key.name);
    else this.#set(entry);
  }

  #set(entry: Entry<AppModelLike>): void {
    const { announce } = this.#parts;
    const object = entry.value as AppModelLike;
    this.#core.setAppModel(headerOf(entry), announce === undefined ? object : announce(object));
  }

  #takeService({ type, entry }: Delta<Service>): void {
    const { namespace, name } = entry.key;
    if (type === 'deleted') this.#core.removeService(namespace, name);
    else this.#core.setService(namespace, name, readServicePorts(entry.value), readServiceFamily(entry.value));
  }

  #takeSlice({ type, entry }: Delta<EndpointSliceLike>): void {
    const { namespace, name } = entry.key;
    if (type === 'deleted') this.#core.removeSlice(namespace, name);
    else this.#core.setSlice(namespace, name, readSlice(entry.labels, entry.value as EndpointSliceLike));
  }

  #takeEndpoints({ type, entry }: Delta<EndpointsLike>): void {
    const { namespace, name } = entry.key;
    if (type === 'deleted') this.#core.removeSlice(namespace, name);
    else this.#core.setSlice(namespace, name, readEndpoints(name, entry.value as EndpointsLike));
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    const stopped = new ModelIndexStoppedError();
    this.#ending.abort(stopped);
    this.#synced.reject(stopped);
    for (const undo of this.#undo.splice(0)) undo[Symbol.dispose]();
    const { appModels, services, close } = this.#parts;
    await Promise.all([appModels.stop(), services.stop(), this.#endpoints?.informer.stop()]);
    await close?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function headerOf({ key, uid, version, created }: Entry<AppModelLike>): ObjectHeader {
  return { namespace: key.namespace, name: key.name, uid, version, created };
}

function statuses(kind: SourceStatus['kind'], informer: Pick<Informer<unknown>, 'scopes'>): SourceStatus[] {
  return informer.scopes().map(({ namespace, state, reason, synced, resourceVersion, ageMs, epoch }) => ({
    kind,
    namespace,
    state,
    reason,
    synced,
    resourceVersion,
    ageMs,
    epoch,
  }));
}
