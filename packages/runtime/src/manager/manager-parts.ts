import { hostname } from 'node:os';
import type { Clock } from '@kubecast/clock';
import { eventType, leaseType, type Event, type Lease, type ResourceType } from '@kubecast/crd';
import { createInformerFactory, type Informer, type InformerFactory, type SharedOptions } from '@kubecast/informer';
import { eventSink, leaseLock } from '../client-adapters.ts';
import { createLeaderElector, type LeaderElector } from '../election/leader-election.ts';
import { RuntimeOptionsError } from '../errors.ts';
import type { EventRecorder } from '../events/event-contract.ts';
import { createEventRecorder } from '../events/event-recorder.ts';
import type { ToldLog } from '../logging/told-log.ts';
import { textOf } from '../logging/logger.ts';
import type { DebugInformer } from '../serving/debug-page.ts';
import type { ManagedInformerOptions, ManagerOptions } from './manager-options.ts';
import type { ManagerReports } from './manager-reports.ts';
import { resourceName, sharedPart } from './watched-kind.ts';

/** The informers of one manager: shared, observed, and told of in the log. */
export class ManagedInformers {
  readonly #factory: InformerFactory;
  readonly #reports: ManagerReports;
  readonly #namespaces: readonly string[] | undefined;
  readonly #keepsEvents: boolean;
  readonly #known = new Map<string, DebugInformer & { readonly informer: Informer<unknown> }>();
  #running = false;

  constructor(options: ManagerOptions, clock: Clock, reports: ManagerReports) {
    this.#factory = createInformerFactory({
      client: options.client,
      clock,
      onReport: (report, scope) => reports.report({ type: 'reflector', report, scope }),
    });
    this.#reports = reports;
    this.#namespaces = options.namespaces;
    this.#keepsEvents = options.debug !== undefined;
  }

  get all(): readonly (DebugInformer & { readonly informer: Informer<unknown> })[] {
    return [...this.#known.values()];
  }

  informer<T>(type: ResourceType<T>, options: ManagedInformerOptions<T> = {}): Informer<T> {
    const { name } = options;
    if (name !== undefined && (typeof name !== 'string' || name === ''))
      throw new RuntimeOptionsError('manager.informer: name must be a text; it names the informer in metrics and the log');
    const given: SharedOptions<unknown> = {
      ...(this.#namespaces === undefined || type.scope === 'Cluster' ? {} : { namespaces: this.#namespaces }),
      ...sharedPart(options),
    };
    // The same namespaces in another order, or one of them twice, are the same scopes: one informer.
    const shared: SharedOptions<unknown> = Array.isArray(given.namespaces)
      ? { ...given, namespaces: [...new Set(given.namespaces)].sort((a, b) => (a < b ? -1 : 1)) }
      : given;
    this.#observe(type as ResourceType, shared, name ?? resourceName(type));
    const informer = this.#factory.informer<T>(type, shared as SharedOptions<T>);
    if (this.#running) informer.start();
    return informer;
  }

  /** Starts all informers; those that come later start at once. */
  start(): void {
    this.#running = true;
    for (const { informer } of this.#known.values()) informer.start();
  }

  stop(): Promise<void> {
    return this.#factory.stop();
  }

  #observe(type: ResourceType, shared: SharedOptions<unknown>, base: string): void {
    const key = JSON.stringify([type.group, type.version, type.plural, shared]);
    if (this.#known.has(key)) return;
    const informer = this.#factory.informer<unknown>(type, shared);
    const taken = new Set(Array.from(this.#known.values(), (known) => known.resource));
    let resource = base;
    for (let number = 2; taken.has(resource); number += 1) resource = `${base}#${number}`;
    const events: string[] = [];
    const note = (text: string): void => {
      events.push(`${new Date().toISOString()} ${text}`);
      if (events.length > 20) events.shift();
    };
    informer.onStatus((status) => {
      note(
        `${status.namespace === '' ? 'all namespaces' : status.namespace}: ${status.state}${status.reason === '' ? '' : `, ${status.reason}`}`,
      );
      this.#reports.report({ type: 'scope', resource, status });
    });
    if (this.#keepsEvents)
      informer.handle(
        (delta) => {
          if (delta.origin !== 'initial') note(`${delta.type} ${delta.entry.key.namespace}/${delta.entry.key.name} (${delta.origin})`);
        },
        { name: 'debug', workers: 1 },
      );
    this.#known.set(key, { resource, informer, events });
    if (this.#running) informer.start();
  }
}

export function managedEvents(options: ManagerOptions, clock: Clock, told: ToldLog): EventRecorder {
  return createEventRecorder({
    sink: eventSink(options.client.resource<typeof eventType, Event>(eventType)),
    controller: options.name ?? 'kubecast-manager',
    instance: hostname() || 'unknown',
    clock,
    onError: (error) =>
      told.event('events', textOf(error), {
        level: 'warn',
        message: 'an event could not be recorded; events need create and patch on events.events.k8s.io',
      }),
  });
}

export function managedElector(options: ManagerOptions, clock: Clock, reports: ManagerReports, graceMs: number): LeaderElector | undefined {
  if (options.election === undefined) return undefined;
  const { namespace, name, identity, ...rest } = options.election;
  for (const [option, text] of Object.entries({ namespace, name }))
    if (typeof text !== 'string') throw new RuntimeOptionsError(`manager: election.${option} must be a text; it names the Lease`);
  const lock = leaseLock(options.client.resource<typeof leaseType, Lease>(leaseType), namespace, name);
  return createLeaderElector({
    ...rest,
    lock,
    identity: identity ?? `${hostname() || 'unknown'}_${globalThis.crypto.randomUUID()}`,
    clock,
    graceMs,
    onReport: (report) => reports.report({ type: 'election', lease: lock.name, report }),
  });
}
