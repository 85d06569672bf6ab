import { expect, test } from 'vitest';
import { fillForWarmRuns, startRespServer, warmByHand, warmByLoader } from './index.ts';

test('both ways of the benchmark hold every value, with as many commands; a resync causes none', async () => {
  const server = await startRespServer();
  try {
    await fillForWarmRuns(server.url, 1_500);
    const hand = await warmByHand(server.url, 1_500, { parse: true });
    const loader = await warmByLoader(server.url, 1_500);
    expect([hand.commands, loader.commands, loader.resyncCommands]).toEqual([12, 12, 0]);
    expect(loader.seconds).toBeGreaterThan(0);
  } finally {
    await server.close();
  }
});
