import { collectDefaultMetrics, Registry, type Metric } from 'prom-client';
import type { DurationHistogram } from '../timing/duration-histogram.ts';
import { RuntimeOptionsError } from '../errors.ts';

export type Labels = Readonly<Record<string, string | number>>;

/** One metric with its samples, as read at one moment. Families of one name, from several collectors, are one in the output. */
export interface MetricFamily {
  /** kubecast_<package>_<what>, with `_total` at the end of counters. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly labels?: Labels;
  /** `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  readonly value: number;
}

/** Reads plain values when metrics are asked for. Must not wait. */
export type Collector = () => Iterable<MetricFamily>;

/** The one place that renders Prometheus metrics. Everybody else has plain values. */
export interface Metrics {
  /** Gives back its undo. */
  add(collector: Collector): Disposable;
  /**
   * The numbers of a plain object, each a counter named `<prefix>_<name>_total`, or a gauge `<prefix>_<name>` if named in `gauges`. Names are
   * written in snake_case; what is no number is left out, true and false are 1 and 0.
   */
  addCounters(prefix: string, read: () => object, options?: CountersOptions): Disposable;
  /** For `/metrics`. Never rejects for one collector that throws: it is counted in kubecast_runtime_collector_errors_total. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface CountersOptions {
  readonly labels?: Labels;
  readonly gauges?: readonly string[];
  readonly help?: Readonly<Record<string, string>>;
}

export interface MetricsOptions {
  /** Put on every sample. */
  readonly labels?: Labels;
  /** The process's own: CPU, memory, event loop (process_* and nodejs_*). Default true; what a runtime cannot give is left out. */
  readonly processMetrics?: boolean;
}

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { labels: common = {} } = options;
  const collectors = new Set<Collector>();
  let errors = 0;
  const own = processRegistry(options);
  const add = (collector: Collector): Disposable => {
    collectors.add(collector);
    return { [Symbol.dispose]: () => void collectors.delete(collector) };
  };
  return {
    add,
    addCounters: (prefix, read, how = {}) => add(() => countersOf(prefix, read(), how)),
    async render() {
      const families = new Map<string, MetricFamily>();
      for (const collector of collectors) {
        try {
          for (const family of collector()) join(families, family);
        } catch {
          errors += 1;
        }
      }
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
  if (!/^[a-z][a-z0-9_]*$/.test(family.name)) throw new RuntimeOptionsError(`${JSON.stringify(family.name)} is no name for a metric`);
  const known = families.get(family.name);
  families.set(family.name, known === undefined ? family : { ...known, samples: [...known.samples, ...family.samples] });
}

const snake = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

function* countersOf(prefix: string, values: object, { labels = {}, gauges = [], help = {} }: CountersOptions): Iterable<MetricFamily> {
  for (const [name, read] of Object.entries(values)) {
    const value = typeof read === 'boolean' ? Number(read) : typeof read === 'bigint' ? Number(read) : (read as unknown);
    if (typeof value !== 'number') continue;
    const gauge = gauges.includes(name);
    const full = `${prefix}_${snake(name)}${gauge ? '' : '_total'}`;
    yield {
      name: full,
      help: Object.hasOwn(help, name) ? (help[name] ?? '') : `${name} of ${prefix}.`,
      type: gauge ? 'gauge' : 'counter',
      samples: [{ labels, value }],
    };
  }
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
