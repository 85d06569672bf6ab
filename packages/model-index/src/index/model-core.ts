import { ModelIndexOptionsError } from '../errors.ts';
import { readAnnouncement, type Announcement, type AppModelLike, type ObjectHeader } from '../claims/announcement.ts';
import type { AppAnswer, Freshness, ModelAnswer, ModelEvent, ModelListener, ResolveOptions } from './answer.ts';
import { Claims, type ClaimChange } from '../claims/claims.ts';
import {
  EndpointBook,
  type AllowEndpoint,
  type EndpointsAnswer,
  type IpFamily,
  type ServicePortLike,
  type SliceContent,
} from '../endpoints/endpoint-book.ts';
import { payloadId, type HeldPayload, type PayloadSource } from './payload-source.ts';
import { heldMetadata } from './held-metadata.ts';
import { MetadataNotLoadedError } from './metadata-not-loaded.ts';
import type { Problem } from '../claims/problem.ts';

export interface ModelCoreOptions {
  readonly payloads: PayloadSource;
  /** The zone that this process runs in; prefers endpoints meant for it. */
  readonly zone?: string;
  /** See {@link AllowEndpoint}. */
  readonly allowEndpoint?: AllowEndpoint;
  readonly freshness: (namespace: string) => Freshness;
  /** Told of what a listener throws; the others go on. */
  readonly onListenerError?: (error: unknown) => void;
}

/** Models by the state of their metadata. */
export interface StateCounts {
  readonly current: number;
  readonly stale: number;
  readonly unverified: number;
  readonly missing: number;
  /** Of the metadata that is stale for longest; 0 if none is. */
  readonly oldestStaleMs: number;
}

/**
 * The index without its wiring: state from changes, answers from state. Everything is synchronous, and the answers depend only on
 * the set of objects that stands, never on the order in which it came.
 */
export class ModelCore {
  readonly #options: ModelCoreOptions;
  readonly #claims = new Map<string, Claims>();
  readonly #endpoints: EndpointBook;
  readonly #listeners = new Set<ModelListener>();
  /** Payload id to the announcement that wants it. */
  readonly #wanted = new Map<string, { readonly announcement: Announcement; readonly model: string }>();
  #listenerErrors = 0;
  #changes = 0;
  #revision = 0;
  #standing: readonly Problem[] = [];
  #standingAt = -1;

  constructor(options: ModelCoreOptions) {
    this.#options = options;
    this.#endpoints = new EndpointBook(options.zone, options.allowEndpoint);
  }

  get listenerErrors(): number {
    return this.#listenerErrors;
  }

  /** See {@link EndpointBook.refusals}. */
  get addressesRefused(): number {
    return this.#endpoints.refusals;
  }

  /** How many models were added, updated or removed so far. */
  get changes(): number {
    return this.#changes;
  }

  /** Grows with whatever may change an answer or a problem. */
  get revision(): number {
    return this.#revision;
  }

