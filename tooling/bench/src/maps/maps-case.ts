import type { BenchCase } from '../bench-case.ts';
import { nodeContestant, type Contestant } from '../contestant.ts';
import { convertContestants } from '../convert/convert-case.ts';
import { runRounds, type Outcome } from '../rounds.ts';
import type { Shape } from '../table.ts';

const GARBAGE = ['collections', 'collectionMs', 'longestCollectionMs'];
const MIXED = [
  'perSecond',
  'perCpuSecond',
  'p50Us',
  'p99Us',
  'p999Us',
  'clockP50Us',
  'clockP99Us',
  'fillPerSecond',
  'fillP99Us',
  'fillLongestMs',
  'bytesPerEntry',
  'collectionsPerMillion',
  'collectionMsPerMillion',
  'longestCollectionMs',
  'peakMB',
];
/** Answer at once, from this thread's memory. */
const IN_MEMORY: readonly (readonly [who: string, file: string])[] = [
  ['plain Map', 'plain-map'],
  ['ConcurrentMap', 'concurrent-map'],
  ['lru-cache', 'lru-cache'],
  ['TenantCache', 'tenant-cache'],
];
const ELSEWHERE: typeof IN_MEMORY = [
  ['keyv', 'keyv'],
  ['Map behind messages', 'worker-map'],
  ['SharedMap', 'shared-map'],
  ['lmdb', 'lmdb'],
  ['classic-level', 'classic-level'],
  ['DurableMap', 'durable-map'],
];

