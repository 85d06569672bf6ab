import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import type { KubernetesObject, ResourceType } from '@kubecast/crd';
import type { Informer } from '@kubecast/informer';
import type { StatefulMap } from '@kubecast/concurrent-map';
import type { Key } from '@kubecast/store';
import { createShutdown } from '../cli/shutdown.ts';
import type { Controller, WorkOptions } from '../controller/contract.ts';
import { createController } from '../controller/controller.ts';
import type { LeaderElector } from '../election/leader-election.ts';
import { ManagerError, RuntimeOptionsError, StoppedError, SyncTimeoutError } from '../errors.ts';
import type { EventRecorder } from '../events/event-contract.ts';
import { stderrLogger, textOf, type Logger } from '../logging/logger.ts';
import { ToldLog } from '../logging/told-log.ts';
import { controllerCollector, electionCollector, informerCollector } from '../serving/collectors.ts';
import { createMetrics, type Metrics } from '../serving/metrics.ts';
import { awaitedWithin, linkedController } from '../timing/deadline.ts';
import { keyId } from './key-id.ts';
import { ManagedInformers, managedElector, managedEvents } from './manager-parts.ts';
import type { ManagedControllerOptions, ManagedInformerOptions, Manager, ManagerOptions, Runnable } from './manager-options.ts';
import { ManagerReports } from './manager-reports.ts';
import { ManagerServers } from './manager-servers.ts';
import { Preparations } from './preparations.ts';
import { endMissing, isGone } from './state-ends.ts';
import { stopInOrder } from './stop-steps.ts';
import { asWatched, owned, reconciled, type WatchedKind } from './watched-kind.ts';

/** Makes a manager. Nothing is read, opened or started before `run`. @throws RuntimeOptionsError for options that cannot work */
export function createManager(options: ManagerOptions): Manager {
  return new ControllerManager(options);
}

interface Failure {
  readonly error: unknown;
}

const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {} };
/** Events that still wait at the stop are written for so long: they are a courtesy, and the server may be away. */
const MOST_EVENTS_MS = 2_000;
/** A sync that takes longer than this is told with what it waits for. */
const SLOW_SYNC_MS = 10_000;

class ControllerManager implements Manager {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly events: EventRecorder;
  readonly elector: LeaderElector | undefined;
  readonly #o: ManagerOptions;
  readonly #clock: Clock;
  readonly #told: ToldLog;
  readonly #reports: ManagerReports;
  readonly #preparations: Preparations;
  readonly #informers: ManagedInformers;
  readonly #servers: ManagerServers;
  readonly #controllers = new Map<string, Controller<Key>>();
  readonly #runnables: Runnable[] = [];
  /** Called when everything is synced, before a controller works. */
  readonly #kept: (() => Promise<void>)[] = [];
  readonly #ending = new AbortController();
  readonly #stopMs: number;
  #state: Manager['state'] = 'new';
  #ran: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #asked = false;

