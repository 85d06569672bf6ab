import { expect, test } from 'vitest';
import { runThreadHistories } from '../testing/node-thread-histories.ts';

const HISTORIES = Number(process.env['KUBECAST_HISTORIES'] ?? 20_000);
const SEED = Number(process.env['KUBECAST_SEED'] ?? 1);

test(`${HISTORIES} histories of four threads are linearizable, killed calls included`, { timeout: 3_600_000 }, async () => {
  const { histories, overlapping, killed, faults } = await runThreadHistories({
    worker: new URL('../testing/node-thread-worker.ts', import.meta.url),
    execArgv: ['--conditions=@kubecast/source'],
    histories: HISTORIES,
    seed: SEED,
  });
  expect(faults).toEqual([]);
  expect(histories).toBe(HISTORIES);
  expect(overlapping).toBeGreaterThan(HISTORIES / 2);
  expect(killed).toBeGreaterThan(HISTORIES / 10);
});
