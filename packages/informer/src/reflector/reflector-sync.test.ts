import { expect, test } from 'vitest';
import { bookmarkFrame, createModelRig, frameOf, lineOf, statuses, wireObject } from '../testing/index.ts';
import type { ModelRig } from '../testing/index.ts';

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

function filled(options: Parameters<typeof createModelRig>[0] = {}, count = 5): ModelRig {
  const rig = createModelRig(options);
  for (let i = 0; i < count; i += 1) rig.server.put('default', `thing-${i}`, i);
  return rig;
}

const kinds = (rig: ModelRig): string[] => rig.api.requests.map((request) => request.kind);

test('the streamed list asks for the newest state, with bookmarks and an end mark', async () => {
  const { api, clock, informer } = filled({ labelSelector: 'sel=yes' });
  informer.start();
  await clock.settle();
  expect(api.requests[0]?.options).toMatchObject({
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
    labelSelector: 'sel=yes',
  });
  expect(api.requests[0]?.options.resourceVersion).toBeUndefined();
  await informer.stop();
});

test('only a bookmark whose annotation is exactly "true" ends the streamed list', async () => {
  const rig = filled({ api: { bookmarkMs: 1_000_000 } });
  rig.api.plan('stream', { initialEnd: 'True' });
  rig.informer.start();
  await rig.clock.advance(5000);
  expect(rig.informer.hasSynced).toBe(false);
  expect(rig.informer.view.size).toBe(0);
  await rig.informer.stop();
});

