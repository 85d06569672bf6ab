import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runShared } from './store-shared/run-shared.ts';

test(
  'two threads read what a third writes, grows, leaves half written and dies with: nothing torn, lost, resurrected',
  { timeout: 120_000 },
  async () => {
    const result = await runShared({ seconds: 3, objects: 12_000, seed: 7, leaseMs: 1_000 });
    assert.deepEqual(result.faults, []);
    assert.ok(result.slotGrowths >= 4, `${result.slotGrowths} growths`);
    assert.ok(result.pinReleased, 'the room that a killed reader held was used again');
    assert.ok(result.getsWhileFrozen > 1_000);
    assert.ok(result.getsAfterKill > 1_000);
    assert.equal(result.ok, true);
  },
);
