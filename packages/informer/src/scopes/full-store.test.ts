import { expect, test } from 'vitest';
import { createModelRig, lineOf } from '../testing/index.ts';

test('a list that does not fit into a shared store beside what it holds: what the list lacks leaves first, and then the list is shown', async () => {
  const rig = createModelRig({
    store: { shared: { recordBytes: 4 << 20, indexBytes: 1 << 16 } },
    indexes: { long: ({ value }) => [String(value.spec.payload).padEnd(6_000, '-')] },
  });
  for (let i = 0; i < 7; i += 1) rig.server.put('default', `old-${i}`, i);
  rig.informer.start();
  await rig.clock.advance(1000);
  expect(rig.held()).toHaveLength(7);
  const lines: string[] = [];
  rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  await rig.clock.settle();
  lines.length = 0;
  for (let i = 0; i < 7; i += 1) {
    // Streams break first, and what was before is expired: a list alone tells of it.
    rig.server.restart();
    rig.server.delete('default', `old-${i}`);
    rig.server.put('default', `new-${i}`, 100 + i);
  }
  rig.server.restart();
  await rig.clock.advance(60_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.state()).toBe('Watching');
  expect(lines.filter((line) => line.startsWith('deleted'))).toHaveLength(7);
  expect(lines.filter((line) => line.startsWith('added'))).toHaveLength(7);
  await rig.informer.stop();
});

test('an object whose new version does not fit into a shared store keeps the old one, also where a list brings it', async () => {
  const rig = createModelRig({
    store: { hotBytes: 0, shared: { recordBytes: 2 << 20, indexBytes: 1 << 20 } },
    transform: (object) => ({ ...object, spec: { ...(object['spec'] as { payload: number }), pad: 'x'.repeat(120_000) } }),
  });
  for (let i = 0; i < 8; i += 1) rig.server.put('default', `n-${i}`, i);
  rig.informer.start();
  await rig.clock.advance(1000);
  expect(rig.held()).toHaveLength(8);
  const lines: string[] = [];
  rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  await rig.clock.settle();
  rig.server.cut();
  for (let i = 0; i < 8; i += 1) rig.server.put('default', `n-${i}`, 100 + i);
  rig.server.restart();
  await rig.clock.advance(30_000);
  expect(rig.reports.some(({ kind, message }) => kind === 'program-error' && message.includes('shared.recordBytes'))).toBe(true);
  expect(rig.held()).toHaveLength(8);
  expect(lines.filter((line) => line.startsWith('deleted'))).toEqual([]);
  // Room comes: what was skipped is listed for.
  for (let i = 2; i < 8; i += 1) rig.server.delete('default', `n-${i}`);
  await rig.clock.advance(1_000_000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});
