import { expect, test } from 'vitest';
import { createModelRig, statuses } from '../testing/index.ts';

test('a resource that was missing for long is there within seconds of being made, though its first answer is 429', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const rig = createModelRig({ seed });
    rig.server.put('default', 'a', 1);
    rig.api.plan('any', { status: statuses.notFound }, 60);
    rig.informer.start();
    await rig.clock.advance(60_000);
    expect(rig.state()).toBe('Gone');
    // Made: the next request is turned away for a moment, as every first one to a new resource is.
    rig.api.calm();
    rig.api.plan('any', { status: statuses.tooManyRequests }, 1);
    await rig.clock.advance(3_000 + 2_500);
    expect(`${seed} ${rig.state()}`).toBe(`${seed} Watching`);
    await rig.informer.stop();
  }
});
