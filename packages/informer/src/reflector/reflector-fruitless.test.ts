import { ProtocolError, StatusError } from '@kubecast/client';
import { expect, test } from 'vitest';
import { bookmarkFrame, createModelRig, frameOf, ModelConnectionError, statuses, wireObject } from '../testing/index.ts';
import type { ModelFault, ModelRig } from '../testing/index.ts';

async function synced(options: Parameters<typeof createModelRig>[0] = {}): Promise<ModelRig> {
  const rig = createModelRig(options);
  for (let i = 0; i < 3; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.informer.start();
  await rig.clock.settle();
  return rig;
}

const lists = (rig: ModelRig): number => rig.informer.scopes()[0]?.counters.lists ?? NaN;
const event = (object: unknown): ModelFault => ({ frames: [frameOf('ERROR', object)], last: 'end' });
const old = wireObject({ namespace: 'default', name: 'thing-1', uid: 'uid-2', rv: 97, labels: {}, payload: 1 });

/** Every way in which a watch was seen, or can be thought, not to go on, while lists are answered. */
const ways: readonly (readonly [string, ModelFault])[] = [
  ['is answered 200 and ended at once', { endAfter: 0 }],
  ['is answered 204', { endAfter: 0 }],
  ['is redirected', { throws: new StatusError({ statusCode: 307, reason: '', message: 'HTTP 307' }) }],
  ['is answered 304', { throws: new StatusError({ statusCode: 304, reason: '', message: 'HTTP 304' }) }],
  ['alone is answered 400', { status: { ...statuses.streamUnsupported, code: 400, reason: 'BadRequest' } }],
  ['alone is answered 401', { status: statuses.unauthorized }],
  ['alone is answered 403', { status: statuses.forbidden }],
  ['alone is answered 404', { status: statuses.notFound }],
  ['alone is answered 405', { status: { ...statuses.notFound, code: 405, reason: 'MethodNotAllowed' } }],
  ['alone is answered 406', { status: { ...statuses.notFound, code: 406, reason: 'NotAcceptable' } }],
  ['alone is answered 410', { status: statuses.expired }],
  ['alone is answered 429', { status: statuses.tooManyRequests }],
  ['alone is answered 500', { status: statuses.internal }],
  ['alone is answered 503', { status: statuses.unavailable }],
  ['is answered by an HTML page with 200', { throws: new ProtocolError('a line of the watch is no event') }],
  ['is reset before the first line', { breakAfter: 0 }],
  ['is reset after a bookmark that moves nothing', { frames: (from) => [bookmarkFrame(from)], last: 'break' }],
  ['ends inside a line', { throws: new ProtocolError('the watch ended inside an event') }],
  ['is refused by what stands before the server', { refused: true }],
  ['brings an ERROR event that is null', event(null)],
  ['brings an ERROR event that is a text', event('gone')],
  ['brings an ERROR event without a word', event({})],
  ['brings an ERROR event without a reason', event({ kind: 'Status', status: 'Failure', message: 'an error' })],
  ['brings an ERROR event that says "compacted" in words', event({ message: 'etcdserver: mvcc: required revision has been compacted' })],
  ['brings an ERROR event with the code as a text', event({ code: '410' })],
  ['brings an ERROR event of 410 without a reason', event({ code: 410 })],
  ['brings an ERROR event of code 0', event({ kind: 'Status', code: 0 })],
  ['brings an ERROR event that is not JSON', { frames: [{ type: 'ERROR', object: new Uint8Array([1, 2, 3]) }], last: 'end' }],
  ['brings bookmarks of the version that is held, and ends', { frames: (from) => [bookmarkFrame(from), bookmarkFrame(from)], last: 'end' }],
  ['brings a bookmark without a version, and ends', { frames: [bookmarkFrame('')], last: 'end' }],
  ['brings events that are not newer, and ends', { frames: [frameOf('MODIFIED', old)], last: 'end' }],
  ['brings events that cannot be read, and ends', { frames: [{ type: 'ADDED', object: new Uint8Array([1]) }], last: 'end' }],
  ['falls silent', { silentAfter: 0 }],
  ['is never answered', { hang: true }],
];

test.each(ways)('where every watch %s, lists keep the view, at a bounded rate', async (_way, fault) => {
  const rig = await synced();
  rig.api.plan('watch', fault, 100_000);
  rig.server.cut();
  await rig.clock.settle();
  rig.server.put('default', 'thing-1', 11);
  rig.server.delete('default', 'thing-2');
  for (let i = 0; i < 50; i += 1) rig.server.otherWrite();
  const at = rig.api.requests.length;
  await rig.clock.advance(450_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.informer.hasSynced).toBe(true);
  // What was written later is found too.
  rig.server.put('default', 'later', 1);
  await rig.clock.advance(450_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.api.requests.length - at).toBeLessThan(1000);
  // A 410 is the server's word that a list is due, at once; all else is listed over by the schedule.
  expect(lists(rig)).toBeLessThan((rig.informer.scopes()[0]?.counters.expired ?? 0) > 0 ? 110 : 40);
  expect(rig.clock.pending).toBeLessThan(10);
  // And it goes on as if nothing had been, once watches work.
  rig.api.calm();
  await rig.clock.advance(120_000);
  expect(rig.state()).toBe('Watching');
  rig.server.put('default', 'thing-1', 12);
  await rig.clock.settle();
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
  expect(rig.clock.pending).toBe(0);
  expect(rig.api.open).toBe(0);
});

test('watches from one version that end at once, while the server answers, are listed over within seconds, and that is reported', async () => {
  const rig = await synced();
  rig.server.otherWrite();
  rig.api.plan('watch', { endAfter: 0 }, 3);
  rig.server.cut();
  await rig.clock.settle();
  rig.server.put('default', 'thing-1', 11);
  await rig.clock.advance(30_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(lists(rig)).toBe(2);
  expect(rig.api.requests.map((request) => request.kind)).toContain('list');
  expect(rig.reports.map((report) => report.kind)).toEqual(['fruitless-watches']);
  expect(rig.reports[0]?.message).toContain('watches from 98 bring nothing');
  expect(rig.informer.scopes()[0]?.counters.fruitless).toBe(4);
  await rig.informer.stop();
});

test('a watch that ends at once now and then costs no list, where others move the version between', async () => {
  const rig = await synced();
  for (let i = 0; i < 6; i += 1) {
    rig.api.plan('watch', { endAfter: 0 }, 2);
    rig.server.end();
    await rig.clock.advance(200_000);
    rig.server.put('default', 'thing-1', i);
    await rig.clock.settle();
  }
  await rig.clock.advance(30_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(lists(rig)).toBe(1);
  await rig.informer.stop();
});

test('a quiet watch that lives for minutes and ends by the server’s timeout is not fruitless, with bookmarks or without', async () => {
  for (const bookmarkMs of [60_000, 10_000_000]) {
    const rig = await synced({ api: { bookmarkMs }, limits: { idleMs: 700_000 } });
    await rig.clock.advance(36_000_000);
    expect(lists(rig)).toBe(1);
    expect(rig.informer.scopes()[0]?.counters).toMatchObject({ fruitless: 0, failures: 0 });
    await rig.informer.stop();
  }
});

test('a proxy that cuts idle watches after half a minute costs no list while nothing is written, and few while others write', async () => {
  for (const busy of [false, true]) {
    const rig = await synced({ api: { bookmarkMs: 10_000_000 } });
    for (let i = 0; i < 1000; i += 1) {
      await rig.clock.advance(30_000);
      if (busy) rig.server.otherWrite();
      rig.server.end();
    }
    expect(lists(rig)).toBeLessThanOrEqual(busy ? 20 : 1);
    // An event is not kept waiting by a back-off.
    rig.server.put('default', 'thing-1', 11);
    await rig.clock.advance(100);
    expect(rig.held()).toEqual(rig.truth());
    await rig.informer.stop();
  }
});

test('lists that fruitless watches ask for are spaced out to five minutes', async () => {
  const rig = await synced();
  rig.api.plan('watch', { endAfter: 0 }, 100_000);
  rig.server.cut();
  await rig.clock.advance(3_600_000);
  const times = rig.api.requests.filter((request) => request.kind === 'list').map((request) => request.at);
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  expect(gaps.length).toBeGreaterThan(8);
  expect(gaps.length).toBeLessThan(25);
  expect(Math.max(...gaps)).toBeLessThan(300_000 + 150_000);
  await rig.informer.stop();
});

test('an account that may list and not watch is filled by lists, and the state says what it lacks', async () => {
  const rig = createModelRig();
  rig.server.put('default', 'a', 1);
  rig.api.plan('stream', { status: statuses.forbidden }, 100_000);
  rig.api.plan('watch', { status: statuses.forbidden }, 100_000);
  rig.informer.start();
  await rig.clock.advance(30_000);
  expect(rig.informer.hasSynced).toBe(true);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.state()).toBe('Forbidden');
  expect(rig.informer.scopes()[0]?.reason).toContain('forbidden');
  await rig.informer.stop();
});

test('a streamed list that is answered by nothing, by a page or by a redirect is followed by one in pages', async () => {
  for (const fault of [
    { endAfter: 0 },
    { throws: new ProtocolError('a page') },
    { throws: new StatusError({ statusCode: 307, reason: '', message: '' }) },
  ]) {
    const rig = createModelRig();
    rig.server.put('default', 'a', 1);
    rig.api.plan('stream', fault, 100_000);
    rig.informer.start();
    await rig.clock.advance(30_000);
    expect(rig.held()).toEqual(rig.truth());
    expect(rig.state()).toBe('Watching');
    await rig.informer.stop();
  }
});

test('a selector that the server does not understand turns streamed lists off for nobody', async () => {
  const rig = createModelRig();
  rig.server.put('default', 'a', 1);
  const bad = { status: { ...statuses.streamUnsupported, code: 400, reason: 'BadRequest', message: 'unable to parse requirement' } };
  rig.api.plan('stream', bad, 2);
  rig.api.plan('list', bad, 2);
  rig.informer.start();
  await rig.clock.advance(10_000);
  expect(rig.api.requests.map((request) => request.kind)).toEqual(['stream', 'list', 'stream', 'list', 'stream']);
  expect(rig.state()).toBe('Watching');
  await rig.informer.stop();
});

test('a list without items is an empty list', async () => {
  const rig = createModelRig({
    source: {
      watchFrames: (_options, signal) => ({
        [Symbol.asyncIterator]: () => ({
          next: () =>
            new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new ModelConnectionError('aborted')))),
        }),
      }),
      async *listPages() {
        yield { resourceVersion: '7', items: [], more: false };
      },
    },
    limits: { bookmarkDeadlineMs: 1000, bookmarkWarnMs: 500 },
  });
  rig.informer.start();
  await rig.clock.advance(5000);
  expect(rig.informer.hasSynced).toBe(true);
  expect(rig.informer.scopes()[0]).toMatchObject({ state: 'Watching', resourceVersion: '7' });
  await rig.informer.stop();
});
