import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { connectionFromDefaults, createClient, isInCluster } from '@kubecast/client';
import { appModel, eventType, leaseType, type AppModel, type Event, type Lease } from '@kubecast/crd';
import { createInformer } from '@kubecast/informer';
import { createValuePublisher } from '@kubecast/redis-loader';
import {
  createController,
  createEventRecorder,
  createFinalizer,
  createHealthServer,
  createLeaderElector,
  createRateLimiter,
  eventSink,
  informerSource,
  kubeconfigOf,
  leaseLock,
  objectAccess,
  withDeadline,
  type ElectionReport,
  type HealthCheck,
  type Leadership,
  type ReconcileReport,
  type Shutdown,
} from '@kubecast/runtime';
import { systemClock } from '@kubecast/clock';
import { andSelectors, encodeKey, parseLabelSelector, type Key } from '@kubecast/store';
import { AppModelReconciler } from './reconcile/app-model-reconciler.ts';
import { controllerMetrics } from './controller-metrics.ts';
import { ControllerError, messageOf } from './errors.ts';
import type { RunFlags } from './flags.ts';
import { crdApi, installCrd } from './reconcile/install-crd.ts';
import type { Log } from './log.ts';
import { finalizerName } from './reconcile/value-retention.ts';

const leaseName = 'kubecast-controller';
/** Runs that are under way get this long at a stop. */
const GRACE_MS = 8_000;
const clock = systemClock;

/**
 * Runs the controller until the shutdown's signal is aborted. Throws what keeps it from its work, with a message for people; 0 after a
 * stop that was asked for.
 */
export async function runController(flags: RunFlags, log: Log, shutdown: Shutdown): Promise<number> {
  const selector = andSelectors(parseLabelSelector('iidp=iidp'), parseLabelSelector(flags.selector));
  const connection = await connectionFromDefaults(kubeconfigOf(flags));
  const namespace = flags.namespace ?? connection.namespace;
  const client = createClient(connection, { userAgent: 'kubecast-controller', onWarning: (text, request) => log.warn({ request }, text) });
  const values = createValuePublisher({ redis: flags.redisUrl, keyTemplate: flags.keyTemplate, connectionName: 'kubecast-controller' });
  const appModels = client.resource<typeof appModel, AppModel>(appModel);
  const informer = createInformer<AppModel>({
    type: appModel,
    client,
    namespaces: [namespace],
    clock,
    onReport: (report, scope) => log.warn({ ...report, namespace: scope.namespace }, 'the watch of AppModels made a detour'),
  });
  const told = new Map<string, string>();
  informer.onStatus(({ namespace: where, state, reason }) => {
    if (told.get(where) === state) return;
    told.set(where, state);
    const bad =
      state === 'BackingOff' ||
      state === 'Forbidden' ||
      state === 'Stale' ||
      state === 'Gone' ||
      state === 'Regressed' ||
      state === 'Failed';
    log[bad ? 'warn' : 'debug']({ namespace: where, state, reason }, 'the watch of AppModels');
  });
  const events = createEventRecorder({
    sink: eventSink(client.resource<typeof eventType, Event>(eventType)),
    controller: 'iidp.com/kubecast-controller',
    instance: hostname(),
    clock,
    onError: (error) => log.debug({ reason: messageOf(error) }, 'an event could not be written'),
  });
  let leadership: Leadership | undefined;
  const reconciler = new AppModelReconciler({
    view: informer.view,
    selector,
    values,
    retention: flags.redisRetention,
    events,
    log,
    finalizer: createFinalizer(objectAccess(appModels), { name: finalizerName }),
    read: (key, signal) => appModels.find(key.name, { namespace: key.namespace, signal }),
    listAll: (signal) => appModels.list({ namespace: '', signal }),
    checkLeadership: () => leadership?.check(),
  });
  const controller = createController<Key>({
    name: 'appmodel',
    idOf: encodeKey,
    clock,
    concurrency: flags.concurrency,
    timeoutMs: 60_000,
    rateLimiter: createRateLimiter(clock, { baseMs: 50, maxMs: 30_000, perSecond: 100, burst: 1000 }),
    sources: [informerSource(informer, { name: 'AppModels', resyncMs: flags.resyncMs })],
    reconcile: (key, context) => reconciler.reconcile(key, context),
    onReport: (report) => reportReconcile(log, report),
  });
  const elector = flags.leaderElect
    ? createLeaderElector({
        lock: leaseLock(client.resource<typeof leaseType, Lease>(leaseType), flags.leaseNamespace ?? connection.namespace, leaseName),
        identity: `${hostname()}_${randomUUID()}`,
        clock,
        graceMs: GRACE_MS,
        onReport: electionReporter(log),
      })
    : undefined;
  let crdState = 'the CRD was not looked at yet';
  const metrics = controllerMetrics({ client, informer, controller, reconciler, values, events, elector, crdState: () => crdState });
  const health = createHealthServer({
    clock,
    renderMetrics: () => metrics.render(),
    onError: (error) => log.error({ reason: messageOf(error) }, 'a health request failed'),
    ready: readyChecks({
      crd: () => crdState,
      synced: () => controller.waitingFor,
      redis: () => redisTrouble(values.status),
      election: () => elector?.reason ?? '',
    }),
  });
  const work = async (mine: Leadership | undefined, signal: AbortSignal): Promise<void> => {
    leadership = mine;
    await controller.work(signal, { term: mine?.term ?? 0 });
  };
  try {
    const url = await health.listen(flags.healthHost ?? (isInCluster() ? '0.0.0.0' : '127.0.0.1'), flags.healthPort);
    log.info({ url, namespace, server: connection.server, selector: flags.selector, redisRetention: flags.redisRetention }, 'listening');
    values
      .ping(shutdown.signal)
      .catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'Redis does not answer; it is tried again'));
    const started = clock.now();
    const prepare = async (signal: AbortSignal): Promise<void> => {
      await installCrd(crdApi(client), { clock, log, signal, onState: (state) => (crdState = state) });
      controller.start();
      await controller.whenSynced(signal);
    };
    await inTime(prepare, flags.syncTimeoutMs, shutdown.signal, () => (crdState === '' ? controller.waitingFor : crdState));
    log.info({ appModels: informer.view.size, ms: Math.round(clock.now() - started) }, 'synced');
    if (elector === undefined) await work(undefined, shutdown.signal);
    else await elector.run((mine) => work(mine, mine.signal), shutdown.signal);
    return 0;
  } catch (error) {
    if (shutdown.signal.aborted) return 0;
    throw error;
  } finally {
    health.turnUnready('the controller is stopping');
    await controller.stop({ deadlineMs: GRACE_MS });
    await informer.stop();
    await within(2_000, () => events.stop());
    await values.close();
    client.close();
    await health.stop();
  }
}

