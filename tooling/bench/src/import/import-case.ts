import { join } from 'node:path';
import type { BenchCase } from '../bench-case.ts';
import { builtContestants } from '../built.ts';
import type { Contestant } from '../contestant.ts';
import { runRounds } from '../rounds.ts';
import { startBenchServer } from '../server.ts';

const PACKAGES = ['store', 'crd', 'client', 'informer', 'runtime', 'redis-loader', 'model-index'];

/** Of the built packages, as users import them. */
export const importCase: BenchCase = {
  name: 'import',
  measures: 'time and memory of importing each built package, and of the first GET, beside bare node:https and client-node',
  objects: 1,
  runs: 11,
  shortObjects: 1,
  async run({ runs, short, progress }) {
    const server = await startBenchServer(1, progress, { embedded: true });
    try {
      const contestant = (who: string, ...args: string[]): Contestant => ({
        who,
        command: process.execPath,
        args: [join(builtContestants(), 'import/run-import.mjs'), ...args],
        env: server.env,
      });
      const rounds = short ? 3 : runs;
      const imports = await runRounds(
        [
          contestant('node:https', 'node:https'),
          ...PACKAGES.map((name) => contestant(`@kubecast/${name}`, `@kubecast/${name}`)),
          contestant('@kubernetes/client-node', '@kubernetes/client-node'),
        ],
        rounds,
        progress,
      );
      const gets = await runRounds(
        ['node:https', '@kubecast/client', '@kubernetes/client-node'].map((name) => contestant(name, name, 'get')),
        rounds,
        progress,
      );
      return {
        shapes: [
          { bench: 'import', title: 'import', metrics: ['importMs', 'importMB', 'cpuMs', 'peakMB'], floor: 'node:https' },
          {
            bench: 'import-get',
            title: `import and the first GET, ${server.name}`,
            metrics: ['firstGetMs', 'importMs', 'cpuMs', 'peakMB'],
            floor: 'node:https',
          },
        ],
        outcomes: [imports, gets],
      };
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
};
