import type { KubernetesClient } from '@kubecast/client';
import type { ValuePublisher } from '@kubecast/redis-loader';
import type { MetricFamily, Metrics } from '@kubecast/runtime';
import type { AppModelReconciler } from './reconcile/app-model-reconciler.ts';
import { valueStates } from './reconcile/value-check.ts';

export interface MeasuredParts {
  readonly client: KubernetesClient;
  readonly reconciler: AppModelReconciler;
  readonly values: ValuePublisher;
  readonly crdState: () => string;
}

/** Adds what the controller counts to the metrics of its manager; read when it is asked for. */
export function addControllerMetrics(metrics: Metrics, parts: MeasuredParts): void {
  const { client, reconciler, values } = parts;
  metrics.addCounters('kubecast_client', () => client.counters, { gauges: ['openRequests', 'openStreams'] });
  metrics.addCounters('kubecast_redis_loader_publisher', () => values.counters);
  metrics.addCounters('kubecast_controller', () => reconciler.counters);
  metrics.add(() => stateFamilies(parts));
}

function stateFamilies({ reconciler, values, crdState }: MeasuredParts): readonly MetricFamily[] {
  const byState = new Map<string, number>(valueStates.map((state) => [state, 0]));
  for (const { state } of reconciler.reports()) byState.set(state, (byState.get(state) ?? 0) + 1);
  const byCode = new Map<string, number>();
  for (const { code } of reconciler.problems()) byCode.set(code, (byCode.get(code) ?? 0) + 1);
  const gauge = (name: string, help: string, samples: MetricFamily['samples']): MetricFamily => ({ name, help, type: 'gauge', samples });
  return [
    gauge('kubecast_controller_crd_ready', '1 once the CRD is served as it must be.', [{ value: Number(crdState() === '') }]),
    gauge('kubecast_controller_app_models', 'AppModels that are looked after.', [{ value: reconciler.appModels }]),
    gauge(
      'kubecast_controller_values',
      'Announced models by what Redis holds for them.',
      [...byState].map(([state, value]) => ({ labels: { state }, value })),
    ),
    gauge(
      'kubecast_controller_problems',
      'What is wrong with announcements and claims, by code.',
      [...byCode].map(([code, value]) => ({ labels: { code }, value })),
    ),
    gauge('kubecast_redis_loader_ready', '1 while Redis answers.', [{ value: Number(values.status.state === 'ready') }]),
  ];
}