  constructor(options: ManagerOptions) {
    if (!isRecord(options))
      throw new RuntimeOptionsError('manager: there must be options: createManager({ client: createClient(connection) })');
    const { log, stopDeadlineMs = 10_000, syncTimeoutMs = 0, client, onReport, prepare = [] } = options;
    if (typeof client?.resource !== 'function' || typeof client.close !== 'function')
      throw new RuntimeOptionsError(
        'manager: client must be a client of @kubecast/client: createManager({ client: createClient(connection) })',
      );
    for (const [name, value] of Object.entries({ stopDeadlineMs, syncTimeoutMs }))
      if (!(Number.isFinite(value) && value >= 0))
        throw new RuntimeOptionsError(`manager: ${name} must be a number of milliseconds, 0 or more`);
    if (log !== undefined && log !== false && (['info', 'warn', 'error'] as const).some((level) => typeof log[level] !== 'function'))
      throw new RuntimeOptionsError('manager: log must have info, warn and error, as a pino logger has, or be false');
    if (onReport !== undefined && typeof onReport !== 'function')
      throw new RuntimeOptionsError('manager: onReport must be a function; it is given each report');
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#stopMs = stopDeadlineMs;
    this.log = log === false ? SILENT : (log ?? stderrLogger());
    this.#told = new ToldLog(this.log, this.#clock);
    this.#reports = new ManagerReports(this.#told, onReport);
    this.#preparations = new Preparations(prepare, this.#clock, this.#reports);
    this.#informers = new ManagedInformers(options, this.#clock, this.#reports);
    this.events = managedEvents(options, this.#clock, this.#told);
    this.elector = managedElector(options, this.#clock, this.#reports, stopDeadlineMs / 2);
    this.metrics = createMetrics({
      onError: (error) => this.#told.event('metrics', textOf(error), { level: 'warn', message: 'a source of metrics failed' }),
    });
    this.#collect();
    this.#servers = new ManagerServers(options, {
      clock: this.#clock,
      metrics: this.metrics,
      told: this.#told,
      ready: [
        ...this.#preparations.names.map((name) => [name, () => this.#preparations.trouble(name)] as const),
        ['synced', () => this.#unsynced().join('; ')],
        ...(this.elector === undefined ? [] : [['leader-election', () => this.#leaseTrouble()] as const]),
      ],
      debug: () => ({
        informers: this.#informers.all,
        controllers: [...this.#controllers.values()],
        ...(this.elector === undefined
          ? {}
          : { election: this.elector.isLeader ? `leading, term ${this.elector.term}` : this.elector.reason }),
      }),
    });
  }

  get state(): Manager['state'] {
    return this.#state;
  }

  get urls(): Manager['urls'] {
    return this.#servers.urls;
  }

  informer<T>(type: ResourceType<T>, options: ManagedInformerOptions<T> = {}): Informer<T> {
    if (this.#state === 'stopping' || this.#state === 'stopped') throw new StoppedError('the manager');
    return this.#informers.informer(type, options);
  }

  controller<S = never>(options: ManagedControllerOptions<S>): Controller<Key> {
    if (!isRecord(options)) throw new RuntimeOptionsError('manager.controller: there must be options: { name, for, reconcile }');
    this.#onlyNew('controller', options.name);
    const { for: main, owns = [], watches = [], ...rest } = options;
    if (typeof options.name !== 'string' || options.name === '') throw new RuntimeOptionsError('manager.controller: name must be a text');
    if (this.#controllers.has(options.name))
      throw new RuntimeOptionsError(
        `manager.controller: there is a controller named ${options.name} already; metrics and logs tell controllers by name`,
      );
    if (main === undefined)
      throw new RuntimeOptionsError(`manager.controller ${options.name}: \`for\` must name the kind that is reconciled`);
    const unmapped = watches.some((kind) => typeof kind?.source !== 'function');
    if (unmapped)
      throw new RuntimeOptionsError(
        `manager.controller ${options.name}: \`watches\` takes kinds with a map function: watched(type, { map })`,
      );
    if (typeof options.reconcile !== 'function')
      throw new RuntimeOptionsError(`manager.controller ${options.name}: reconcile must be a function`);
    const mainKind = asWatched(main, (type) => reconciled(type));
    const kinds: readonly WatchedKind[] = [
      mainKind,
      ...owns.map((kind) => asWatched(kind, (type: ResourceType<KubernetesObject>) => owned(type))),
      ...watches,
    ];
    const informers = kinds.map((kind) => this.#informers.informer<unknown>(kind.type, kind.shared));
    const controller = createController<Key, S>({
      ...rest,
      idOf: keyId,
      clock: this.#clock,
      sources: kinds.map((kind, at) => kind.source(informers[at] as Informer<unknown>, mainKind.type)),
      onReport: (report) => this.#reports.report({ type: 'reconcile', controller: options.name, report }),
    });
    this.#controllers.set(options.name, controller);
    if (options.states !== undefined) this.#keeps(controller, options.states, informers[0] as Informer<unknown>);
    this.metrics.add(controllerCollector(controller));
    return controller;
  }

  /** Ends the states of objects that go, and those of objects that went before the manager ran. */
  #keeps<S>(controller: Controller<Key>, states: StatefulMap<S>, informer: Informer<unknown>): void {
    const failed = (error: unknown): void =>
      this.#reports.report({ type: 'reconcile', controller: controller.name, report: { type: 'source-failed', source: 'states', error } });
    informer.handle((delta) => (isGone(delta) ? controller.endState(delta.entry.key, delta.entry.uid) : undefined), {
      name: `states/${controller.name}`,
      onError: failed,
    });
    this.#kept.push(() => endMissing(states, informer, this.#clock).catch(failed));
  }

  add(runnable: Runnable): void {
    if (!isRecord(runnable)) throw new RuntimeOptionsError('manager.add: there must be a runnable: { name, run }');
    this.#onlyNew('runnable', runnable.name);
    if (typeof runnable.name !== 'string' || runnable.name === '') throw new RuntimeOptionsError('manager.add: name must be a text');
    if (typeof runnable.run !== 'function') throw new RuntimeOptionsError(`manager.add: run of ${runnable.name} must be a function`);
    this.#runnables.push(runnable);
  }

  #onlyNew(what: string, name: string): void {
    if (this.#state !== 'new')
      throw new ManagerError(`the ${what} ${name} comes too late: the manager is ${this.#state}; add everything before run`);
  }

  run(signal?: AbortSignal): Promise<void> {
    if (this.#ran !== undefined) return Promise.reject(new ManagerError(`manager.run was called before; the manager is ${this.#state}`));
    if (this.#asked) return Promise.reject(new StoppedError('the manager'));
    this.#ran = this.#run(signal);
    return this.#ran;
  }

  async stop(): Promise<void> {
    this.#asked = true;
    this.#ending.abort(new StoppedError('the manager'));
    if (this.#ran === undefined) this.#closed ??= this.#close(Promise.resolve()).catch(() => {});
    await (this.#ran ?? this.#closed)?.catch(() => {});
  }

  async #run(given: AbortSignal | undefined): Promise<void> {
    const shutdown = given === undefined ? createShutdown() : undefined;
    const signal = given ?? (shutdown as { readonly signal: AbortSignal }).signal;
    const onAbort = (): void => this.#ending.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    let failure: Failure | undefined;
    const worked = this.#work(this.#ending.signal).catch((error: unknown) => {
      if (!this.#ending.signal.aborted) failure = { error };
    });
    try {
      await Promise.race([worked, aborted(this.#ending.signal)]);
      if (failure !== undefined)
        this.#told.say({
          level: 'error',
          message: 'the manager stops, since a part of it failed',
          fields: { reason: textOf((failure as Failure).error) },
        });
      this.#ending.abort(new StoppedError('the manager'));
      await this.#close(worked).catch((error: unknown) => {
        // What failed first is what `run` rejects with.
        if (failure === undefined) throw error;
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      shutdown?.[Symbol.dispose]();
    }
    if (failure !== undefined) throw (failure as Failure).error;
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#state = 'starting';
    if (signal.aborted) return;
    await this.#servers.listen();
    this.#reports.report({ type: 'listening', urls: { ...this.urls } });
    if (signal.aborted) return;
    await this.#becomeReady(signal);
    this.#state = 'running';
    const { elector } = this;
    const controllers = [...this.#controllers.values()];
    const always = this.#runnables.filter((runnable) => runnable.whenLeading !== true);
    const leading = this.#runnables.filter((runnable) => runnable.whenLeading === true);
    const lead = (mine: AbortSignal, leadership: WorkOptions): Promise<void> =>
      together(mine, [
        ...controllers.map((controller) => (own: AbortSignal) => controller.work(own, leadership)),
        ...leading.map((runnable) => (own: AbortSignal) => runnable.run(own)),
        aborted,
      ]);
    await together(signal, [
      (own) =>
        elector === undefined
          ? lead(own, {})
          : elector.run((leadership) => lead(leadership.signal, { term: leadership.term, check: () => leadership.check() }), own),
      ...always.map((runnable) => (own: AbortSignal) => runnable.run(own)),
    ]);
  }

  /** Prepares and syncs, both within `syncTimeoutMs`. */
  async #becomeReady(signal: AbortSignal): Promise<void> {
    const { syncTimeoutMs = 0 } = this.#o;
    const late = (): Error => new SyncTimeoutError(`the manager was not synced within ${syncTimeoutMs} ms`, this.#waitingFor());
    await awaitedWithin(this.#clock, { ms: syncTimeoutMs === 0 ? Infinity : syncTimeoutMs, signal, late }, async (own) => {
      this.#state = 'preparing';
      await this.#preparations.run(own);
      own.throwIfAborted();
      this.#state = 'syncing';
      const began = this.#clock.now();
      this.#informers.start();
      for (const controller of this.#controllers.values()) controller.start();
      await this.#synced(own);
      for (const endMissingStates of this.#kept) await endMissingStates();
      this.#reports.report({
        type: 'synced',
        ms: Math.round(this.#clock.now() - began),
        controllers: [...this.#controllers.keys()],
      });
    });
  }

  async #synced(signal: AbortSignal): Promise<void> {
    const everything = [
      ...Array.from(this.#controllers.values(), (controller) => controller.whenSynced(signal)),
      ...this.#informers.all.map(({ informer }) => informer.whenSynced(signal)),
    ];
    const subject = 'sync';
    const line = { level: 'warn', message: 'not synced yet' } as const;
    this.#told.state(subject, this.#waitingFor().join('; ') || 'waiting', line, { delayMs: SLOW_SYNC_MS });
    try {
      await Promise.all(everything);
    } finally {
      this.#told.state(subject, '', line);
      for (const one of everything) one.catch(() => {});
    }
  }

  /** What keeps the manager from being ready, in words. */
  #waitingFor(): readonly string[] {
    const preparing = this.#preparations.troubles;
    return preparing.length > 0 ? preparing : this.#unsynced();
  }

  #unsynced(): readonly string[] {
    const waiting = Array.from(this.#controllers.values(), (controller) => controller.waitingFor).filter((text) => text !== '');
    const unsynced = this.#informers.all.filter(({ informer }) => !informer.hasSynced).map(({ resource }) => `${resource} is not synced`);
    return [...waiting, ...unsynced];
  }

  /** A standby is ready: another leads. Only a Lease that cannot be had is a fault. */
  #leaseTrouble(): string {
    const reason = this.elector?.reason ?? '';
    return reason.includes('cannot be had') ? reason : '';
  }

  async #close(worked: Promise<void>): Promise<void> {
    this.#state = 'stopping';
    this.#servers.turnUnready('the manager is stopping');
    const left: string[] = [];
    try {
      await stopInOrder(
        this.#clock,
        this.#stopMs,
        [
          { what: 'preparations, reconciles, runnables and the election', run: () => worked },
          {
            what: 'controllers',
            run: async (leftMs) => {
              for (const controller of this.#controllers.values()) {
                const { abandoned } = await controller.stop({ deadlineMs: leftMs });
                if (abandoned.length > 0) left.push(`${controller.name} ${abandoned.length}`);
              }
            },
          },
          { what: 'informers', run: () => this.#informers.stop() },
          { what: 'events', run: (leftMs) => this.events.stop({ deadlineMs: Math.min(leftMs / 2, MOST_EVENTS_MS) }) },
          { what: 'servers', run: () => this.#servers.stop() },
          { what: 'the client', run: () => (this.#o.closeClient === false ? undefined : this.#o.client.close()) },
        ],
        (what, error) => this.#told.say({ level: 'error', message: `stopping ${what} failed`, fields: { reason: textOf(error) } }),
      );
    } finally {
      this.#state = 'stopped';
      this.#told.say({ level: 'info', message: 'stopped', ...(left.length === 0 ? {} : { fields: { keysLeft: left.join(', ') } }) });
      this.#told.stop();
    }
  }

  #collect(): void {
    const { elector, events } = this;
    this.metrics.add(() => this.#informers.all.flatMap(({ resource, informer }) => [...informerCollector(resource, informer)()]));
    this.metrics.addCounters('kubecast_runtime_events', () => events.counters);
    if (elector !== undefined && this.#o.election !== undefined)
      this.metrics.add(electionCollector(elector, `${this.#o.election.namespace}/${this.#o.election.name}`));
  }
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Runs tasks side by side; when one fails the others are told, and awaited before its error is thrown. */
async function together(signal: AbortSignal, tasks: readonly ((signal: AbortSignal) => Promise<void>)[]): Promise<void> {
  const { controller, unlink } = linkedController(signal);
  let failure: { readonly error: unknown } | undefined;
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(controller.signal);
      } catch (error) {
        // What is thrown because of the signal is no failure.
        if (!controller.signal.aborted) failure ??= { error };
        controller.abort(new StoppedError('the manager'));
      }
    }),
  );
  unlink();
  if (failure !== undefined) throw failure.error;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
