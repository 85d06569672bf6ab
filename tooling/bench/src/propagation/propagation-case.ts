import type { BenchCase } from '../bench-case.ts';
import { nodeContestant } from '../contestant.ts';
import { runRounds } from '../rounds.ts';

export const propagationCase: BenchCase = {
  name: 'propagation',
  measures: 'from the answer of an apply until the last of two resolvers serves the change over HTTP, on the quickstart',
  objects: 200,
  runs: 1,
  shortObjects: 50,
  async run({ objects, runs, progress }) {
    const outcome = await runRounds([nodeContestant('kubecast', 'propagation/run-propagation.ts', [String(objects)])], runs, progress);
    return {
      shapes: [
        {
          bench: 'propagation',
          title: `${objects} changes: embedded API server, Redis, controller and two resolvers, each a process`,
          metrics: ['p99Ms', 'p50Ms', 'changes'],
        },
      ],
      outcomes: [outcome],
    };
  },
};
