import type { Outcome } from './rounds.ts';
import type { Shape } from './table.ts';

export interface BenchOptions {
  readonly objects: number;
  readonly runs: number;
  /** Sizes so small that only whether it runs, and the roughest ratios, can be told. */
  readonly short: boolean;
  readonly progress: (line: string) => void;
}

/** One table for each shape. */
export interface BenchResult {
  readonly shapes: readonly Shape[];
  readonly outcomes: readonly Outcome[];
  readonly notes?: readonly string[];
}

export interface BenchCase {
  readonly name: string;
  readonly measures: string;
  /** What `--objects` and `--runs` are without being given. */
  readonly objects: number;
  readonly runs: number;
  /** `--objects` of a short run. */
  readonly shortObjects?: number;
  /** Not part of a short run of all. */
  readonly onlyLong?: true;
  run(options: BenchOptions): Promise<BenchResult>;
}
