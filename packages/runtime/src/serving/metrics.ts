import { collectDefaultMetrics, Registry, type Metric } from 'prom-client';
import { textOf } from '../logging/logger.ts';
import type { DurationHistogram } from '../timing/duration-histogram.ts';
import { RuntimeOptionsError } from '../errors.ts';
import type { Labels, MetricFamily, MetricSample } from './metric-family.ts';
import { countersOf, type CountersOptions } from './plain-counters.ts';

/** Reads plain values when metrics are asked for. Must not wait. */
export type Collector = () => Iterable<MetricFamily>;

/** The one place that renders Prometheus metrics. Everybody else has plain values. */
export interface Metrics {
  /** Gives back its undo. */
  add(collector: Collector): Disposable;
  /**
   * The numbers of a plain object, each a counter named `<prefix>_<name>_total`, or a gauge `<prefix>_<name>` if named in `gauges`. Objects in it are
   * flattened: `{ budget: { waiting: 1 } }` is `<prefix>_budget_waiting_total`. Names are written in snake_case; true and false are 1 and 0. Reads once
   * now: what is no number is refused by name, unless `leaveOut` names it.
   *
   * @throws RuntimeOptionsError for a value that is no number, and for two names that become one metric
   */
  addCounters(prefix: string, read: () => object, options?: CountersOptions): Disposable;
  /** For `/metrics`. Never rejects for one collector that throws: it is counted in kubecast_runtime_collector_errors_total. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface MetricsOptions {
  /** Put on every sample. */
  readonly labels?: Labels;
  /** The process's own: CPU, memory, event loop (process_* and nodejs_*). Default true; what a runtime cannot give is left out. */
  readonly processMetrics?: boolean;
  /** Told what a collector throws, and of families and samples that cannot be rendered. */
  readonly onError?: (error: unknown) => void;
}

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { labels: common = {} } = options;
  for (const label of Object.keys(common)) checkLabel('metrics', label);
  const collectors = new Set<Collector>();
  let errors = 0;
  const failed = (error: unknown): void => {
    errors += 1;
    try {
      options.onError?.(error);
    } catch {
      // Whoever is told must not cost the answer.
    }
  };
  const own = processRegistry(options);
  const add = (collector: Collector): Disposable => {
    collectors.add(collector);
    return { [Symbol.dispose]: () => void collectors.delete(collector) };
  };
  return {
    add,
    addCounters(prefix, read, how = {}) {
      for (const label of Object.keys(how.labels ?? {})) checkLabel(`addCounters of ${prefix}`, label);
      countersOf(prefix, read(), how);
      return add(() => countersOf(prefix, read(), how));
    },
    async render() {
      const families = new Map<string, MetricFamily>();
      for (const collector of collectors) {
        try {
          for (const family of collector()) {
            try {
              join(families, checkedFamily(family));
            } catch (error) {
              // One family that is wrong costs the collector no other.
              failed(error);
            }
          }
        } catch (error) {
          failed(error);
        }
      }
      for (const [name, family] of families)
        families.set(
          name,
          withoutDuplicates(family, (series) => failed(new RuntimeOptionsError(`the metric ${name} has the series ${series} twice`))),
        );
      join(families, {
        name: 'kubecast_runtime_collector_errors_total',
        help: 'Times that a source of metrics threw when it was read.',
        type: 'counter',
        samples: [{ value: errors }],
      });
      const registry = new Registry();
      registry.setDefaultLabels(common);
      for (const family of families.values()) registry.registerMetric(new ReadMetric(family) as unknown as Metric);
      const ours = await registry.metrics();
      let theirs = '';
      try {
        theirs = (await own?.metrics()) ?? '';
      } catch {
        // A runtime without one of process's numbers: ours are what counts.
      }
      return { contentType: registry.contentType, text: theirs.trim() === '' ? ours : `${ours}\n${theirs}` };
    },
  };
}

function processRegistry(options: MetricsOptions): Registry | undefined {
  if (options.processMetrics === false) return undefined;
  const registry = new Registry();
  registry.setDefaultLabels(options.labels ?? {});
  try {
    collectDefaultMetrics({ register: registry });
  } catch {
    return undefined;
  }
  return registry;
}

