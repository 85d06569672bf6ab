import { readFile } from 'node:fs/promises';
import { connectionFromDefaults, createClient, isInCluster } from '@kubecast/client';
import { createModelIndex, type ModelIndex } from '@kubecast/model-index';
import { createLoader, readRedisConfig } from '@kubecast/redis-loader';
import { kubeconfigOf, type Shutdown } from '@kubecast/runtime';
import { systemClock } from '@kubecast/clock';
import type { ResolverFlags } from './flags.ts';
import { Forwarder } from './forwarding/forwarder.ts';
import { readiness, type Dependency } from './http/readiness.ts';
import { formatPlace } from './page/format-place.ts';
import { memoryLimit } from './memory-limit.ts';
import { resolverMetrics } from './resolver-metrics.ts';
import { createResolverServer } from './http/server.ts';
import { tellChanges, type Log } from './tell-changes.ts';

export interface ResolverLog extends Log {
  error(fields: object, message: string): void;
}

/** Calls in flight get this long at a stop, after the grace. */
const DRAIN_MS = 10_000;
/** In a pod: so long may it take until every node and client knows that the pod is unready. */
const GRACE_MS = 5_000;

/** The part of the memory that the process may use which metadata may take: parsing, answers and the index itself need the rest. */
const BUDGET_PART = 4;

/**
 * Runs the resolver until the shutdown's signal is aborted. Gives the exit status: 0 after a stop that was asked for, 1 if it was not synced
 * in time. Throws what keeps it from starting, with a message for people.
 */
export async function runResolver(flags: ResolverFlags, log: ResolverLog, shutdown: Shutdown): Promise<number> {
  const connection = await connectionFromDefaults(kubeconfigOf(flags));
  const namespace = flags.namespace ?? connection.namespace;
  const client = createClient(connection, { userAgent: 'kubecast-resolver' });
  const limit = memoryLimit();
  const payloadBytes = flags.payloadBudget ?? Math.floor(limit.bytes / BUDGET_PART);
  const loader = createLoader({
    redis: flags.redisConfig === undefined ? flags.redisUrl : readRedisConfig(flags.redisConfig),
    keyTemplate: flags.keyTemplate,
    connectionName: 'kubecast-resolver',
    maxValueBytes: flags.maxValueBytes,
    ...(payloadBytes === Infinity ? {} : { payloadBytes }),
  });
  const index = createModelIndex({
    client,
    loader,
    namespace,
    selector: flags.selector,
    resyncMs: flags.resyncMs,
    ...(flags.zone === undefined ? {} : { zone: flags.zone }),
    // What --dial names is dialled elsewhere; no other endpoint is exempt from the address rules.
    allowEndpoint: (address, port) => flags.dial.has(formatPlace(address, port)),
    onError: (error) => log.error({ error: String(error) }, 'an object or a subscriber failed'),
    onReport: (kind, report) => log.warn({ ...report, resource: kind }, 'report'),
  });
  const forwarder = new Forwarder({
    dial: flags.dial,
    callTimeoutMs: flags.callTimeoutMs,
    limits: flags.limits,
    trustedProxies: flags.trustedProxies,
    ...(flags.backendCa === undefined ? {} : { backendCa: await readAuthorities(flags.backendCa) }),
    onIllegalAnswer: (report) => log.warn({ ...report }, 'an answer was not passed on'),
  });
  const metrics = resolverMetrics(index, loader, forwarder, payloadBytes);
  const dependencies = (): readonly Dependency[] => {
    const { state, reason } = loader.status;
    const { wanted, satisfied } = loader.counters;
    const held = `${satisfied} of ${wanted} models have their announced metadata`;
    return [
      { name: 'redis', ok: state === 'ready', reason: reason === '' ? state : `${state}, ${reason}` },
      { name: 'metadata', ok: satisfied === wanted, reason: held },
    ];
  };
  const server = createResolverServer({
    index,
    forwarder,
    namespace,
    dependencies,
    renderMetrics: () => metrics.render(),
    onError: (error) => log.error({ error: error instanceof Error ? error.stack : String(error) }, 'a request failed'),
  });
  const close = async (): Promise<void> => {
    // Only where it served: what never got ready, or is asked for by nobody, has nobody to wait for.
    const graceMs = shutdown.signal.aborted ? (flags.drainGraceMs ?? (isInCluster() ? GRACE_MS : 0)) : 0;
    const broken = await server.stop({ graceMs, deadlineMs: DRAIN_MS });
    if (broken > 0) log.warn({ connections: broken, afterMs: DRAIN_MS }, 'calls were broken off at the stop');
    await index.stop();
    await Promise.all([loader.close(), client[Symbol.asyncDispose]()]);
  };
  try {
    const url = await server.listen(flags.host ?? (isInCluster() ? '0.0.0.0' : '127.0.0.1'), flags.port);
    log.info({ url, namespace, server: connection.server, selector: flags.selector }, 'listening');
    log.info(
      payloadBytes === Infinity
        ? {}
        : { bytes: payloadBytes, ...(flags.payloadBudget === undefined ? { limit: limit.bytes, of: limit.source } : {}) },
      payloadBytes === Infinity ? 'metadata has no budget (--payload-budget 0)' : 'the budget of metadata in memory (--payload-budget)',
    );
    for (const [from, to] of flags.dial)
      log.warn({ from, to: `${to.host}:${to.port}` }, 'this endpoint is dialled elsewhere; for development only');
    loader.start();
    index.start();
    void tellChanges(index, () => loader.counters.failing, log, systemClock, shutdown.signal);
    const started = systemClock.now();
    if (!(await syncedInTime(index, flags.syncTimeoutMs, shutdown.signal))) {
      const { text } = readiness(index, dependencies(), false);
      log.error({ afterMs: flags.syncTimeoutMs, states: text.trim().split('\n').slice(1) }, 'not synced in time (--sync-timeout)');
      return 1;
    }
    if (index.hasSynced)
      log.info({ apps: index.appCount, models: index.modelCount, ms: Math.round(systemClock.now() - started) }, 'synced');
    await aborted(shutdown.signal);
    return 0;
  } finally {
    await close();
  }
}

async function readAuthorities(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`--backend-ca ${file} cannot be read: ${error.message}`, { cause: error });
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`--backend-ca ${file} holds no certificate in PEM`);
  return text;
}

/** False if the time is over; true if it is synced, or asked to end. */
async function syncedInTime(index: ModelIndex, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  const late =
    timeoutMs > 0
      ? systemClock.sleep(timeoutMs, over.signal).then(
          () => false,
          () => true,
        )
      : new Promise<boolean>(() => {});
  try {
    return await Promise.race([
      index.whenSynced(signal).then(
        () => true,
        () => true,
      ),
      late,
    ]);
  } finally {
    over.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
