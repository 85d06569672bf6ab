import type { Controller } from '../controller/contract.ts';
import type { LeaderElector } from '../election/leader-election.ts';
import type { Labels, MetricFamily } from './metric-family.ts';
import { histogramFamily, type Collector } from './metrics.ts';

/** What is read of a controller. */
type ControllerLike = Pick<Controller<never>, 'name' | 'counters' | 'durations' | 'hasSynced' | 'overdue'> & {
  readonly queue: Pick<Controller<never>['queue'], 'depth' | 'delayed' | 'running' | 'longestRunMs' | 'counters' | 'waited' | 'worked'>;
};

const gauge = (name: string, help: string, value: number, labels: Labels): MetricFamily => ({
  name,
  help,
  type: 'gauge',
  samples: [{ labels, value }],
});
const counter = (name: string, help: string, value: number, labels: Labels): MetricFamily => ({
  name,
  help,
  type: 'counter',
  samples: [{ labels, value }],
});

/** kubecast_runtime_queue_* and kubecast_runtime_reconcile_*, with the label controller. */
export function controllerCollector(controller: ControllerLike): Collector {
  return () => {
    const { queue, counters } = controller;
    const labels = { controller: controller.name };
    const result = (name: string, value: number): { labels: Labels; value: number } => ({ labels: { ...labels, result: name }, value });
    return [
      gauge('kubecast_runtime_queue_depth', 'Keys that are ready and wait for a worker.', queue.depth, labels),
      gauge('kubecast_runtime_queue_delayed', 'Keys that wait for a time.', queue.delayed, labels),
      gauge('kubecast_runtime_queue_running', 'Keys that are being reconciled.', queue.running, labels),
      gauge(
        'kubecast_runtime_queue_longest_running_seconds',
        'How long the oldest run has taken so far.',
        queue.longestRunMs / 1000,
        labels,
      ),
      counter('kubecast_runtime_queue_adds_total', 'Keys that were added.', queue.counters.adds, labels),
      counter('kubecast_runtime_queue_retries_total', 'Keys that were added again after a failure.', queue.counters.retries, labels),
      histogramFamily('kubecast_runtime_queue_wait_seconds', 'Seconds from ready to handed out.', queue.waited, labels),
      histogramFamily('kubecast_runtime_queue_work_seconds', 'Seconds from handed out to done.', queue.worked, labels),
      {
        name: 'kubecast_runtime_reconciles_total',
        help: 'Runs by result.',
        type: 'counter',
        samples: [
          result('success', counters.succeeded),
          result('error', counters.failed),
          result('terminal', counters.terminal),
          result('conflict', counters.conflicts),
        ],
      },
      counter('kubecast_runtime_reconcile_panics_total', 'Failures that are mistakes in the program.', counters.panics, labels),
      counter('kubecast_runtime_source_errors_total', 'What map functions and predicates threw.', counters.sourceErrors, labels),
      counter('kubecast_runtime_reconcile_timeouts_total', 'Runs whose time was over.', counters.timeouts, labels),
      gauge('kubecast_runtime_reconcile_overdue', 'Runs that went past their time and have not ended.', controller.overdue.length, labels),
      histogramFamily('kubecast_runtime_reconcile_seconds', 'Seconds a run.', controller.durations, labels),
      gauge('kubecast_runtime_controller_synced', '1 once every source was complete.', Number(controller.hasSynced), labels),
    ];
  };
}

/** kubecast_runtime_leader_*, with the label lease. */
export function electionCollector(elector: Pick<LeaderElector, 'isLeader' | 'term' | 'counters'>, lease: string): Collector {
  return () => {
    const labels = { lease };
    return [
      gauge('kubecast_runtime_leader', '1 while this process leads.', Number(elector.isLeader), labels),
      gauge('kubecast_runtime_leader_term', 'The term of leadership; 0 without.', elector.term, labels),
      counter('kubecast_runtime_leader_acquired_total', 'Times that this process became leader.', elector.counters.acquired, labels),
      counter('kubecast_runtime_leader_lost_total', 'Times that leadership ended without being given up.', elector.counters.lost, labels),
      counter('kubecast_runtime_leader_renewals_total', 'Renewals that succeeded.', elector.counters.renewals, labels),
      counter('kubecast_runtime_leader_failures_total', 'Requests for the Lease that failed.', elector.counters.failures, labels),
    ];
  };
}

