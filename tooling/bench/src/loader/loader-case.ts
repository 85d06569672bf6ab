import { fillForWarmRuns, startRedis } from '@kubecast/redis-loader/testing';
import type { BenchCase } from '../bench-case.ts';
import { nodeContestant } from '../contestant.ts';
import { runRounds } from '../rounds.ts';

/** All values of 1 KB from Redis into memory. The floor parses what it reads, as whoever uses a value must. */
export const loaderCase: BenchCase = {
  name: 'loader',
  measures: 'N values of 1 KB from Redis into memory, beside a bare MGET loop; commands that a resync causes',
  objects: 100_000,
  runs: 5,
  shortObjects: 5_000,
  async run({ objects, runs, progress }) {
    const redis = await startRedis({ kind: 'redis-server' });
    try {
      progress(`Redis is filled with ${objects} values`);
      await fillForWarmRuns(redis.url, objects);
      const env = { BENCH_OBJECTS: String(objects), BENCH_REDIS: redis.url };
      const outcome = await runRounds(
        [
          nodeContestant('bare MGET loop', 'loader/run-loader.ts', ['parsed'], { env }),
          nodeContestant('bare MGET loop, unparsed', 'loader/run-loader.ts', ['raw'], { env }),
          nodeContestant('kubecast', 'loader/run-loader.ts', ['loader'], { env }),
        ],
        runs,
        progress,
      );
      return {
        shapes: [
          {
            bench: 'loader',
            title: `${objects} values of 1 KB from Redis`,
            metrics: ['seconds', 'cpuSeconds', 'commands', 'resyncCommands', 'peakMB'],
            floor: 'bare MGET loop',
          },
        ],
        outcomes: [outcome],
        notes: ['The loader checks owner, version and digest of each envelope; the bare loop only parses it.'],
      };
    } finally {
      await redis.close();
    }
  },
};