test('an unmarked bookmark amid the initial events neither ends the list nor moves the version', async () => {
  const rig = filled({ api: { batch: 1, paceMs: 100 } });
  rig.api.plan('stream', { initialEnd: 'unmarked-first' });
  rig.informer.start();
  await rig.clock.advance(450);
  expect(rig.informer.scopes()[0]?.counters.bookmarks).toBe(1);
  expect(rig.informer.view.size).toBe(0);
  expect(rig.informer.scopes()[0]?.resourceVersion).toBe('');
  await rig.clock.advance(1000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a streamed list whose end never comes is reported, then given up for a paged list by the deadline', async () => {
  const rig = filled();
  rig.api.plan('stream', { initialEnd: 'missing' });
  rig.informer.start();
  await rig.clock.advance(29_000);
  expect(rig.informer.hasSynced).toBe(false);
  expect(rig.reports.map((report) => report.kind)).toEqual(['late-bookmark']);
  await rig.clock.advance(2000);
  expect(rig.reports.map((report) => report.kind)).toEqual(['late-bookmark', 'streamed-list-given-up']);
  expect(rig.held()).toEqual(rig.truth());
  expect(kinds(rig)).toEqual(['stream', 'list', 'watch']);
  await rig.informer.stop();
});

test('a streamed list that is busy without end is given up after its whole time', async () => {
  const rig = filled();
  rig.api.plan('stream', { initialEnd: 'missing' });
  rig.informer.start();
  for (let i = 0; i < 32; i += 1) {
    await rig.clock.advance(10_000);
    rig.server.put('default', `new-${i}`, i);
  }
  await rig.clock.settle();
  expect(rig.held()).toEqual(rig.truth());
  expect(kinds(rig).slice(0, 3)).toEqual(['stream', 'list', 'watch']);
  await rig.informer.stop();
});

test('a server that refuses streamed lists gets a paged list at once, and is remembered', async () => {
  const rig = filled({ api: { noStreams: true } });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.held()).toEqual(rig.truth());
  expect(kinds(rig)).toEqual(['stream', 'list', 'watch']);
  rig.server.compact();
  rig.server.otherWrite();
  rig.server.restart();
  await rig.clock.advance(5000);
  expect(kinds(rig)).not.toContain('stream'.repeat(2));
  expect(kinds(rig).filter((kind) => kind === 'stream')).toHaveLength(1);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('the memory of a refused streamed list ends, since servers are upgraded', async () => {
  const rig = filled({ api: { noStreams: true }, limits: { streamedListMemoryMs: 60_000 } });
  rig.informer.start();
  await rig.clock.settle();
  rig.api.options = {};
  await rig.clock.advance(61_000);
  rig.server.otherWrite();
  rig.server.restart();
  await rig.clock.advance(5000);
  expect(kinds(rig).filter((kind) => kind === 'stream')).toHaveLength(2);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('updates, deletes and recreations inside the initial stream are in the list that it makes', async () => {
  const rig = filled({ api: { batch: 1, paceMs: 100 } });
  rig.informer.start();
  await rig.clock.advance(250);
  rig.server.put('default', 'thing-0', 100);
  rig.server.delete('default', 'thing-1');
  rig.server.delete('default', 'thing-4');
  rig.server.put('default', 'thing-4', 44);
  rig.server.put('default', 'thing-7', 7);
  rig.server.delete('default', 'thing-7');
  await rig.clock.advance(250);
  expect(rig.informer.view.size).toBe(0);
  await rig.clock.advance(2000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('initial events that come twice, or in another order, make the same list', async () => {
  for (const fault of [{ duplicateInitial: true }, { reverseInitial: true }, { duplicateInitial: true, reverseInitial: true }]) {
    const rig = filled({ api: { batch: 2, paceMs: 50 } });
    rig.api.plan('stream', fault);
    rig.informer.start();
    await rig.clock.advance(60);
    rig.server.delete('default', 'thing-4');
    rig.server.put('default', 'thing-0', 90);
    await rig.clock.advance(2000);
    expect(rig.held()).toEqual(rig.truth());
    await rig.informer.stop();
  }
});

test('a duplicate ADDED after the object’s DELETED inside the initial stream does not bring it back', async () => {
  const rig = createModelRig();
  const thing = { namespace: 'default', name: 'a', uid: 'u1', rv: 5, labels: {}, payload: 1 };
  rig.api.plan('stream', {
    frames: [
      frameOf('ADDED', wireObject(thing)),
      frameOf('DELETED', wireObject({ ...thing, rv: 9 })),
      frameOf('ADDED', wireObject(thing)),
      bookmarkFrame(10, 'true'),
    ],
  });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.hasSynced).toBe(true);
  expect(rig.held()).toEqual([]);
  await rig.informer.stop();
});

test('the initial objects’ own versions do not move the resume point; the end bookmark does', async () => {
  const rig = createModelRig();
  rig.api.plan('stream', {
    frames: [
      frameOf('ADDED', wireObject({ namespace: 'default', name: 'a', uid: 'u1', rv: 5000, labels: {}, payload: 1 })),
      bookmarkFrame(100, 'true'),
    ],
  });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.scopes()[0]?.resourceVersion).toBe('100');
  await rig.informer.stop();
});

test('a stream that ends before the list is complete shows nothing and is begun again; after it, only the watch is', async () => {
  const rig = filled({ api: { batch: 1 } });
  rig.api.plan('stream', { endAfter: 3 });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.view.size).toBe(0);
  expect(rig.state()).toBe('BackingOff');
  await rig.clock.advance(2000);
  expect(kinds(rig)).toEqual(['stream', 'stream']);
  expect(rig.held()).toEqual(rig.truth());
  rig.server.end();
  await rig.clock.advance(2000);
  expect(kinds(rig).slice(2)).toEqual(['probe', 'watch']);
  expect(rig.api.requests.at(-1)?.options.resourceVersion).toBe(String(rig.server.rev));
  await rig.informer.stop();
});

test('a streamed list that breaks off again and again, as for who reads too slowly, is given up for a paged list', async () => {
  const rig = createModelRig();
  for (let i = 0; i < 6; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.api.plan('stream', { endAfter: 3 }, 100);
  rig.informer.start();
  await rig.clock.advance(60_000);
  expect(rig.api.requests.map((request) => request.kind)).toEqual(['stream', 'stream', 'stream', 'list', 'watch']);
  expect(rig.reports.map((report) => report.kind)).toEqual(['streamed-list-given-up']);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('too many requests inside the initial stream are waited out, and the streamed list is tried again', async () => {
  const rig = filled({ api: { batch: 1 } });
  rig.api.plan('stream', { error: { status: { ...statuses.tooManyRequests, details: { retryAfterSeconds: 7 } }, after: 2 } });
  rig.informer.start();
  await rig.clock.advance(6900);
  expect(kinds(rig)).toEqual(['stream']);
  expect(rig.informer.scopes()[0]?.counters.rateLimited).toBe(1);
  await rig.clock.advance(2000);
  expect(kinds(rig)).toEqual(['stream', 'stream']);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('an object that is not JSON is reported and skipped, in a stream and in a list, and the rest goes on', async () => {
  for (const noStreams of [false, true]) {
    const rig = filled({ api: { noStreams } });
    rig.api.plan(noStreams ? 'list' : 'stream', { corruptAt: 2 });
    if (noStreams) rig.api.plan('stream', {});
    rig.informer.start();
    await rig.clock.settle();
    expect(rig.informer.view.size).toBe(4);
    expect(rig.reports.map((report) => report.kind).filter((kind) => kind === 'corrupt-object')).toHaveLength(1);
    expect(rig.informer.scopes()[0]?.counters.corrupt).toBe(1);
    await rig.informer.stop();
  }
});

test('an object without a name or UID is reported and skipped', async () => {
  const rig = createModelRig();
  rig.api.plan('stream', {
    frames: [
      frameOf('ADDED', { kind: 'Thing', apiVersion: 'example.com/v1', metadata: { resourceVersion: '3' } }),
      frameOf('ADDED', wireObject({ namespace: 'default', name: 'a', uid: 'u1', rv: 5, labels: {}, payload: 1 })),
      bookmarkFrame(10, 'true'),
    ],
  });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.held()).toEqual(['default/a u1@5 1']);
  expect(rig.reports[0]?.kind).toBe('corrupt-object');
  await rig.informer.stop();
});

test('a list that skipped an object never says of a missing one that it was deleted', async () => {
  const rig = filled();
  const causes: unknown[] = [];
  rig.informer.handle((delta) => void (delta.type === 'deleted' && causes.push(delta.cause, delta.finalStateKnown)));
  rig.informer.start();
  await rig.clock.settle();
  rig.api.plan('stream', { corruptAt: 1 });
  rig.server.otherWrite();
  rig.server.restart();
  await rig.clock.advance(5000);
  expect(causes).toEqual(['unknown', false]);
  await rig.informer.stop();
});

test('the transform runs before anything is kept, for lists and for events', async () => {
  const rig = filled({
    transform: (object) => ({ ...object, spec: { payload: 1000 + Number((object['spec'] as { payload: number }).payload) } }),
  });
  rig.informer.start();
  await rig.clock.settle();
  rig.server.put('default', 'thing-1', 7);
  await rig.clock.settle();
  expect([...rig.informer.view.select()].map((entry) => entry.value.spec.payload)).toEqual([1000, 1007, 1002, 1003, 1004]);
  await rig.informer.stop();
});

test('another kind, or a Table, is a state with the reason, and shows nothing', async () => {
  for (const kind of ['Table', 'OtherThing']) {
    const rig = filled({ api: { kind } });
    rig.informer.start();
    await rig.clock.settle();
    expect(rig.state()).toBe('Stale');
    expect(rig.informer.scopes()[0]?.reason).toContain(kind);
    expect(rig.informer.view.size).toBe(0);
    rig.api.options = {};
    await rig.clock.advance(5000);
    expect(rig.held()).toEqual(rig.truth());
    await rig.informer.stop();
  }
});

test('list items of built-in kinds, which name no kind, are taken', async () => {
  const rig = filled({ api: { noStreams: true, bareItems: true } });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.informer.view.get({ cluster: '', namespace: 'default', name: 'thing-1' })).toMatchObject({
    kind: 'Thing',
    apiVersion: 'example.com/v1',
  });
  await rig.informer.stop();
});

test('the first paged list may come from the server’s cache; a later one is never older than what was seen, and unpaged', async () => {
  const rig = filled({ api: { noStreams: true } });
  rig.informer.start();
  await rig.clock.settle();
  rig.server.put('default', 'thing-9', 9);
  await rig.clock.settle();
  const seen = String(rig.server.rev);
  rig.server.otherWrite();
  rig.server.restart();
  await rig.clock.advance(5000);
  const lists = rig.api.requests.filter((request) => request.kind === 'list').map((request) => request.options);
  expect(lists[0]).toMatchObject({ resourceVersion: '0' });
  expect(lists[1]).toMatchObject({ resourceVersion: seen, resourceVersionMatch: 'NotOlderThan', limit: 0 });
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a continue token that expires between pages is followed by one consistent list without pages', async () => {
  const rig = filled({ api: { noStreams: true, paceMs: 1000 } }, 1200);
  rig.informer.start();
  await rig.clock.settle();
  // Versions that are both expired and beyond the cache bring it to a paged list of the newest state.
  rig.api.plan('list', { status: statuses.expired });
  rig.server.otherWrite();
  rig.server.restart();
  const reach = async (): Promise<void> => {
    for (let i = 0; i < 200 && rig.api.requests.filter((request) => request.kind === 'list').length < 3; i += 1)
      await rig.clock.advance(100);
  };
  await reach();
  rig.server.otherWrite();
  rig.server.compact();
  await rig.clock.advance(10_000);
  const lists = rig.api.requests.filter((request) => request.kind === 'list').map((request) => request.options);
  expect(lists[2]?.resourceVersion).toBeUndefined();
  expect(lists[2]?.limit).toBeUndefined();
  expect(lists[3]).toMatchObject({ limit: 0 });
  expect(lists[3]?.resourceVersion).toBeUndefined();
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a list that breaks between pages shows nothing of it', async () => {
  const rig = filled({ api: { noStreams: true } }, 3);
  rig.api.plan('list', { endAfter: 0 });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.hasSynced).toBe(false);
  expect(rig.state()).toBe('BackingOff');
  await rig.clock.advance(5000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('an expired version is listed again not older than what is held, and when that is expired too, at the newest', async () => {
  const rig = filled();
  rig.informer.start();
  await rig.clock.settle();
  const seen = String(rig.server.rev);
  rig.server.otherWrite();
  rig.api.plan('stream', { status: statuses.expired });
  rig.server.restart();
  await rig.clock.advance(20_000);
  const streams = rig.api.requests.filter((request) => request.kind === 'stream').map((request) => request.options.resourceVersion);
  expect(streams).toEqual([undefined, seen, undefined]);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('within an epoch a list below the last version seen is not shown', async () => {
  const rig = filled();
  rig.informer.start();
  await rig.clock.settle();
  const before = rig.held();
  rig.server.otherWrite();
  rig.api.plan('stream', { frames: [bookmarkFrame(10, 'true')] });
  const stale: unknown[] = [];
  rig.informer.onStatus((status) => void (status.state === 'Stale' && stale.push(rig.held(), status.reason)));
  rig.server.restart();
  await rig.clock.advance(15_000);
  expect(stale).toEqual([before, 'the server does not know 100 yet: the list stands at 10, below 100']);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.informer.scopes()[0]?.epoch).toBe(1);
  await rig.informer.stop();
});

test('after a change of the CRD the same versions show other content, and that is delivered as updates', async () => {
  const rig = filled({}, 3);
  const updates: string[] = [];
  rig.informer.handle((delta) => void (delta.type === 'updated' && updates.push(lineOf(delta))));
  rig.informer.start();
  await rig.clock.settle();
  rig.api.plan('probe', { status: statuses.tooManyRequests });
  rig.server.reshape((payload) => payload * 10);
  await rig.clock.advance(20_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(updates).toEqual(['updated default/thing-1 uid-2@97 10 (relist)', 'updated default/thing-2 uid-3@98 20 (relist)']);
  await rig.informer.stop();
});
