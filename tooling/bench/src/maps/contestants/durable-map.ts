import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DurableMap } from '@kubecast/concurrent-map/level';
import type { MapContestant } from '../map-contestant.ts';

export default async function durableMap(): Promise<MapContestant> {
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-durable-'));
  const map = await DurableMap.open<string>(folder);
  return {
    sync: true,
    get: (key) => map.get(key),
    set: (key, value) => map.set(key, value),
    flush: () => map.flushed(),
    durable: { put: (key, value) => map.set(key, value), flushed: () => map.flushed() },
    async close() {
      await map.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