/** A metric that was read already, in the shape that prom-client renders. */
class ReadMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricFamily['type'];
  readonly #samples: readonly MetricSample[];

  constructor(family: MetricFamily) {
    this.name = family.name;
    this.help = family.help;
    this.type = family.type;
    this.#samples = family.samples;
  }

  get(): Promise<object> {
    const values = this.#samples.map(({ labels = {}, suffix, value }) => ({
      labels,
      value,
      ...(suffix === undefined ? {} : { metricName: `${this.name}${suffix}` }),
    }));
    return Promise.resolve({ name: this.name, help: this.help, type: this.type, values, aggregator: 'sum' });
  }
}

function join(families: Map<string, MetricFamily>, family: MetricFamily): void {
  const known = families.get(family.name);
  if (known !== undefined && known.type !== family.type)
    throw new RuntimeOptionsError(`the metric ${family.name} is a ${known.type} of one collector and a ${family.type} of another`);
  families.set(family.name, known === undefined ? family : { ...known, samples: [...known.samples, ...family.samples] });
}

/** A label's value beyond this many characters is cut: names from outside come in as labels. */
const MOST_LABEL = 256;

/** A family that can be rendered: two samples of one series, or one bad name, would make the server refuse the whole answer. */
function checkedFamily(family: MetricFamily): MetricFamily {
  if (typeof family.name !== 'string' || !/^[a-z][a-z0-9_]*$/.test(family.name) || family.name.length > 200)
    throw new RuntimeOptionsError(`${JSON.stringify(textOf(family.name).slice(0, 200))} is no name for a metric`);
  const samples = family.samples.map((sample): MetricSample => {
    if (typeof sample.value !== 'number')
      throw new RuntimeOptionsError(`the metric ${family.name} has a value of type ${typeof sample.value}`);
    const { labels = {} } = sample;
    const named = Object.entries(labels).map(([name, value]): [string, string | number] => {
      checkLabel(`the metric ${family.name}`, name);
      return [name, typeof value === 'number' ? value : cutLabel(textOf(value))];
    });
    return { ...sample, labels: Object.fromEntries(named) };
  });
  return { ...family, samples };
}

const cutLabel = (value: string): string => (value.length <= MOST_LABEL ? value : `${value.slice(0, MOST_LABEL - 1)}…`).toWellFormed();

function checkLabel(where: string, name: string): void {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__') || name.length > 100)
    throw new RuntimeOptionsError(`${where}: ${JSON.stringify(name.slice(0, 100))} is no name for a label`);
}

/** The first sample of each series. */
function withoutDuplicates(family: MetricFamily, duplicate: (series: string) => void): MetricFamily {
  const seen = new Set<string>();
  const samples = family.samples.filter(({ labels = {}, suffix = '' }) => {
    const series = JSON.stringify([
      suffix,
      Object.entries(labels)
        .map(([name, value]) => JSON.stringify([name, String(value)]))
        .sort(),
    ]);
    if (seen.has(series)) duplicate(series);
    return !seen.has(series) && seen.add(series);
  });
  return { ...family, samples };
}

/** A histogram of plain values as a family. */
export function histogramFamily(
  name: string,
  help: string,
  histogram: Pick<DurationHistogram, 'bounds' | 'counts' | 'sum' | 'count'>,
  labels: Labels = {},
): MetricFamily {
  const samples: MetricSample[] = [];
  let below = 0;
  for (const [index, bound] of histogram.bounds.entries()) {
    below += histogram.counts[index] ?? 0;
    samples.push({ labels: { ...labels, le: bound }, suffix: '_bucket', value: below });
  }
  samples.push({ labels: { ...labels, le: '+Inf' }, suffix: '_bucket', value: histogram.count });
  samples.push({ labels, suffix: '_sum', value: histogram.sum }, { labels, suffix: '_count', value: histogram.count });
  return { name, help, type: 'histogram', samples };
}
