import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { MapContestant } from '../map-contestant.ts';

export default async function classicLevel(): Promise<MapContestant> {
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-level-'));
  const database = new ClassicLevel<string, string>(folder);
  await database.open();
  return {
    sync: false,
    get: (key) => database.get(key),
    set: (key, value) => database.put(key, value),
    durable: {
      put: (key, value) => database.put(key, value),
      // A write that syncs takes all before it along: LevelDB has one log.
      flushed: () => database.put('flushed', '', { sync: true }),
    },
    async close() {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