  /** Models that somebody speaks for, in all namespaces. */
  get modelCount(): number {
    let count = 0;
    for (const claims of this.#claims.values()) count += claims.models.size;
    return count;
  }

  get appCount(): number {
    let count = 0;
    for (const claims of this.#claims.values()) count += claims.apps.size;
    return count;
  }

  setAppModel(header: ObjectHeader, object: AppModelLike): void {
    this.#revision += 1;
    this.#apply(this.#claimsOf(header.namespace).set(readAnnouncement(header, object)));
  }

  /** Whether the AppModel is held in this very version. */
  holds({ namespace, name, uid, version }: ObjectHeader): boolean {
    const held = this.#claims.get(namespace)?.announcements.get(name);
    return held !== undefined && held.uid === uid && held.version !== '' && held.version === version;
  }

  /** Forgets the AppModel, for whatever reason it left. Nothing outside memory is touched. */
  removeAppModel(namespace: string, name: string): void {
    const claims = this.#claims.get(namespace);
    if (claims === undefined) return;
    this.#revision += 1;
    const changes = claims.remove(name);
    if (claims.size === 0) this.#claims.delete(namespace);
    this.#apply(changes);
  }

  /** The AppModels that are known, as namespace and name; a list of its own. */
  appModels(): readonly (readonly [namespace: string, name: string])[] {
    return [...this.#claims].flatMap(([namespace, claims]) => [...claims.announcements.keys()].map((name) => [namespace, name] as const));
  }

  setService(namespace: string, name: string, ports: readonly ServicePortLike[], family?: IpFamily): void {
    this.#endpoints.setService(namespace, name, ports, family);
    this.#endpointsChanged(namespace, [name]);
  }

  removeService(namespace: string, name: string): void {
    this.#endpoints.removeService(namespace, name);
    this.#endpointsChanged(namespace, [name]);
  }

  /** `content` undefined: the slice belongs to no Service (any more). */
  setSlice(namespace: string, name: string, content: SliceContent | undefined): void {
    this.#endpointsChanged(
      namespace,
      content === undefined ? this.#endpoints.removeSlice(namespace, name) : this.#endpoints.setSlice(namespace, name, content),
    );
  }

  removeSlice(namespace: string, name: string): void {
    this.#endpointsChanged(namespace, this.#endpoints.removeSlice(namespace, name));
  }

  /** To be called when what is held for a payload changed. */
  payloadChanged(id: string): void {
    this.#revision += 1;
    const wanted = this.#wanted.get(id);
    if (wanted !== undefined) this.#tell('updated', wanted.announcement, wanted.model, 'metadata');
  }

  /** Undefined: nobody announces the model in the namespace. */
  resolve(namespace: string, model: string, { metadata = true }: ResolveOptions = {}): ModelAnswer | undefined {
    const announcement = this.#claims.get(namespace)?.models.get(model);
    if (announcement === undefined) return undefined;
    return this.#answer(announcement, model, this.#options.freshness(namespace), this.#heldOf(announcement, model, metadata));
  }

  /** As resolve(), but what is evicted is read first. @throws MetadataNotLoadedError */
  async load(namespace: string, model: string, options: { readonly signal?: AbortSignal } = {}): Promise<ModelAnswer | undefined> {
    options.signal?.throwIfAborted();
    const now = this.resolve(namespace, model);
    const { payloads } = this.#options;
    if (now?.payload !== 'evicted' || payloads.load === undefined) return now;
    const id = payloadId(namespace, now.app, model);
    let held: HeldPayload | undefined;
    try {
      held = await payloads.load(id, options.signal);
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      throw new MetadataNotLoadedError(this.resolve(namespace, model, { metadata: false }), namespace, model, error);
    }
    const announcement = this.#claims.get(namespace)?.models.get(model);
    // Another app took the model meanwhile, or nobody has it any more.
    if (announcement === undefined || held === undefined || announcement.app !== now.app) return this.resolve(namespace, model);
    return this.#answer(announcement, model, this.#options.freshness(namespace), held);
  }

  app(namespace: string, app: string): AppAnswer | undefined {
    const claims = this.#claims.get(namespace);
    const announcement = claims?.apps.get(app);
    if (claims === undefined || announcement === undefined) return undefined;
    const endpoints = this.#endpoints.resolve(namespace, announcement.service);
    const models = [...announcement.models.keys()]
      .filter((model) => claims.models.get(model) === announcement)
      .map((model) => {
        const { version, state, staleForMs } = heldMetadata(announcement, model, this.#heldOf(announcement, model, false));
        return { model, version, state, staleForMs };
      });
    return {
      namespace,
      app,
      appVersion: announcement.appVersion,
      appModel: announcement.name,
      models,
      endpoints: endpoints.endpoints,
      freshness: this.#options.freshness(namespace),
      ...detailsOf(endpoints),
    };
  }

  /** The models of a namespace, or of one of its apps; of an app in the order of its list, else by name. */
  models(namespace: string, app?: string): readonly ModelAnswer[] {
    const claims = this.#claims.get(namespace);
    if (claims === undefined) return [];
    const freshness = this.#options.freshness(namespace);
    if (app === undefined) {
      return [...claims.models]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([model, announcement]) => this.#answer(announcement, model, freshness, this.#heldOf(announcement, model, true)));
    }
    const announcement = claims.apps.get(app);
    if (announcement === undefined) return [];
    return [...announcement.models.keys()]
      .filter((model) => claims.models.get(model) === announcement)
      .map((model) => this.#answer(announcement, model, freshness, this.#heldOf(announcement, model, true)));
  }

  apps(namespace: string): readonly AppAnswer[] {
    return this.appNames(namespace).map((name) => this.app(namespace, name) as AppAnswer);
  }

  /** Names of the models of a namespace, sorted. */
  modelNames(namespace: string): readonly string[] {
    return [...(this.#claims.get(namespace)?.models.keys() ?? [])].sort();
  }

  /** Names of the apps of a namespace, sorted. */
  appNames(namespace: string): readonly string[] {
    return [...(this.#claims.get(namespace)?.apps.keys() ?? [])].sort();
  }

  /** How many models are in each state, in all namespaces. */
  states(): StateCounts {
    const counts = { current: 0, stale: 0, unverified: 0, missing: 0, oldestStaleMs: 0 };
    for (const id of this.#wanted.keys()) {
      const held = this.#stateOf(id);
      counts[held?.state ?? 'missing'] += 1;
      counts.oldestStaleMs = Math.max(counts.oldestStaleMs, held?.staleForMs ?? 0);
    }
    return counts;
  }

  /** The namespaces that hold an AppModel, sorted. */
  namespaces(): readonly string[] {
    return [...this.#claims.keys()].sort();
  }

  /** Everything that is wrong at this moment. */
  problems(): readonly Problem[] {
    if (this.#standingAt !== this.#revision) {
      this.#standing = [...this.#standingProblems()];
      this.#standingAt = this.#revision;
    }
    const problems = [...this.#standing];
    for (const id of this.#options.payloads.failing?.() ?? this.#wanted.keys()) {
      const problem = this.#payloadProblem(id);
      if (problem !== undefined) problems.push(problem);
    }
    return problems;
  }

  /** What is wrong with objects, claims and Services; changes with the revision only. */
  *#standingProblems(): IterableIterator<Problem> {
    for (const [namespace, claims] of this.#claims) {
      yield* claims.problems();
      for (const [app, announcement] of claims.apps) {
        const { problem } = this.#endpoints.resolve(namespace, announcement.service);
        // An app without a Service may be metadata only; a Service that was named must be there.
        if (problem !== undefined && (problem.code !== 'ServiceMissing' || announcement.service.explicit)) {
          yield { code: problem.code, namespace, appModel: announcement.name, app, message: problem.message };
        }
      }
    }
  }

  /** That the source is away is no problem of an AppModel: it has a state of its own. */
  #payloadProblem(id: string): Problem | undefined {
    const wanted = this.#wanted.get(id);
    const held = wanted === undefined ? undefined : this.#stateOf(id);
    if (wanted === undefined || held?.reason === undefined || held.away === true) return undefined;
    const { announcement, model } = wanted;
    const app = announcement.app as string;
    return {
      code: held.state === 'missing' ? 'MetadataMissing' : 'MetadataStale',
      namespace: announcement.namespace,
      appModel: announcement.name,
      app,
      model,
      message: `the metadata of the model ${JSON.stringify(model)} of the app ${JSON.stringify(app)} is ${held.state}: ${held.reason}`,
    };
  }

  subscribe(listener: ModelListener): Disposable {
    if (typeof listener !== 'function') throw new ModelIndexOptionsError('subscribe takes a function that is called with each event');
    // A wrapper of its own: one function may be subscribed twice, and each undo takes away its own.
    const own: ModelListener = (event) => listener(event);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  #claimsOf(namespace: string): Claims {
    let claims = this.#claims.get(namespace);
    if (claims === undefined) {
      claims = new Claims(namespace);
      this.#claims.set(namespace, claims);
    }
    return claims;
  }

  #apply(changes: readonly ClaimChange[]): void {
    this.#changes += changes.length;
    for (const { before, after, model } of changes) {
      const oldId = before === undefined ? undefined : payloadId(before.namespace, before.app as string, model);
      const newId = after === undefined ? undefined : payloadId(after.namespace, after.app as string, model);
      if (oldId !== undefined && oldId !== newId) {
        this.#wanted.delete(oldId);
        this.#options.payloads.forget(oldId);
      }
      if (after !== undefined && newId !== undefined) {
        this.#wanted.set(newId, { announcement: after, model });
        const version = after.models.get(model) as string;
        this.#options.payloads.want({ id: newId, namespace: after.namespace, app: after.app as string, model, version });
      }
    }
    for (const { before, after, model } of changes) {
      if (after === undefined) this.#tell('removed', before as Announcement, model, 'announcement');
      else this.#tell(before === undefined ? 'added' : 'updated', after, model, 'announcement');
    }
  }

  #endpointsChanged(namespace: string, services: readonly string[]): void {
    this.#revision += 1;
    if (services.length === 0 || this.#listeners.size === 0) return;
    const claims = this.#claims.get(namespace);
    for (const [model, announcement] of claims?.models ?? []) {
      if (services.includes(announcement.service.name)) this.#tell('updated', announcement, model, 'endpoints');
    }
  }

  #tell(type: ModelEvent['type'], announcement: Announcement, model: string, what: ModelEvent['what']): void {
    if (this.#listeners.size === 0) return;
    const event: ModelEvent = {
      type,
      namespace: announcement.namespace,
      app: announcement.app as string,
      model,
      version: announcement.models.get(model) as string,
      what,
    };
    const failed = (error: unknown): void => {
      this.#listenerErrors += 1;
      this.#options.onListenerError?.(error);
    };
    // Those who listen now: one that a listener adds is told of the next change.
    let left = this.#listeners.size;
    for (const listener of this.#listeners) {
      if (left === 0) return;
      left -= 1;
      try {
        const result: unknown = listener(event);
        if (result instanceof Promise) result.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  /** What is held of a payload, but for itself. */
  #stateOf(id: string): HeldPayload | undefined {
    const { payloads } = this.#options;
    return payloads.state === undefined ? payloads.get(id) : payloads.state(id);
  }

  #heldOf(announcement: Announcement, model: string, metadata: boolean): HeldPayload | undefined {
    const id = payloadId(announcement.namespace, announcement.app as string, model);
    return metadata ? this.#options.payloads.get(id) : this.#stateOf(id);
  }

  #answer(announcement: Announcement, model: string, freshness: Freshness, payloadHeld: HeldPayload | undefined): ModelAnswer {
    const { namespace, appVersion } = announcement;
    const { state, version, staleForMs, payload, evicted, reason } = heldMetadata(announcement, model, payloadHeld);
    const endpoints = this.#endpoints.resolve(namespace, announcement.service);
    const announced = announcement.models.get(model) as string;
    return {
      namespace,
      app: announcement.app as string,
      appVersion,
      model,
      version,
      state,
      staleForMs,
      metadata: payload,
      ...(evicted ? { payload: 'evicted' as const } : {}),
      endpoints: endpoints.endpoints,
      freshness,
      ...(announced === version ? {} : { announcedVersion: announced }),
      ...(reason === undefined ? {} : { reason }),
      ...detailsOf(endpoints),
    };
  }
}

function detailsOf({ appProtocol, service, problem }: EndpointsAnswer): Pick<ModelAnswer, 'appProtocol' | 'service' | 'endpointsProblem'> {
  return {
    ...(appProtocol === undefined ? {} : { appProtocol }),
    ...(service === undefined ? {} : { service }),
    ...(problem === undefined ? {} : { endpointsProblem: problem.message }),
  };
}
