import { connectionFromDefaults, createClient, isInCluster } from '@kubecast/client';
import { systemClock } from '@kubecast/clock';
import { appModel, type AppModel } from '@kubecast/crd';
import { createValuePublisher, type ValuePublisher, readRedisConfig } from '@kubecast/redis-loader';
import {
  createFinalizer,
  createManager,
  createRateLimiter,
  kubeconfigOf,
  objectAccess,
  reconciled,
  type HealthCheck,
  type Manager,
  type ManagerOptions,
  type Shutdown,
} from '@kubecast/runtime';
import { andSelectors, parseLabelSelector } from '@kubecast/store';
import { addControllerMetrics } from './controller-metrics.ts';
import { ControllerError, messageOf } from './errors.ts';
import type { RunFlags } from './flags.ts';
import type { Log } from './log.ts';
import { AppModelReconciler } from './reconcile/app-model-reconciler.ts';
import { crdApi, installCrd } from './reconcile/install-crd.ts';
import { finalizerName } from './reconcile/value-retention.ts';
import { tellInOwnWords } from './tell-reports.ts';

const leaseName = 'kubecast-controller';
/** Reconciles that are under way get half of it at a stop. */
const STOP_MS = 16_000;
const clock = systemClock;

/**
 * Runs the controller until the shutdown's signal is aborted, and returns 0 after the stop. Throws what keeps the controller from its work, with a message for
 * people.
 */
export async function runController(flags: RunFlags, log: Log, shutdown: Shutdown): Promise<number> {
  const connection = await connectionFromDefaults(kubeconfigOf(flags));
  const namespace = flags.namespace ?? connection.namespace;
  const client = createClient(connection, { userAgent: 'kubecast-controller', onWarning: (text, request) => log.warn({ request }, text) });
  const values = createValuePublisher({
    redis: flags.redisConfig === undefined ? flags.redisUrl : readRedisConfig(flags.redisConfig),
    keyTemplate: flags.keyTemplate,
    connectionName: 'kubecast-controller',
  });
  let crdState = 'the CRD was not looked at yet';
  const manager = createManager({
    client,
    clock,
    log,
    name: 'iidp.com/kubecast-controller',
    namespaces: [namespace],
    stopDeadlineMs: STOP_MS,
    syncTimeoutMs: flags.syncTimeoutMs,
    health: {
      host: flags.healthHost ?? (isInCluster() ? '0.0.0.0' : '127.0.0.1'),
      port: flags.healthPort,
      ready: [checkOf('appmodels', () => controller.waitingFor), checkOf('redis', () => redisTrouble(values.status))],
    },
    ...electionOf(flags, connection.namespace),
    prepare: [
      {
        name: 'crd',
        run: ({ signal, waitingFor }) =>
          installCrd(crdApi(client), {
            clock,
            log,
            signal,
            onState: (state) => {
              crdState = state;
              waitingFor(state);
            },
          }),
      },
    ],
    onReport: tellInOwnWords(log, {
      listening: { namespace, server: connection.server, selector: flags.selector, redisRetention: flags.redisRetention },
      synced: () => ({ appModels: informer.view.size }),
    }),
  });
  const appModels = client.resource<typeof appModel, AppModel>(appModel);
  const informer = manager.informer<AppModel>(appModel, { name: 'appmodels' });
  const reconciler = new AppModelReconciler({
    view: informer.view,
    selector: andSelectors(parseLabelSelector('iidp=iidp'), parseLabelSelector(flags.selector)),
    values,
    retention: flags.redisRetention,
    events: manager.events,
    log,
    finalizer: createFinalizer(objectAccess(appModels), { name: finalizerName }),
    read: (key, signal) => appModels.find(key.name, { namespace: key.namespace, signal }),
    listAll: (signal) => appModels.list({ namespace: '', signal }),
  });
  const controller = manager.controller({
    name: 'appmodel',
    for: reconciled(appModel, { resyncMs: flags.resyncMs }),
    concurrency: flags.concurrency,
    timeoutMs: 60_000,
    rateLimiter: createRateLimiter(clock, { baseMs: 50, maxMs: 30_000, perSecond: 100, burst: 1000 }),
    reconcile: (key, context) => reconciler.reconcile(key, context),
  });
  addControllerMetrics(manager.metrics, { client, reconciler, values, crdState: () => crdState });
  values
    .ping(shutdown.signal)
    .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'Redis does not answer; it is tried again'));
  await runManager(manager, values, flags, shutdown);
  return 0;
}

/** Runs the manager, and closes the values after it: reconciles that are under way at the stop still need them. */
async function runManager(manager: Manager, values: ValuePublisher, flags: RunFlags, shutdown: Shutdown): Promise<void> {
  try {
    await manager.run(shutdown.signal);
  } catch (error) {
    const { code, waitingFor = [] } = error as { readonly code?: unknown; readonly waitingFor?: readonly string[] };
    if (code !== 'RuntimeSyncTimeout') throw error;
    throw new ControllerError(
      'ControllerNotSynced',
      `not synced within ${flags.syncTimeoutMs / 1000} s (--sync-timeout): ${waitingFor.join('; ')}`,
      { cause: error },
    );
  } finally {
    await values.close();
  }
}

function electionOf(flags: RunFlags, namespace: string): Pick<ManagerOptions, 'election'> {
  return flags.leaderElect ? { election: { namespace: flags.leaseNamespace ?? namespace, name: leaseName } } : {};
}

function checkOf(name: string, trouble: () => string): HealthCheck {
  return {
    name,
    check: () => {
      const found = trouble();
      if (found !== '') throw new Error(found);
    },
  };
}

function redisTrouble({ state, reason }: ValuePublisher['status']): string {
  return state === 'ready' ? '' : reason === '' ? state : `${state}: ${reason}`;
}
