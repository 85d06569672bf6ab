import type { ResultLine } from './table.ts';

/** What a short run must not be worse than. Generous: a shared machine and small sizes are not to turn it red, a mistake in kind is. */
interface Bound {
  readonly bench: string;
  readonly who: string;
  readonly metric: string;
  /** The most that the ratio to the floor may be, or, with `atLeast`, the least. */
  readonly ratio?: number;
  readonly atLeast?: number;
  readonly most?: number;
  readonly least?: number;
  readonly why: string;
}

export const bounds: readonly Bound[] = [
  { bench: 'sync', who: 'kubecast', metric: 'seconds', ratio: 6, why: 'a small sync is mostly the start of the informer' },
  { bench: 'sync', who: 'kubecast', metric: 'peakMB', ratio: 2.5, why: 'Node itself is most of it' },
  { bench: 'relist', who: 'kubecast', metric: 'handled', most: 0, why: 'nothing changed, so nobody is told' },
  { bench: 'relist', who: 'kubecast', metric: 'peakPerSteady', most: 2, why: 'few objects beside what the process is' },
  { bench: 'events', who: 'kubecast', metric: 'lost', most: 0, why: 'an update is never lost' },
  { bench: 'events-most', who: 'kubecast', metric: 'lost', most: 0, why: 'an update is never lost' },
  { bench: 'events-embedded', who: 'kubecast', metric: 'lost', most: 0, why: 'an update is never lost' },
  { bench: 'memory', who: 'kubecast', metric: 'steadyBytesPerObject', most: 8_000, why: 'few objects give a rough slope' },
  { bench: 'restart', who: 'kubecast from a file', metric: 'firstReadMs', most: 2_000, why: 'a loaded machine' },
  { bench: 'store-200', who: 'kubecast', metric: 'hotPerCpuSecond', atLeast: 0.05, why: 'few reads are a short span' },
  { bench: 'store-20000', who: 'kubecast', metric: 'bytesPerObject', ratio: 1, why: 'packed is smaller than parsed' },
  { bench: 'store-20000', who: 'kubecast', metric: 'writePerCpuSecond', atLeast: 0.2, why: 'parsing alone is half of a plain write' },
  { bench: 'maps-20000', who: 'ConcurrentMap', metric: 'perCpuSecond', atLeast: 0.2, why: 'a short span on a loaded machine' },
  { bench: 'maps-20000', who: 'ConcurrentMap', metric: 'p99Us', ratio: 10, why: 'a short span on a loaded machine' },
  { bench: 'maps-20000', who: 'TenantCache', metric: 'perCpuSecond', atLeast: 0.05, why: 'a short span on a loaded machine' },
  {
    bench: 'maps-threads',
    who: 'SharedMap, 2 threads',
    metric: 'perCpuSecond',
    atLeast: 1,
    why: 'no message is slower than a read of memory',
  },
  { bench: 'maps-asyncs', who: 'ConcurrentMap, withKey', metric: 'lost', most: 0, why: 'an update is never lost' },
  { bench: 'maps-asyncs', who: 'ConcurrentMap, compareAndSet', metric: 'lost', most: 0, why: 'an update is never lost' },
  { bench: 'maps-asyncs', who: 'ConcurrentMap, compute', metric: 'lost', most: 0, why: 'an update is never lost' },
  { bench: 'maps-hits', who: 'TenantCache', metric: 'zipfPercent', atLeast: 1, why: 'the requests are the same in every run' },
  { bench: 'maps-hits', who: 'TenantCache', metric: 'scanPercent', atLeast: 1, why: 'the requests are the same in every run' },
  { bench: 'maps-hits', who: 'TenantCache', metric: 'loopPercent', least: 50, why: 'the requests are the same in every run' },
  { bench: 'loader', who: 'kubecast', metric: 'cpuSeconds', ratio: 4, why: 'few values are mostly the start' },
  { bench: 'loader', who: 'kubecast', metric: 'resyncCommands', most: 0, why: 'an unchanged version asks Redis nothing' },
  { bench: 'resolve', who: 'kubecast resolver', metric: 'perCpuSecond', atLeast: 0.2, why: 'CPU is counted in hundredths of a second' },
  { bench: 'forward', who: 'kubecast resolver', metric: 'perCpuSecond', atLeast: 0.2, why: 'CPU is counted in hundredths of a second' },
  { bench: 'calls', who: 'one of ten is 20 times slower', metric: 'p99Ms', ratio: 3, why: 'a short run, and it is met once in a while' },
  {
    bench: 'calls',
    who: 'one of four hangs',
    metric: 'failedPercent',
    most: 2,
    why: 'a short run has few calls beside the first that hang',
  },
  { bench: 'convert', who: 'kubecast', metric: 'microsPerObject', ratio: 8, why: 'it checks every field' },
  { bench: 'import', who: '@kubecast/client', metric: 'importMs', ratio: 6, why: 'a few milliseconds on a loaded machine' },
  { bench: 'import-get', who: '@kubecast/client', metric: 'firstGetMs', ratio: 3, why: 'a loaded machine' },
  { bench: 'propagation', who: 'kubecast', metric: 'p99Ms', most: 1_000, why: 'a loaded machine' },
];

/** What is wrong with the lines of one benchmark, whose tables are named by its own name or begin with it; and what it calls forwarding. */
export function checkBounds(name: string, lines: readonly ResultLine[]): readonly string[] {
  const failures: string[] = [];
  const own = (bench: string): boolean =>
    bench === name ||
    bench.startsWith(`${name}-`) ||
    (name === 'resolve' && bench === 'forward') ||
    (name === 'sync' && bench === 'relist');
  for (const bound of bounds) {
    if (!own(bound.bench)) continue;
    const line = lines.find(({ bench, who, metric }) => bench === bound.bench && who === bound.who && metric === bound.metric);
    const told = `${bound.bench}: ${bound.metric} of ${bound.who}`;
    if (!line) failures.push(`${told} was not measured`);
    else if (bound.ratio !== undefined && !((line.floorRatio ?? Number.NaN) <= bound.ratio))
      failures.push(`${told} is ${line.floorRatio} of the floor; at most ${bound.ratio} (${bound.why})`);
    else if (bound.atLeast !== undefined && !((line.floorRatio ?? Number.NaN) >= bound.atLeast))
      failures.push(`${told} is ${line.floorRatio} of the floor; at least ${bound.atLeast} (${bound.why})`);
    else if (bound.most !== undefined && !(line.median <= bound.most))
      failures.push(`${told} is ${line.median}; at most ${bound.most} (${bound.why})`);
    else if (bound.least !== undefined && !(line.median >= bound.least))
      failures.push(`${told} is ${line.median}; at least ${bound.least} (${bound.why})`);
  }
  return failures;
}
