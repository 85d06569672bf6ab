import type { BenchCase, BenchResult } from '../bench-case.ts';
import { buildClientGo } from '../client-go.ts';
import { nodeContestant } from '../contestant.ts';
import { runRounds, summarize, type Outcome } from '../rounds.ts';
import { startBenchServer } from '../server.ts';
import { APP_FLAGS } from '../sync/sync-case.ts';

/** What one more object costs: the steady state and the peak at several sizes, and the slope between the smallest and the largest. */
export const memoryCase: BenchCase = {
  name: 'memory',
  measures: 'memory by number of objects, steady and at the peak, and bytes for each object more',
  objects: 200_000,
  runs: 1,
  shortObjects: 4_000,
  async run({ objects, runs, progress }) {
    const goBinary = await buildClientGo(progress);
    const sizes = [Math.ceil(objects / 20), Math.ceil(objects / 4), objects];
    const shapes: BenchResult['shapes'][number][] = [];
    const outcomes: Outcome[] = [];
    for (const size of sizes) {
      const server = await startBenchServer(size, progress);
      try {
        const { env } = server;
        outcomes.push(
          await runRounds(
            [
              nodeContestant('floor', 'sync/floor.ts', [], { env }),
              nodeContestant('kubecast', 'sync/kubecast.ts', [], { env }),
              nodeContestant('kubecast, apps’ flags', 'sync/kubecast.ts', [], { env, flags: APP_FLAGS }),
              ...(goBinary === undefined
                ? []
                : [
                    { who: 'client-go typed stripped', command: goBinary, args: ['-mode=typed', '-strip'], env },
                    { who: 'client-go dynamic stripped', command: goBinary, args: ['-mode=dynamic', '-strip'], env },
                  ]),
            ],
            runs,
            progress,
          ),
        );
        shapes.push({
          bench: `memory-${size}`,
          title: `memory of ${size} AppModels from ${server.name}`,
          metrics: ['peakMB', 'steadyMB', 'seconds'],
          floor: 'floor',
        });
      } finally {
        await server[Symbol.asyncDispose]();
      }
    }
    const slope = new Map(
      [...(outcomes[0] ?? [])].flatMap(([who, least]) => {
        const most = outcomes.at(-1)?.get(who);
        const of = (metric: string): number =>
          (((most?.get(metric)?.median ?? Number.NaN) - (least.get(metric)?.median ?? Number.NaN)) * 1024 * 1024) /
          ((sizes.at(-1) as number) - (sizes[0] as number));
        if (who === 'floor') return [];
        return [
          [
            who,
            new Map([
              ['steadyBytesPerObject', summarize([of('steadyMB')])],
              ['peakBytesPerObject', summarize([of('peakMB')])],
            ]),
          ] as const,
        ];
      }),
    );
    shapes.push({ bench: 'memory', title: 'bytes for each object more', metrics: ['steadyBytesPerObject', 'peakBytesPerObject'] });
    outcomes.push(slope);
    return { shapes, outcomes };
  },
};
