import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { MapContestant } from '../map-contestant.ts';

export default function lmdb(): MapContestant {
  const folder = mkdtempSync(join(tmpdir(), 'kubecast-lmdb-'));
  const database = open<string, string>({ path: join(folder, 'data'), encoding: 'string', mapSize: 8 * 1024 ** 3 });
  return {
    sync: true,
    get: (key) => database.get(key),
    set: (key, value) => void database.put(key, value),
    flush: () => database.committed,
    durable: {
      put: (key, value) => database.put(key, value),
      async flushed() {
        await database.committed;
        await database.flushed;
      },
    },
    async close() {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
