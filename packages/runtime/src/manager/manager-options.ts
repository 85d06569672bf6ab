import type { Clock } from '@kubecast/clock';
import type { KubernetesClient } from '@kubecast/client';
import type { ResourceType } from '@kubecast/crd';
import type { Informer, SharedOptions } from '@kubecast/informer';
import type { Key } from '@kubecast/store';
import type { Controller, ControllerOptions } from '../controller/contract.ts';
import type { LeaderElectionOptions, LeaderElector } from '../election/leader-election.ts';
import type { EventRecorder } from '../events/event-contract.ts';
import type { Logger } from '../logging/logger.ts';
import type { HealthCheck } from '../serving/health-checks.ts';
import type { Metrics } from '../serving/metrics.ts';
import type { ManagerReport } from './manager-reports.ts';
import type { Preparation } from './preparations.ts';
import type { WatchedKind } from './watched-kind.ts';

/** What a manager uses of a client; `createClient` of `@kubecast/client` makes one. */
export type ManagerClient = Pick<KubernetesClient, 'resource' | 'close'>;

export interface Listening {
  /** Default 127.0.0.1; 0.0.0.0 for a kubelet or Prometheus in a cluster. */
  readonly host?: string;
  /** 0: a free one; `manager.urls` tells it. */
  readonly port: number;
}

export interface ManagerOptions {
  readonly client: ManagerClient;
  /** Names the program in events (`reportingController`): a qualified name, as example.com/my-controller. Default kubecast-manager. */
  readonly name?: string;
  /** The namespaces of all informers that name none. Default: all. */
  readonly namespaces?: readonly string[];
  /** Reconciles and what is added with `whenLeading` run only while this process holds the Lease. Default: no election. */
  readonly election?: { readonly namespace: string; readonly name: string; readonly identity?: string } & Pick<
    LeaderElectionOptions,
    'leaseMs' | 'retryMs' | 'marginMs' | 'requestMs' | 'release'
  >;
  /** /livez, /readyz, and /metrics unless `metrics` has a port of its own. Default: no server. */
  readonly health?: Listening & { readonly live?: readonly HealthCheck[]; readonly ready?: readonly HealthCheck[] };
  readonly metrics?: Listening;
  /** A page for people that shows scopes and queues. Default: none. Only a loopback address is taken. */
  readonly debug?: Listening;
  /** Default: lines of JSON on standard error. A pino logger is one; false: nothing is told. */
  readonly log?: Logger | false;
  /**
   * Told of each thing before the log tells it. True: the program told it, and the log does not. For lines in the program's own words, and for counting. What
   * it throws is ignored. It must not wait.
   */
  readonly onReport?: (report: ManagerReport) => boolean | void;
  /** Steps between the opening of the servers and the start of the informers, one after the other. Default: none. */
  readonly prepare?: readonly Preparation[];
  /** Milliseconds for the stop. What has not ended then is named by StopTimeoutError. Default 10,000. */
  readonly stopDeadlineMs?: number;
  /** Milliseconds until everything must be prepared and synced, else `run` rejects with SyncTimeoutError. Default 0: wait. */
  readonly syncTimeoutMs?: number;
  /** Whether the stop closes the client. Default true: the manager owns it. */
  readonly closeClient?: boolean;
  readonly clock?: Clock;
}

export interface ManagedInformerOptions<T> extends SharedOptions<T> {
  /** Names the informer in metrics, the log and the debug page. Of equal informers the first one's name counts. Default: `plural.group`. */
  readonly name?: string;
}

/** A controller whose keys are those of Kubernetes objects. */
export interface ManagedControllerOptions<S = never> extends Omit<
  ControllerOptions<Key, S>,
  'idOf' | 'sources' | 'clock' | 'onReport' | 'syncTimeoutMs'
> {
  /** The kind whose objects are reconciled: a type, or `reconciled(type, options)`. */
  readonly for: ResourceType | WatchedKind;
  /** Kinds that it makes: a type, or `owned(type, options)`. A change of one runs its owner. */
  readonly owns?: readonly (ResourceType | WatchedKind)[];
  /** Kinds that concern it otherwise: `watched(type, { map })`. */
  readonly watches?: readonly WatchedKind[];
}

/** Something else that runs as long as the manager. */
export interface Runnable {
  readonly name: string;
  /** Runs until the signal is aborted. If it rejects, the manager stops, and `run` rejects with its error. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Only while this process leads; it is begun again with each leadership. Default false: from when everything is synced. */
  readonly whenLeading?: boolean;
}

/**
 * Owns everything that a program of controllers needs, starts it in order, and stops it in order, so that the process ends.
 *
 * Start: servers, preparations, informers, sync, then the election, and controllers and runnables with the leadership. Stop: /readyz turns, the signals of
 * reconciles are aborted and the reconciles awaited while the Lease is still renewed, the Lease is given up, informers, events, servers, client.
 */
export interface Manager {
  /** An informer of the manager's factory: equal ones share one watch. It is started with the manager, or now if the manager runs. */
  informer<T>(type: ResourceType<T>, options?: ManagedInformerOptions<T>): Informer<T>;
  /** Adds a controller. @throws ManagerError after `run` was called; RuntimeOptionsError for a name that is taken */
  controller<S = never>(options: ManagedControllerOptions<S>): Controller<Key>;
  /** Adds something else. @throws ManagerError after `run` was called */
  add(runnable: Runnable): void;
  /**
   * Runs until the signal is aborted (default: until SIGINT or SIGTERM), or `stop` is called, or a part fails. Resolves after an orderly stop, with
   * nothing left that holds the process; rejects, after the same stop, with what failed. Once. A signal that is aborted already starts nothing.
   *
   * @throws ManagerError if it was called before; StoppedError after `stop`
   */
  run(signal?: AbortSignal): Promise<void>;
  /**
   * Ends `run` and resolves when all has ended. Before `run` it closes what was made. Idempotent; never rejects. A reconcile or a runnable may call it but
   * must not await it: the stop waits for them.
   */
  stop(): Promise<void>;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly elector: LeaderElector | undefined;
  readonly log: Logger;
  readonly state: 'new' | 'starting' | 'preparing' | 'syncing' | 'running' | 'stopping' | 'stopped';
  /** Where the servers listen; '' where none does. */
  readonly urls: { readonly health: string; readonly metrics: string; readonly debug: string };
}
