import { expect, test } from 'vitest';
import { createModelRig } from './testing/index.ts';

test('a streamed list is shown at once, at its end bookmark, and the same stream goes on as the watch', async () => {
  const { api, clock, held, informer, server, state, truth } = createModelRig({ api: { batch: 1, paceMs: 100 } });
  for (let i = 0; i < 5; i += 1) server.put('default', `thing-${i}`, i);
  informer.start();
  await clock.advance(300);
  expect(state()).toBe('Streaming');
  expect(informer.view.size).toBe(0);
  await clock.advance(1000);
  expect(held()).toEqual(truth());
  expect(state()).toBe('Watching');
  server.put('default', 'thing-1', 11);
  server.put('default', 'thing-9', 9);
  server.delete('default', 'thing-0');
  await clock.settle();
  expect(held()).toEqual(truth());
  expect(api.requests.map((request) => request.kind)).toEqual(['stream']);
  await informer.stop();
  expect(state()).toBe('Stopped');
  expect(clock.pending).toBe(0);
  expect(api.open).toBe(0);
});
