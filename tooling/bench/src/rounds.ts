import { runContestant, type Contestant, type Figures, type RunOptions } from './contestant.ts';

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** By contestant, then by metric. */
export type Outcome = ReadonlyMap<string, ReadonlyMap<string, Summary>>;

export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
  return { median, min: sorted[0] as number, max: sorted.at(-1) as number };
}

/** Runs all contestants in turn, A B A B, so that what changes on the machine meanwhile meets all alike. */
export async function runRounds(
  contestants: readonly Contestant[],
  runs: number,
  progress: (line: string) => void,
  options: (contestant: Contestant) => RunOptions = () => ({}),
): Promise<Outcome> {
  const all = new Map<string, Map<string, number[]>>();
  for (let run = 1; run <= runs; run += 1) {
    for (const contestant of contestants) {
      progress(`run ${run} of ${runs}: ${contestant.who}`);
      add(all, contestant.who, await runContestant(contestant, options(contestant)));
    }
  }
  return outcomeOf(all);
}

export function add(all: Map<string, Map<string, number[]>>, who: string, figures: Figures): void {
  const own = all.get(who) ?? new Map<string, number[]>();
  all.set(who, own);
  for (const [metric, value] of Object.entries(figures)) own.set(metric, [...(own.get(metric) ?? []), value]);
}

export function outcomeOf(all: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>): Outcome {
  return new Map([...all].map(([who, own]) => [who, new Map([...own].map(([metric, values]) => [metric, summarize(values)]))]));
}