function readyChecks(states: {
  crd: () => string;
  synced: () => string;
  redis: () => string;
  election: () => string;
}): readonly HealthCheck[] {
  const check = (name: string, state: () => string): HealthCheck => ({
    name,
    check: () => {
      const trouble = state();
      if (trouble !== '') throw new Error(trouble);
    },
  });
  return [
    check('crd', states.crd),
    check('appmodels', states.synced),
    check('redis', states.redis),
    // A standby is ready: another leads. Only a Lease that cannot be had is a fault.
    check('leader-election', () => (states.election().includes('cannot be had') ? states.election() : '')),
  ];
}

function redisTrouble({ state, reason }: { readonly state: string; readonly reason: string }): string {
  return state === 'ready' ? '' : reason === '' ? state : `${state}: ${reason}`;
}

/** Waits for the first picture, for as long as it may take. */
async function inTime(
  prepare: (signal: AbortSignal) => Promise<void>,
  timeoutMs: number,
  signal: AbortSignal,
  waitingFor: () => string,
): Promise<void> {
  const ms = timeoutMs === 0 ? Infinity : timeoutMs;
  try {
    await withDeadline(clock, { what: 'the first picture', ms, signal }, prepare);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'RuntimeDeadline') throw error;
    throw new ControllerError('ControllerNotSynced', `not synced within ${timeoutMs / 1000} s (--sync-timeout): ${waitingFor()}`, {
      cause: error,
    });
  }
}

/** What is only a courtesy may not hold the end up. */
async function within(ms: number, task: () => Promise<void>): Promise<void> {
  try {
    await withDeadline(clock, { what: 'the end', ms }, task);
  } catch {
    // It had its time.
  }
}

function reportReconcile(log: Log, report: ReconcileReport<Key>): void {
  if (report.type === 'source-failed')
    return log.error({ source: report.source, reason: messageOf(report.error) }, 'a change could not be mapped to keys');
  const fields = { namespace: report.key.namespace, name: report.key.name, runId: report.runId };
  switch (report.type) {
    case 'done':
      return log.debug({ ...fields, ms: Math.round(report.ms) }, 'reconciled');
    case 'failed':
      return log.warn(
        { ...fields, reason: messageOf(report.error), retryInMs: Math.round(report.retryInMs) },
        'reconciling failed; it is tried again',
      );
    case 'terminal':
      return log.error({ ...fields, reason: messageOf(report.error) }, 'reconciling failed, and trying again does not help');
    case 'timeout':
      return log.warn({ ...fields, afterMs: report.afterMs }, 'reconciling takes too long');
  }
}

/** Says a failure that repeats once. */
function electionReporter(log: Log): (report: ElectionReport) => void {
  let said = '';
  return (report) => {
    const reason = report.type === 'failed' ? messageOf(report.error) : '';
    if (reason !== '' && reason === said) return;
    said = reason;
    reportElection(log, report);
  };
}

function reportElection(log: Log, report: ElectionReport): void {
  switch (report.type) {
    case 'leading':
      return log.info({ term: report.term }, 'leading');
    case 'lost':
      return log.warn({ term: report.term, reason: report.reason }, 'leadership was lost');
    case 'released':
      return log.info({ term: report.term }, 'the Lease was given up');
    case 'leader':
      return log.info({ holder: report.holder }, 'another leads');
    case 'failed':
      return log.warn({ doing: report.doing, reason: messageOf(report.error) }, 'a request for the Lease failed; it is tried again');
  }
}
