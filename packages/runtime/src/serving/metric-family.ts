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