/** The maps for many asyncs, threads and restarts beside what programs use for the same. */
export const mapsCase: BenchCase = {
  name: 'maps',
  measures:
    'the maps beside a plain Map, a Map behind messages to a worker, lru-cache, keyv, lmdb and classic-level; lost updates, hit rates, garbage',
  objects: 1_000_000,
  runs: 3,
  shortObjects: 20_000,
  async run({ objects, runs, short, progress }) {
    const shapes: Shape[] = [];
    const outcomes: Outcome[] = [];
    const seconds = short ? '0.2' : '2';
    const table = async (shape: Shape, contestants: readonly Contestant[], times: number = runs): Promise<void> => {
      shapes.push(shape);
      outcomes.push(await runRounds(contestants, times, (line) => progress(`${shape.bench}, ${line}`)));
    };
    const of =
      (file: string, size: number) =>
      (who: string, arg: string): Contestant =>
        nodeContestant(who, `maps/${file}`, [arg], {
          env: { BENCH_OBJECTS: String(size), BENCH_SECONDS: seconds },
          flags: ['--max-old-space-size=12000'],
        });

    for (const size of [Math.ceil(objects / 100), objects]) {
      const mixed = of('run-mixed.ts', size);
      const title = `${size} keys of 100 bytes, nine reads to one write`;
      await table(
        { bench: `maps-${size}`, title, metrics: MIXED, floor: 'plain Map' },
        IN_MEMORY.map((each) => mixed(...each)),
      );
      await table(
        { bench: `maps-elsewhere-${size}`, title: `${title}: what is asked by an await, over threads, or in files`, metrics: MIXED },
        ELSEWHERE.map((each) => mixed(...each)),
        size > 200_000 ? 1 : runs,
      );
    }

    const threads = (who: string, file: string, count: number): Contestant =>
      nodeContestant(`${who}, ${count} threads`, 'maps/run-threads.ts', [file], {
        env: { BENCH_OBJECTS: String(Math.ceil(objects / 100)), BENCH_SECONDS: seconds, BENCH_THREADS: String(count) },
      });
    await table(
      {
        bench: 'maps-threads',
        title: `${Math.ceil(objects / 100)} keys of 100 bytes, nine reads to one write, asked by threads`,
        metrics: ['perSecond', 'perCpuSecond', 'p50Us', 'p99Us', 'peakMB'],
        floor: 'Map behind messages, 2 threads',
      },
      [2, 32].flatMap((count) => [threads('Map behind messages', 'worker-map', count), threads('SharedMap', 'shared-map', count)]),
    );

    const asyncs = of('run-asyncs.ts', Math.ceil(objects / 10));
    await table(
      {
        bench: 'maps-asyncs',
        title: `${Math.ceil(objects / 10)} updates by 32 asyncs: each reads, awaits, and writes one more`,
        metrics: ['perSecond', 'p50Us', 'p99Us', 'lost', 'cpuSeconds', ...GARBAGE],
        floor: 'Map, one lock',
      },
      [
        asyncs('Map, unguarded', 'unguarded'),
        asyncs('Map, one lock', 'one-lock'),
        asyncs('Map, 64 locks', 'many-locks'),
        asyncs('Map behind messages', 'messages'),
        asyncs('ConcurrentMap, withKey', 'withKey'),
        asyncs('ConcurrentMap, compareAndSet', 'compareAndSet'),
        asyncs('ConcurrentMap, compute', 'compute'),
      ],
    );

    const tiers = of('run-tiers.ts', objects);
    await table(
      {
        bench: 'maps-tiers',
        title: `${objects} requests for ${Math.ceil(objects / 50)} objects of 1 KB, nine reads to one write, Zipf 0.9, on three kinds of map`,
        metrics: ['meanUs', 'p99Us', ...GARBAGE, 'heldMB', 'cpuSeconds'],
        floor: 'parsed objects in a Map',
      },
      [
        tiers('parsed objects in a Map', 'map'),
        tiers('packed bytes', 'kubecast-packed'),
        tiers('packed bytes and a hot tier of 8 MB', 'kubecast-hybrid'),
      ],
    );

    const durable = of('run-durable.ts', Math.ceil(objects / 10));
    await table(
      {
        bench: 'maps-durable',
        title: `${Math.ceil(objects / 10)} entries on a disk`,
        metrics: [
          'getP50Us',
          'getP99Us',
          'putP50Us',
          'putP99Us',
          'flushedP50Us',
          'flushedP99Us',
          'flushedPerSecond',
          'cpuSeconds',
          'collections',
          'collectionMs',
        ],
      },
      ELSEWHERE.filter(([who]) => ['lmdb', 'classic-level', 'DurableMap'].includes(who))

        .map((each) => durable(...each)),
    );

    // Fewer tell nothing: a cache that has just been filled knows no frequencies.
    const hits = of('run-hits.ts', Math.max(100_000, Math.ceil(objects / 5)));
    await table(
      {
        bench: 'maps-hits',
        title: 'hits of a cache with room for 1,000 of 50,000 keys',
        metrics: ['zipfPercent', 'scanPercent', 'loopPercent', 'perSecond', 'collections', 'collectionMs'],
        floor: 'lru-cache',
      },
      [hits('lru-cache', 'lru-cache'), hits('TenantCache', 'tenant-cache')],
      1,
    );

    await table(
      {
        bench: 'maps-convert',
        title: 'an AppModel of ten models, from unknown to typed: garbage collections for each thousand',
        metrics: ['collectionsPerThousand', 'collectionMsPerThousand', 'microsPerObject'],
        floor: 'JSON round trip',
      },
      convertContestants(Math.ceil(objects / 5)),
    );
    return { shapes, outcomes, notes: NOTES };
  },
};

const NOTES: readonly string[] = [
  'A key that is asked for is another text than the one that is kept, with the same characters. `p50Us` and its like are of single operations, the two readings of the clock included; `clockP50Us` and `clockP99Us` are what those cost with nothing between them.',
  'lmdb and classic-level keep their entries in files, a worker in another thread: their memory is not in `bytesPerEntry`. Except lmdb and SharedMap, they are asked one request after another, each awaited.',
  '`fillLongestMs` is the CPU time of the longest 64 writes one after another while the map fills: its growth, and the garbage that it leaves.',
  'A hit rate depends on nothing but the requests, which are the same in every run.',
];
