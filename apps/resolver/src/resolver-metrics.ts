import type { ModelIndex } from '@kubecast/model-index';
import type { Loader } from '@kubecast/redis-loader';
import { createMetrics, informerCollector, type MetricFamily, type Metrics } from '@kubecast/runtime';
import type { Forwarder } from './forwarding/forwarder.ts';

/** Everything that the resolver counts, read when it is asked for. */
export function resolverMetrics(index: ModelIndex, loader: Loader, forwarder: Forwarder, payloadBytes: number): Metrics {
  const metrics = createMetrics();
  metrics.addCounters('kubecast_model_index', () => index.counters);
  metrics.addCounters('kubecast_redis_loader', () => loader.counters, {
    gauges: ['wanted', 'satisfied', 'pending', 'failing', 'heldBytes', 'evicted'],
  });
  metrics.addCounters('kubecast_resolver', () => forwarder.counters, { gauges: ['inFlight'] });
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
  ];
}
