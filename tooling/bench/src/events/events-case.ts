import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCase, BenchResult } from '../bench-case.ts';
import { buildClientGo } from '../client-go.ts';
import { nodeContestant, runContestant, type Contestant } from '../contestant.ts';
import { add, outcomeOf, type Outcome } from '../rounds.ts';
import { startBenchServer, type BenchServer } from '../server.ts';
import { drive } from './drive.ts';

interface Load {
  readonly bench: string;
  readonly title: string;
  readonly events: number;
  /** A second; 0: as many as the server takes. */
  readonly rate: number;
}

const METRICS = ['p99Ms', 'meanMs', 'p50Ms', 'maxMs', 'lost', 'folded', 'perSecond', 'eventsCpuSeconds', 'peakMB'];

/** From the sending of an update to the end of its handler, which awaits a millisecond. */
export const eventsCase: BenchCase = {
  name: 'events',
  measures: 'from the sending of an update to the end of its handler (1 ms, 16 at once): mean, p99, lost',
  objects: 10_000,
  runs: 1,
  shortObjects: 500,
  async run({ objects, runs, short, progress }) {
    const folder = mkdtempSync(join(tmpdir(), 'kubecast-bench-'));
    const goBinary = await buildClientGo(progress);
    const seconds = short ? 2 : 30;
    const shapes: BenchResult['shapes'][number][] = [];
    const outcomes: Outcome[] = [];
    const measure = async (server: BenchServer, held: number, loads: readonly Load[], withPeers: boolean): Promise<void> => {
      const kubeconfig = join(folder, 'kubeconfig');
      server.cluster.writeKubeconfig(kubeconfig);
      for (const load of loads) {
        const env = { ...server.env, KUBECONFIG: kubeconfig, BENCH_OBJECTS: String(held), BENCH_EVENTS: String(load.events) };
        const contestants: Contestant[] = [nodeContestant('kubecast', 'events/kubecast.ts', [], { env })];
        if (goBinary !== undefined) contestants.push({ who: 'client-go typed', command: goBinary, args: [`-events=${load.events}`], env });
        contestants.push(nodeContestant('client-node', 'events/client-node.ts', [], { env }));
        if (withPeers) contestants.push(nodeContestant('fluent-client', 'events/fluent-client.ts', [], { env }));
        const all = new Map<string, Map<string, number[]>>();
        for (let run = 1; run <= runs; run += 1) {
          for (const contestant of contestants) {
            progress(`${load.title}, run ${run} of ${runs}: ${contestant.who}`);
            let driving: Promise<number> | undefined;
            const figures = await runContestant(contestant, {
              onLine: () => {
                driving = drive(server.cluster, held, load.events, load.rate);
              },
            });
            add(all, contestant.who, { ...figures, perSecond: (await driving) ?? 0 });
          }
        }
        shapes.push({ bench: load.bench, title: `${load.title}, ${held} AppModels, ${server.name}`, metrics: METRICS });
        outcomes.push(outcomeOf(all));
      }
    };
    try {
      const server = await startBenchServer(objects, progress);
      try {
        await measure(
          server,
          objects,
          [
            { bench: 'events', title: '1,000 updates a second', events: 1_000 * seconds, rate: 1_000 },
            { bench: 'events-most', title: 'as many updates as the server takes', events: 500 * seconds, rate: 0 },
          ],
          true,
        );
      } finally {
        await server[Symbol.asyncDispose]();
      }
      const few = Math.min(objects, 2_000);
      const embedded = await startBenchServer(few, progress, { embedded: true });
      try {
        await measure(
          embedded,
          few,
          [{ bench: 'events-embedded', title: '5,000 updates a second', events: 5_000 * Math.ceil(seconds / 3), rate: 5_000 }],
          false,
        );
      } finally {
        await embedded[Symbol.asyncDispose]();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return {
      shapes,
      outcomes,
      notes: ['`folded`: updates of an object that came before its handler had taken the one before; none is lost by it.'],
    };
  },
};
