import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCase } from '../bench-case.ts';
import { buildClientGo } from '../client-go.ts';
import { nodeContestant, type Contestant } from '../contestant.ts';
import { runRounds } from '../rounds.ts';
import { startBenchServer } from '../server.ts';

/** How our apps start Node: smaller halves of the young generation cost a little time and save twice their size. */
export const APP_FLAGS: readonly string[] = ['--max-semi-space-size=4'];

/** From nothing to a complete, indexed copy whose handler has seen every object. */
export const syncCase: BenchCase = {
  name: 'sync',
  measures:
    'the first complete copy of N AppModels: time, CPU, memory, pauses, beside client-go, client-node, fluent-client and the bare stream',
  objects: 20_000,
  runs: 2,
  async run({ objects, runs, progress }) {
    const server = await startBenchServer(objects, progress);
    const folder = mkdtempSync(join(tmpdir(), 'kubecast-bench-'));
    try {
      const kubeconfig = join(folder, 'kubeconfig');
      server.cluster.writeKubeconfig(kubeconfig);
      const env = { ...server.env, KUBECONFIG: kubeconfig, BENCH_OBJECTS: String(objects) };
      const ours = (who: string, flags: readonly string[]): Contestant => nodeContestant(who, 'sync/kubecast.ts', [], { env, flags });
      const goBinary = await buildClientGo(progress);
      const go = (who: string, ...args: string[]): readonly Contestant[] =>
        goBinary === undefined ? [] : [{ who, command: goBinary, args, env }];
      const outcome = await runRounds(
        [
          nodeContestant('floor', 'sync/floor.ts', [], { env }),
          ours('kubecast', []),
          ours('kubecast, apps’ flags', APP_FLAGS),
          ...go('client-go typed', '-mode=typed'),
          ...go('client-go typed stripped', '-mode=typed', '-strip'),
          ...go('client-go dynamic', '-mode=dynamic'),
          ...go('client-go dynamic stripped', '-mode=dynamic', '-strip'),
          nodeContestant('client-node', 'sync/client-node.ts', [], { env }),
          nodeContestant('fluent-client', 'sync/fluent-client.ts', [], { env }),
        ],
        runs,
        progress,
      );
      const relist = await runRounds(
        [
          nodeContestant('kubecast', 'sync/relist.ts', [], { env }),
          nodeContestant('kubecast, apps’ flags', 'sync/relist.ts', [], { env, flags: APP_FLAGS }),
        ],
        runs,
        progress,
      );
      return {
        shapes: [
          {
            bench: 'sync',
            title: `sync of ${objects} AppModels from ${server.name}`,
            metrics: ['seconds', 'cpuSeconds', 'peakMB', 'steadyMB', 'pauseP99Ms', 'pauseMaxMs'],
            floor: 'floor',
          },
          {
            bench: 'relist',
            title: `a forced relist of ${objects} AppModels with nothing changed`,
            metrics: ['seconds', 'cpuSeconds', 'peakMB', 'steadyMB', 'peakPerSteady', 'pauseP99Ms', 'pauseMaxMs', 'handled'],
          },
        ],
        outcomes: [outcome, relist],
        notes: [
          ...(goBinary === undefined ? ['Go is not installed: the rows of client-go are left out.'] : []),
          'fluent-client keeps no copy: its row is a list and a callback for each object.',
        ],
      };
    } finally {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
