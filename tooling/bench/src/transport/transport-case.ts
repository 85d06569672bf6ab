import type { BenchCase } from '../bench-case.ts';
import { nodeContestant } from '../contestant.ts';
import type { Outcome } from '../rounds.ts';
import { runRounds } from '../rounds.ts';
import { startBenchServer } from '../server.ts';
import type { Shape } from '../table.ts';

const SHAPES = [
  { name: 'small', title: 'GETs, 50 at once', metrics: ['perSecond', 'p50Ms', 'p99Ms', 'cpuMs', 'sockets', 'peakMB'] },
  { name: 'list', title: 'all AppModels in one answer', metrics: ['ms', 'cpuMs', 'itemMB', 'peakMB'] },
  { name: 'watches', title: '50 watches of one object that changes', metrics: ['p50Ms', 'p99Ms', 'openMs', 'cpuMs', 'sockets', 'peakMB'] },
] as const;

/** Which version of HTTP the client's transport should speak by default. */
export const transportCase: BenchCase = {
  name: 'transport',
  measures: "the client's transport over HTTP/1.1 and over HTTP/2: many small GETs, one long list, fifty watches, on the real API server",
  objects: 20_000,
  runs: 3,
  shortObjects: 1_000,
  async run({ objects, runs, short, progress }) {
    const server = await startBenchServer(objects, progress);
    try {
      if (server.cluster.kind !== 'real')
        return { shapes: [], outcomes: [], notes: ['NOT MEASURED: only the real API server speaks HTTP/2, and npm run envtest builds it'] };
      const requests = short ? 500 : 10_000;
      const shapes: Shape[] = [];
      const outcomes: Outcome[] = [];
      for (const shape of SHAPES) {
        shapes.push({
          bench: `transport-${shape.name}`,
          title: `${shape.title}, ${server.name}, ${objects} AppModels`,
          metrics: shape.metrics,
          floor: 'HTTP/1.1',
        });
        const contestants = (['1', '2'] as const).map((version) =>
          nodeContestant(
            version === '1' ? 'HTTP/1.1' : 'HTTP/2',
            'transport/run-transport.ts',
            [shape.name, version, String(objects), String(requests)],
            { env: server.env },
          ),
        );
        outcomes.push(await runRounds(contestants, runs, progress));
      }
      return { shapes, outcomes };
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
};
