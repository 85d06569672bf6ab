import type { BenchCase } from '../bench-case.ts';
import { nodeContestant, type Contestant } from '../contestant.ts';
import { runRounds } from '../rounds.ts';

export function convertContestants(objects: number): readonly Contestant[] {
  const env = { BENCH_OBJECTS: String(objects) };
  return [
    nodeContestant('JSON round trip', 'convert/run-convert.ts', ['json'], { env }),
    nodeContestant('class-transformer', 'convert/run-convert.ts', ['class-transformer'], { env }),
    nodeContestant('kubecast', 'convert/run-convert.ts', ['kubecast'], { env }),
  ];
}

export const convertCase: BenchCase = {
  name: 'convert',
  measures: 'from an object of unknown shape to a typed one: a validated view, beside a JSON round trip and class-transformer',
  objects: 200_000,
  runs: 5,
  shortObjects: 5_000,
  async run({ objects, runs, progress }) {
    const outcome = await runRounds(convertContestants(objects), runs, progress);
    return {
      shapes: [
        {
          bench: 'convert',
          title: 'an AppModel of ten models, from unknown to typed (CPU)',
          metrics: ['microsPerObject', 'collectionsPerThousand', 'collectionMsPerThousand'],
          floor: 'JSON round trip',
        },
      ],
      outcomes: [outcome],
      notes: ['Only kubecast checks what it converts: every field against the definition. The others trust it.'],
    };
  },
};
