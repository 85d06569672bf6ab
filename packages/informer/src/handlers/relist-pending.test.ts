import { expect, test } from 'vitest';
import { createModelRig, lineOf } from '../testing/index.ts';

test('a relist that comes while a delete waits: the delete is handed out with what was last known, and what is made again is an add', async () => {
  const rig = createModelRig();
  rig.server.put('default', 'gone', 1);
  rig.server.put('default', 'again', 2);
  rig.server.put('default', 'stays', 3);
  rig.informer.start();
  await rig.clock.settle();
  const lines: string[] = [];
  const holding: (() => void)[] = [];
  const handle = rig.informer.handle(
    (delta) => {
      lines.push(lineOf(delta));
      return new Promise<void>((resolve) => holding.push(resolve));
    },
    { workers: 3 },
  );
  await rig.clock.settle();
  expect(lines).toHaveLength(3);
  // Both deletes come by the watch and wait behind the calls that hang.
  rig.server.delete('default', 'gone');
  rig.server.delete('default', 'again');
  await rig.clock.settle();
  expect(handle.waiting).toBe(2);
  // What follows is seen by a list alone.
  rig.server.cut();
  await rig.clock.settle();
  rig.server.put('default', 'again', 4);
  rig.server.put('default', 'stays', 5);
  rig.server.otherWrite();
  rig.server.restart();
  await rig.clock.advance(20_000);
  expect(rig.held()).toEqual(rig.truth());
  while (holding.length > 0) {
    for (const go of holding.splice(0)) go();
    await rig.clock.settle();
  }
  expect(lines.slice(3).sort()).toEqual([
    'added default/again uid-4@101 4 (relist)',
    'deleted default/again uid-2@100 2 (watch, deleted)',
    'deleted default/gone uid-1@99 1 (watch, deleted)',
    'updated default/stays uid-3@102 5 (relist)',
  ]);
  const again = lines.filter((line) => line.includes('/again'));
  expect(again.map((line) => line.split(' ', 1)[0])).toEqual(['added', 'deleted', 'added']);
  await rig.informer.stop();
});
