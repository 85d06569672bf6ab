import type { ModelIndex } from '@kubecast/model-index';
import type { Loader } from '@kubecast/redis-loader';
import { createMetrics, informerCollector, type MetricFamily, type Metrics } from '@kubecast/runtime';
import type { Full } from './balancing/call-limits.ts';
import type { Forwarder, ForwarderCounters } from './forwarding/forwarder.ts';

/** What each counter of calls says, and what to do when it rises. */
const callHelp: Readonly<Record<keyof Omit<ForwarderCounters, 'shed'> | `shed.${Full}`, string>> = {
  calls: 'Calls that were taken over for forwarding, those that were turned away too.',
  retries: 'Calls that were tried a second time. When it rises: the log and state of the pods that break off or refuse connections.',
  retriesRefused:
    'Calls that were not tried again because the app had used up its retry budget. When it rises: the app fails as a whole; look at it first.',
  failures: 'Calls that ended as 400, 408, 502 or 504 of this resolver. The answer names the endpoint and the reason.',
  illegalAnswers:
    'Answers that were not passed on because they are no HTTP/1.1. The log names app and endpoint: its server is to be mended.',
  slowBodies: 'Calls that ended as 408 because their bodies came too slowly. When it rises: clients with a bad network, or an attack.',
  loops: 'Calls that came back to this resolver. An endpoint of the called app leads to a resolver: look at its Service.',
  inFlight: 'Calls whose answer is not complete, without streams. Compare it with --max-calls.',
  streams: 'Answers that last: event streams, WebSockets, long downloads. Compare it with --max-streams.',
  ejections:
    'Times that an endpoint was ejected after five failures in a row. When it rises: the pods of the app with the most 502 and 504.',
  restored:
    'Times that an ejected endpoint came back by an answer. Far below the ejections: pods stay broken, and should fail their readiness probe.',
  ejected: 'Endpoints that get no calls now but one that tries them. When it stays above 0: their pods should fail their readiness probe.',
  'shed.process':
    'Calls turned away as 503 because the process had --max-calls in flight. When it rises: more resolvers, or a higher limit and more memory.',
  'shed.app':
    'Calls turned away as 503 because their app had --max-app-calls in flight. When it rises: the app is slow or has too few pods.',
  'shed.endpoint':
    'Calls turned away as 503 because each endpoint had --max-endpoint-calls in flight. When it rises: the app has too few pods.',
};

/** Everything that the resolver counts, read when it is asked for. */
export function resolverMetrics(index: ModelIndex, loader: Loader, forwarder: Forwarder, payloadBytes: number): Metrics {
  const metrics = createMetrics();
  metrics.addCounters('kubecast_model_index', () => index.counters);
  metrics.addCounters('kubecast_redis_loader', () => loader.counters, {
    gauges: ['wanted', 'satisfied', 'pending', 'failing', 'heldBytes', 'evicted'],
  });
  metrics.addCounters('kubecast_resolver', () => forwarder.counters, {
    gauges: ['inFlight', 'streams', 'ejected'],
    help: callHelp,
  });
  metrics.add(function* informers() {
    for (const { resource, informer } of index.informers()) yield* informerCollector(resource, informer)();
  });
  metrics.add(() => indexFamilies(index, loader, payloadBytes));
  return metrics;
}

function indexFamilies(index: ModelIndex, loader: Loader, payloadBytes: number): readonly MetricFamily[] {
  const { oldestStaleMs, ...models } = index.states();
  const problems = new Map<string, number>();
  for (const { code } of index.problems()) problems.set(code, (problems.get(code) ?? 0) + 1);
  const gauge = (name: string, help: string, samples: MetricFamily['samples']): MetricFamily => ({ name, help, type: 'gauge', samples });
  return [
    gauge('kubecast_model_index_synced', '1 once the first picture was complete.', [{ value: Number(index.hasSynced) }]),
    gauge('kubecast_model_index_apps', 'Apps that an AppModel announces.', [{ value: index.appCount }]),
    gauge(
      'kubecast_model_index_models',
      'Models by the state of their metadata.',
      Object.entries(models).map(([state, value]) => ({ labels: { state }, value })),
    ),
    gauge('kubecast_model_index_oldest_stale_seconds', 'How long the metadata that is stale for longest is so; 0 if none is.', [
      { value: oldestStaleMs / 1000 },
    ]),
    gauge(
      'kubecast_model_index_problems',
      'What is wrong with AppModels, claims, Services and values, by code.',
      [...problems].map(([code, value]) => ({ labels: { code }, value })),
    ),
    gauge(
      'kubecast_redis_loader_budget_bytes',
      'What metadata may take of memory, reckoned (--payload-budget); kubecast_redis_loader_held_bytes is what it takes.',
      [{ value: payloadBytes }],
    ),
    gauge('kubecast_redis_loader_ready', '1 while Redis answers.', [{ value: Number(loader.status.state === 'ready') }]),
    gauge('kubecast_redis_loader_tracking', '1 while Redis tells of writes, so that values without a version are read again at once.', [
      { value: Number(loader.tracking.state === 'on') },
    ]),
  ];
}
