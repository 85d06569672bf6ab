import type { BenchCase } from './bench-case.ts';
import { convertCase } from './convert/convert-case.ts';
import { eventsCase } from './events/events-case.ts';
import { importCase } from './import/import-case.ts';
import { loaderCase } from './loader/loader-case.ts';
import { mapsCase } from './maps/maps-case.ts';
import { memoryCase } from './memory/memory-case.ts';
import { propagationCase } from './propagation/propagation-case.ts';
import { callsCase } from './resolve/calls-case.ts';
import { resolveCase } from './resolve/resolve-case.ts';
import { restartCase } from './restart/restart-case.ts';
import { storeCase } from './store/store-case.ts';
import { syncCase } from './sync/sync-case.ts';
import { transportCase } from './transport/transport-case.ts';

/** The same at the size that tells the most, under names of its own. */
const headline: BenchCase = {
  ...syncCase,
  name: 'sync-100000',
  measures: 'sync with 100,000 AppModels',
  objects: 100_000,
  onlyLong: true,
  async run(options) {
    const { shapes, ...rest } = await syncCase.run(options);
    return { ...rest, shapes: shapes.map((shape) => ({ ...shape, bench: `${shape.bench}-${options.objects}` })) };
  },
};

export const cases: readonly BenchCase[] = [
  headline,
  syncCase,
  eventsCase,
  memoryCase,
  restartCase,
  storeCase,
  mapsCase,
  loaderCase,
  resolveCase,
  callsCase,
  convertCase,
  importCase,
  transportCase,
  propagationCase,
];
