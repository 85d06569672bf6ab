import type { BenchCase } from './bench-case.ts';
import { eventsCase } from './events/events-case.ts';
import { syncCase } from './sync/sync-case.ts';

export const cases: readonly BenchCase[] = [syncCase, eventsCase];
