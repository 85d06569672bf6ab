/** What `--once --json` prints as its last line. */
export interface Report {
  readonly ok: boolean;
  readonly steps: readonly StepReport[];
  readonly propagationMs: { readonly p50: number; readonly p99: number; readonly n: number } | null;
  readonly resolvers: number;
  readonly models: number;
}

export interface StepReport {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  /** Not run here, and why. A skipped step is not a failed one. */
  readonly skipped?: string;
  readonly error?: string;
}

/** The value below which a share of the samples lies (nearest rank). NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN;
}

export const round = (ms: number): number => Math.round(ms * 100) / 100;

export function makeReport(
  steps: readonly StepReport[],
  propagation: readonly number[],
  resolvers: number,
  models: number,
  wantPropagation: number,
): Report {
  return {
    ok: steps.length > 0 && steps.every((step) => step.ok) && propagation.length >= wantPropagation,
    steps,
    propagationMs:
      propagation.length === 0
        ? null
        : { p50: round(percentile(propagation, 0.5)), p99: round(percentile(propagation, 0.99)), n: propagation.length },
    resolvers,
    models,
  };
}