/** What is read of an informer; every informer has it. */
export interface InformerLike {
  readonly view: { readonly size: number };
  readonly storeCounters?: {
    readonly recordBytes: number;
    readonly reservedBytes: number;
    readonly hotBytes: number;
    readonly cacheRequests: number;
    readonly cacheHits: number;
    readonly promotions: number;
    readonly evictions: number;
    /** Reads from the packed bytes. A reader of another store than ours need not count them. */
    readonly packedReads?: number;
    readonly hotObjects?: number;
  };
  readonly handlers?: readonly {
    readonly name: string;
    readonly waiting: number;
    readonly hasSynced: boolean;
    readonly counters: object;
  }[];
  scopes(): readonly {
    readonly namespace: string;
    readonly state: string;
    readonly synced: boolean;
    readonly ageMs: number;
    readonly epoch: number;
    readonly counters: object;
  }[];
}

/**
 * The store's part, by type and tier: `hot` are the objects that are kept parsed, `packed` the bytes of all. The label tier has these two values; type is the
 * resource of an informer. The share of reads that parsed nothing is kubecast_store_cache_hit_total{tier="hot"} over kubecast_store_cache_request_total.
 */
function* storeFamilies(type: string, counters: NonNullable<InformerLike['storeCounters']>): IterableIterator<MetricFamily> {
  const labels = { type };
  const hot = { type, tier: 'hot' };
  const { cacheRequests, cacheHits, packedReads = cacheRequests - cacheHits } = counters;
  yield counter('kubecast_store_cache_request_total', 'Reads of values.', cacheRequests, labels);
  yield {
    name: 'kubecast_store_cache_hit_total',
    help: 'Reads of values by the tier that gave them: hot (kept parsed) or packed (parsed from bytes).',
    type: 'counter',
    samples: [
      { labels: hot, value: cacheHits },
      { labels: { type, tier: 'packed' }, value: packedReads },
    ],
  };
  yield counter('kubecast_store_cache_promotion_total', 'Values that were read often enough to enter the tier.', counters.promotions, hot);
  yield counter('kubecast_store_cache_eviction_total', 'Values that left the tier for room.', counters.evictions, hot);
  if (counters.hotObjects !== undefined)
    yield gauge('kubecast_store_hot_objects', 'Values that are kept parsed.', counters.hotObjects, labels);
  yield gauge('kubecast_store_hot_bytes', 'What the parsed values cost, reckoned.', counters.hotBytes, labels);
  yield gauge('kubecast_store_record_bytes', 'Bytes of records in use.', counters.recordBytes, labels);
  yield gauge('kubecast_store_reserved_bytes', 'Bytes that the records take in all.', counters.reservedBytes, labels);
}

const snakeCase = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** kubecast_informer_*, with the labels resource and namespace, or resource and handler; kubecast_store_*, with the label type. */
export function informerCollector(resource: string, informer: InformerLike): Collector {
  return function* collect() {
    yield gauge('kubecast_informer_objects', 'Objects that are held.', informer.view.size, { resource });
    for (const scope of informer.scopes()) {
      const labels = { resource, namespace: scope.namespace };
      yield gauge('kubecast_informer_synced', '1 once a complete list stands.', Number(scope.synced), labels);
      yield gauge('kubecast_informer_state', '1 for the state that the scope is in.', 1, { ...labels, state: scope.state });
      if (Number.isFinite(scope.ageMs))
        yield gauge('kubecast_informer_age_seconds', 'Seconds since the last event or bookmark.', scope.ageMs / 1000, labels);
      yield gauge('kubecast_informer_epoch', 'Grows when the server is found to have gone back.', scope.epoch, labels);
      for (const [name, value] of Object.entries(scope.counters)) {
        if (typeof value !== 'number') continue;
        yield counter(`kubecast_informer_${snakeCase(name)}_total`, `${name} of the reflector.`, value, labels);
      }
    }
    for (const handler of informer.handlers ?? []) {
      const labels = { resource, handler: handler.name };
      yield gauge('kubecast_informer_handler_waiting', 'Objects whose changes wait for the handler.', handler.waiting, labels);
      yield gauge('kubecast_informer_handler_synced', '1 once it has handled the first picture.', Number(handler.hasSynced), labels);
      for (const [name, value] of Object.entries(handler.counters))
        if (typeof value === 'number')
          yield counter(`kubecast_informer_handler_${snakeCase(name)}_total`, `${name} of the handler.`, value, labels);
    }
    if (informer.storeCounters) yield* storeFamilies(resource, informer.storeCounters);
  };
}
