import { expect, test } from 'vitest';
import { bookmarkFrame, createModelRig, frameOf, lineOf, statuses, wireObject } from '../testing/index.ts';
import type { ModelRig, ModelStatus } from '../testing/index.ts';

async function synced(options: Parameters<typeof createModelRig>[0] = {}, count = 3): Promise<ModelRig> {
  const rig = createModelRig(options);
  for (let i = 0; i < count; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.informer.start();
  await rig.clock.settle();
  return rig;
}

const kinds = (rig: ModelRig): string[] => rig.api.requests.map((request) => request.kind);
const since = (rig: ModelRig, at: number): string[] => kinds(rig).slice(at);
const counters = (rig: ModelRig): Record<string, number> => ({ ...rig.informer.scopes()[0]?.counters }) as Record<string, number>;

test('stopped before it started, an informer asks for nothing; stopped amid a list or a watch, it opens nothing more', async () => {
  const never = createModelRig();
  await never.informer.stop();
  expect(() => never.informer.start()).toThrow('was stopped');
  await never.clock.advance(1000);
  expect(never.api.requests).toEqual([]);

  const listing = createModelRig({ api: { batch: 1, paceMs: 100 } });
  listing.server.put('default', 'a', 1);
  listing.server.put('default', 'b', 1);
  listing.informer.start();
  await listing.clock.advance(50);
  await listing.informer.stop();
  await listing.clock.advance(60_000);
  expect(kinds(listing)).toEqual(['stream']);
  expect(listing.informer.view.size).toBe(0);

  const watching = await synced();
  await watching.informer.stop();
  watching.server.put('default', 'late', 1);
  await watching.clock.advance(60_000);
  expect(kinds(watching)).toEqual(['stream']);
  expect(watching.informer.view.size).toBe(3);
  expect(watching.state()).toBe('Stopped');
});

test('start twice opens one stream; stop twice is one stop', async () => {
  const rig = await synced();
  rig.informer.start();
  await rig.clock.settle();
  expect(kinds(rig)).toEqual(['stream']);
  await Promise.all([rig.informer.stop(), rig.informer.stop()]);
  expect(rig.clock.pending).toBe(0);
});

test('refused connections are backed off and do not cause a list', async () => {
  const rig = await synced();
  const at = rig.api.requests.length;
  rig.api.plan('any', { refused: true }, 5);
  rig.server.cut();
  await rig.clock.settle();
  expect(rig.state()).toBe('BackingOff');
  rig.server.put('default', 'thing-1', 11);
  await rig.clock.advance(60_000);
  expect(since(rig, at)).toEqual(['probe', 'probe', 'probe', 'probe', 'probe', 'probe', 'watch']);
  expect(rig.held()).toEqual(rig.truth());
  expect(counters(rig)['lists']).toBe(1);
  await rig.informer.stop();
});

test.each([
  ['server errors', { status: statuses.unavailable }, 800, 30_000],
  // The connection that was cut before them counts with them.
  ['refused connections', { refused: true }, 1600, 10_000],
] as const)('the waits after %s in a row grow to a bound and are spread over all of it', async (_name, fault, first, most) => {
  const bounds: number[][] = [];
  for (let seed = 1; seed <= 40; seed += 1) {
    const rig = await synced({ seed });
    const at = rig.api.requests.length;
    rig.server.cut();
    rig.api.plan('any', fault, 9);
    await rig.clock.advance(400_000);
    const times = rig.api.requests.slice(at).map((request) => request.at);
    times.slice(1, 9).forEach((time, i) => (bounds[i] ??= []).push(time - (times[i] ?? 0)));
    await rig.informer.stop();
  }
  bounds.forEach((waits, i) => {
    const bound = Math.min(most, first * 2 ** i);
    expect(Math.max(...waits)).toBeLessThanOrEqual(bound);
    expect(Math.max(...waits)).toBeGreaterThan(bound * 0.8);
    expect(Math.min(...waits)).toBeLessThan(bound * 0.2);
  });
});

test('a server that is back after many refusals, and asks for a moment or for a list, is not kept waiting for the refusals', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const rig = await synced({ seed });
    rig.server.cut();
    rig.api.plan('any', { refused: true }, 8);
    rig.api.plan('any', { status: { ...statuses.tooManyRequests, details: { retryAfterSeconds: 1 } } });
    rig.api.plan('watch', { status: statuses.expired });
    const at = rig.api.requests.length;
    await rig.clock.advance(200_000);
    const [asked = NaN, probed = NaN, watched = NaN, listed = NaN] = rig.api.requests.slice(at + 8).map((request) => request.at);
    expect(probed - asked).toBeLessThan(2000);
    expect(watched - probed).toBeLessThan(100);
    expect(listed - watched).toBeLessThan(800);
    expect(rig.api.requests.at(-1)?.kind).toBe('stream');
    await rig.informer.stop();
  }
});

test('too many requests are waited out for at least what the server asks, and do not cause a list', async () => {
  const rig = await synced();
  const at = rig.api.requests.length;
  rig.api.plan('watch', { status: { ...statuses.tooManyRequests, details: { retryAfterSeconds: 20 } } });
  rig.server.cut();
  await rig.clock.advance(2000);
  expect(rig.state()).toBe('BackingOff');
  expect(rig.informer.scopes()[0]?.reason).toContain('too many requests');
  await rig.clock.advance(60_000);
  expect(since(rig, at)).toEqual(['probe', 'watch', 'watch']);
  const [, first, second] = rig.api.requests.slice(at);
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(20_000);
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(25_000);
  await rig.informer.stop();
});

test('server errors on a watch are retried without a list until a deadline, and then listed over', async () => {
  const rig = await synced();
  rig.api.plan('watch', { status: statuses.internal }, 3);
  rig.server.cut();
  await rig.clock.advance(30_000);
  expect(counters(rig)['lists']).toBe(1);
  expect(rig.state()).toBe('Watching');
  rig.api.plan('watch', { status: statuses.internal }, 30);
  rig.server.cut();
  await rig.clock.advance(200_000);
  expect(counters(rig)['lists']).toBe(2);
  expect(rig.state()).toBe('Watching');
  await rig.informer.stop();
});

test('an error inside the stream is acted on as the same error of a request', async () => {
  const cases: [ModelStatus, string][] = [
    [statuses.internal, 'BackingOff'],
    [statuses.unavailable, 'BackingOff'],
    [statuses.gatewayTimeout, 'BackingOff'],
    [statuses.tooManyRequests, 'BackingOff'],
    [statuses.forbidden, 'Forbidden'],
    [statuses.unauthorized, 'Forbidden'],
    [statuses.notFound, 'Gone'],
    [statuses.expired, 'BackingOff'],
    [statuses.tooLarge, 'Stale'],
  ];
  for (const [status, state] of cases) {
    const rig = await synced();
    const states: string[] = [];
    rig.informer.onStatus((now) => states.push(now.state));
    rig.api.plan('watch', { error: { status, after: 0 } });
    rig.server.cut();
    await rig.clock.advance(30_000);
    expect(states).toContain(state);
    expect(rig.state()).toBe('Watching');
    rig.server.put('default', 'thing-1', 11);
    await rig.clock.settle();
    expect(rig.held()).toEqual(rig.truth());
    await rig.informer.stop();
  }
});

test('410 as an answer and 410 inside the stream both lead to a list, with what was deleted meanwhile', async () => {
  for (const fault of [{ status: statuses.expired }, { error: { status: statuses.expired, after: 0 } }]) {
    const rig = await synced();
    const lines: string[] = [];
    rig.informer.handle((delta) => void lines.push(lineOf(delta)));
    await rig.clock.settle();
    lines.length = 0;
    rig.api.plan('watch', fault);
    rig.server.cut();
    rig.server.delete('default', 'thing-1');
    rig.server.put('default', 'thing-2', 22);
    await rig.clock.advance(20_000);
    expect(rig.held()).toEqual(rig.truth());
    expect(lines.sort()).toEqual(['deleted default/thing-1 uid-2@97 1 (relist, deleted)', 'updated default/thing-2 uid-3@100 22 (relist)']);
    expect(counters(rig)['expired']).toBe(1);
    await rig.informer.stop();
  }
});

test('a server that answers 410 to every version does not make it spin', async () => {
  const rig = await synced();
  rig.api.plan('watch', { error: { status: statuses.expired, after: 0 } }, 1000);
  rig.api.plan('stream', { endAfter: 4 }, 1000);
  rig.server.cut();
  await rig.clock.advance(300_000);
  expect(rig.api.requests.length).toBeLessThan(80);
  await rig.informer.stop();
});

test('"too large resource version" is waited out in each of its encodings, without an older list', async () => {
  const encodings: ModelStatus[] = [
    { kind: 'Status', code: 504, reason: 'Timeout', message: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
    { kind: 'Status', code: 504, reason: 'Timeout', message: 'Timeout', details: { causes: [{ message: 'Too large resource version' }] } },
    { kind: 'Status', code: 504, reason: 'Timeout', message: 'Timeout: Too large resource version: 999, current: 311' },
  ];
  for (const status of encodings) {
    for (const fault of [{ status }, { error: { status, after: 0 } }]) {
      const rig = await synced();
      const states: string[] = [];
      rig.informer.onStatus((now) => states.push(now.state));
      rig.api.plan('watch', fault, 3);
      rig.server.cut();
      await rig.clock.advance(20_000);
      expect(states.filter((state) => state === 'Stale')).toHaveLength(3);
      expect(rig.state()).toBe('Watching');
      expect(counters(rig)['lists']).toBe(1);
      await rig.informer.stop();
    }
  }
});

test('while a replica lags, the probe waits; when it caught up, the watch resumes without a list', async () => {
  const rig = await synced();
  rig.server.put('default', 'thing-1', 11);
  await rig.clock.settle();
  // The next connection reaches a replica that is behind.
  const behind = { status: statuses.tooLarge };
  rig.api.plan('probe', behind, 40);
  rig.server.cut();
  await rig.clock.advance(10_000);
  expect(rig.state()).toBe('Stale');
  rig.api.calm();
  await rig.clock.advance(5000);
  expect(rig.state()).toBe('Watching');
  expect(counters(rig)['lists']).toBe(1);
  expect(counters(rig)['regressions']).toBe(0);
  await rig.informer.stop();
});

test('each watch asks for a random lifetime between five and ten minutes', async () => {
  const seconds = new Set<number>();
  for (let seed = 1; seed <= 30; seed += 1) {
    const rig = await synced({ seed });
    seconds.add(rig.api.requests[0]?.options.timeoutSeconds ?? 0);
    await rig.informer.stop();
  }
  expect(seconds.size).toBeGreaterThan(20);
  expect(Math.min(...seconds)).toBeGreaterThanOrEqual(300);
  expect(Math.max(...seconds)).toBeLessThan(600);
});

test('a watch that reaches its lifetime is followed by the next, from the newest version, without a probe or a list', async () => {
  const rig = await synced();
  rig.server.put('default', 'thing-1', 11);
  await rig.clock.advance(600_000);
  expect(since(rig, 1).slice(0, 1)).toEqual(['watch']);
  expect(rig.api.requests[1]?.options.resourceVersion).toBe(String(rig.server.rev));
  expect(counters(rig)['failures']).toBe(0);
  await rig.informer.stop();
});

test('bookmarks move the resume point past other kinds’ writes', async () => {
  const rig = await synced();
  rig.server.otherWrite();
  rig.server.otherWrite();
  await rig.clock.advance(61_000);
  expect(rig.informer.scopes()[0]?.resourceVersion).toBe(String(rig.server.rev));
  rig.server.compact();
  rig.server.cut();
  await rig.clock.advance(5000);
  expect(counters(rig)['lists']).toBe(1);
  expect(rig.state()).toBe('Watching');
  await rig.informer.stop();
});

test('four closes in a row with versions that are not consecutive cost no list, and what is not newer is skipped', async () => {
  const rig = await synced();
  for (let i = 0; i < 4; i += 1) {
    rig.server.otherWrite();
    rig.server.put('default', 'thing-1', 100 + i);
    await rig.clock.advance(5000);
    rig.server.end();
    await rig.clock.advance(5000);
  }
  expect(rig.held()).toEqual(rig.truth());
  expect(counters(rig)['lists']).toBe(1);
  const old = { namespace: 'default', name: 'thing-1', uid: 'uid-2', rv: 96, labels: {}, payload: -1 };
  rig.api.plan('watch', { frames: [frameOf('MODIFIED', wireObject(old)), frameOf('DELETED', wireObject(old))] });
  rig.server.end();
  await rig.clock.advance(5000);
  expect(rig.held()).toEqual(rig.truth());
  expect(counters(rig)['duplicates']).toBe(2);
  await rig.informer.stop();
});

test('an old event does not bring back an object that was deleted', async () => {
  const rig = await synced();
  rig.server.delete('default', 'thing-1');
  await rig.clock.settle();
  rig.api.plan('watch', {
    frames: [frameOf('MODIFIED', wireObject({ namespace: 'default', name: 'thing-1', uid: 'uid-2', rv: 97, labels: {}, payload: 1 }))],
  });
  rig.server.cut();
  await rig.clock.advance(5000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a stream that falls silent is given up after the idle limit, asked about, and resumed', async () => {
  const rig = await synced();
  rig.api.plan('watch', { silentAfter: 0 });
  rig.server.cut();
  await rig.clock.advance(2000);
  rig.server.put('default', 'thing-1', 11);
  await rig.clock.advance(70_000);
  expect(rig.held()).not.toEqual(rig.truth());
  expect(rig.informer.scopes()[0]?.ageMs).toBeGreaterThan(70_000);
  await rig.clock.advance(6000);
  expect(rig.held()).toEqual(rig.truth());
  expect(counters(rig)['idle']).toBe(1);
  expect(counters(rig)['lists']).toBe(1);
  await rig.informer.stop();
});

test('a list that falls silent is given up after the idle limit', async () => {
  const rig = createModelRig({ api: { noStreams: true } });
  rig.server.put('default', 'a', 1);
  rig.api.plan('list', { hang: true });
  rig.informer.start();
  await rig.clock.advance(74_000);
  expect(rig.state()).toBe('Listing');
  await rig.clock.advance(3000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a source that never settles does not keep an informer from stopping', async () => {
  const rig = createModelRig({
    source: {
      watchFrames: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
      listPages: () => {
        throw new Error('unused');
      },
    },
  });
  rig.informer.start();
  await rig.clock.settle();
  await rig.informer.stop();
  expect(rig.state()).toBe('Stopped');
});

test('forbidden and not served are states with a reason, the view stays, and both end by themselves', async () => {
  for (const [status, state] of [
    [statuses.forbidden, 'Forbidden'],
    [statuses.unauthorized, 'Forbidden'],
    [statuses.notFound, 'Gone'],
  ] as const) {
    const rig = await synced();
    rig.api.plan('any', { status }, 60);
    rig.server.cut();
    await rig.clock.advance(20_000);
    expect(rig.state()).toBe(state);
    expect(rig.informer.scopes()[0]?.reason).toBe(status.message);
    expect(rig.informer.scopes()[0]?.synced).toBe(true);
    expect(rig.informer.view.size).toBe(3);
    rig.api.calm();
    rig.server.put('default', 'thing-1', 11);
    await rig.clock.advance(40_000);
    expect(rig.state()).toBe('Watching');
    expect(rig.held()).toEqual(rig.truth());
    await rig.informer.stop();
  }
});

test('the CRD is deleted: a delete for each object, the stream ends, then it is not served; it comes back with the CRD', async () => {
  const rig = await synced();
  const deletes: string[] = [];
  rig.informer.handle((delta) => void (delta.type === 'deleted' && deletes.push(`${delta.entry.key.name} ${String(delta.cause)}`)));
  for (let i = 0; i < 3; i += 1) rig.server.delete('default', `thing-${i}`);
  rig.api.plan('any', { status: statuses.notFound }, 1000);
  rig.server.end();
  await rig.clock.advance(100_000);
  expect(deletes.sort()).toEqual(['thing-0 deleted', 'thing-1 deleted', 'thing-2 deleted']);
  expect(rig.state()).toBe('Gone');
  rig.api.calm();
  rig.server.put('default', 'thing-1', 5);
  rig.server.restart();
  await rig.clock.advance(60_000);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a change of the CRD ends the watch, answers 429 to the next and expires older versions: one list follows', async () => {
  const rig = await synced();
  rig.api.plan('probe', { status: statuses.tooManyRequests });
  rig.server.reshape((payload) => payload + 100);
  await rig.clock.advance(20_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(counters(rig)['lists']).toBe(2);
  await rig.informer.stop();
});

test('an object relabelled out of the selector leaves with its last matching content, and not as a deletion for sure', async () => {
  const rig = await synced({ labelSelector: 'sel=yes' });
  const lines: string[] = [];
  rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  await rig.clock.settle();
  lines.length = 0;
  rig.server.put('default', 'thing-1', 77, { sel: 'no' });
  await rig.clock.settle();
  rig.server.put('default', 'thing-1', 78, { sel: 'yes' });
  await rig.clock.settle();
  expect(lines).toEqual(['deleted default/thing-1 uid-2@99 1 (watch, deleted-or-unmatched)', 'added default/thing-1 uid-2@100 78 (watch)']);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('an object made again under its name is a delete of the old UID and an add of the new, in a watch and after a list', async () => {
  for (const blind of [false, true]) {
    const rig = await synced();
    const lines: string[] = [];
    rig.informer.handle((delta) => void lines.push(`${delta.type} ${delta.entry.uid} ${String(delta.cause)}`));
    await rig.clock.settle();
    lines.length = 0;
    if (blind) rig.server.cut();
    rig.server.delete('default', 'thing-1');
    rig.server.put('default', 'thing-1', 5);
    if (blind) rig.server.restart();
    await rig.clock.advance(20_000);
    expect(lines).toEqual(['deleted uid-2 deleted', 'added uid-4 undefined']);
    expect(rig.held()).toEqual(rig.truth());
    await rig.informer.stop();
  }
});

test('the end of a finalizer, one DELETED that still lists it, removes the object', async () => {
  const rig = await synced();
  const gone = wireObject({ namespace: 'default', name: 'thing-1', uid: 'uid-2', rv: 200, labels: {}, payload: 1 });
  (gone['metadata'] as Record<string, unknown>)['finalizers'] = ['example.com/keep'];
  rig.api.plan('watch', { frames: [frameOf('DELETED', gone)] });
  rig.server.cut();
  await rig.clock.advance(5000);
  expect(rig.informer.view.get({ cluster: '', namespace: 'default', name: 'thing-1' })).toBeUndefined();
  await rig.informer.stop();
});

test('objects stand in the order of the bytes of namespace/name, slash included', async () => {
  const rig = createModelRig();
  rig.server.put('a', 'x', 1);
  rig.server.put('a-0', 'x', 2);
  rig.informer.start();
  await rig.clock.settle();
  expect([...rig.informer.view.select()].map((entry) => entry.key.namespace)).toEqual(['a-0', 'a']);
  await rig.informer.stop();
});

// ---- a server that went back ----

test('a restored server: the probe finds it, a consistent read proves it, and the exact difference is delivered as a new epoch', async () => {
  const rig = await synced({}, 5);
  const copy = rig.server.rev;
  const lines: string[] = [];
  rig.informer.handle((delta) => void lines.push(lineOf(delta)));
  rig.server.put('default', 'thing-0', 50);
  rig.server.put('default', 'thing-8', 8);
  rig.server.delete('default', 'thing-4');
  await rig.clock.settle();
  lines.length = 0;
  rig.server.restore(copy);
  await rig.clock.advance(10_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.informer.scopes()[0]).toMatchObject({ epoch: 2, state: 'Watching' });
  expect(counters(rig)['regressions']).toBe(1);
  expect(lines.sort()).toEqual([
    'added default/thing-4 uid-5@100 4 (regressed)',
    'deleted default/thing-8 uid-6@102 8 (regressed, unknown)',
    'updated default/thing-0 uid-1@96 0 (regressed)',
  ]);
  rig.server.put('default', 'thing-1', 11);
  await rig.clock.settle();
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a restored server that is written to past the last version seen is found all the same, by who reaches it before', async () => {
  const rig = await synced({}, 5);
  const copy = rig.server.rev;
  for (let i = 0; i < 10; i += 1) rig.server.put('default', 'thing-0', 50 + i);
  rig.server.put('default', 'undone', 1);
  await rig.clock.settle();
  rig.server.restore(copy);
  // The first probes come within seconds; a minute later the version is long passed.
  for (let i = 0; i < 30; i += 1) {
    await rig.clock.advance(3000);
    rig.server.put('default', 'thing-1', i);
  }
  await rig.clock.settle();
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.informer.scopes()[0]?.epoch).toBe(2);
  await rig.informer.stop();
});

test('where no consistent read is to be had, a version that stays unknown for a minute means that the server went back', async () => {
  const rig = await synced({}, 5);
  rig.server.put('default', 'thing-0', 50);
  await rig.clock.settle();
  rig.api.plan('probe', { status: statuses.tooLarge }, 1000);
  rig.server.cut();
  await rig.clock.advance(50_000);
  expect(rig.state()).toBe('Stale');
  expect(rig.informer.scopes()[0]?.epoch).toBe(1);
  await rig.clock.advance(30_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.informer.scopes()[0]).toMatchObject({ epoch: 2, state: 'Watching' });
  await rig.informer.stop();
});

test('a future version gives an open stream and silence; the idle limit and the probe find it', async () => {
  const rig = await synced();
  rig.server.put('default', 'thing-0', 50);
  await rig.clock.settle();
  // The restored server is reached by a watch that nobody asked about first: a replacement behind an address that never closed.
  rig.api.plan('probe', {});
  rig.api.plan('watch', { silentAfter: 0 });
  rig.server.cut();
  await rig.clock.advance(2000);
  rig.server.restore(96);
  await rig.clock.advance(76_000 + 70_000);
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.informer.scopes()[0]?.epoch).toBe(2);
  await rig.informer.stop();
});

test('a bookmark below the resume point means that the server went back', async () => {
  const rig = await synced();
  rig.api.plan('watch', { frames: [bookmarkFrame(7)] });
  const states: string[] = [];
  rig.informer.onStatus((status) => states.push(status.state));
  rig.server.cut();
  await rig.clock.advance(5000);
  expect(states).toContain('Regressed');
  expect(rig.informer.scopes()[0]).toMatchObject({ epoch: 2, state: 'Watching' });
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a probe that the server does not understand, or forbids, is reported, and the watch resumes without it', async () => {
  for (const status of [
    statuses.forbidden,
    { ...statuses.streamUnsupported, code: 400, reason: 'BadRequest', message: 'field label not supported: metadata.name' },
  ]) {
    const rig = await synced();
    rig.api.plan('probe', { status });
    rig.server.cut();
    await rig.clock.advance(2000);
    expect(rig.state()).toBe('Watching');
    expect(rig.reports.map((report) => report.kind)).toEqual(['probe-refused']);
    await rig.informer.stop();
  }
});

test('a periodic full list finds what a lying watch never told', async () => {
  const rig = await synced({ limits: { relistMs: 3_600_000 } });
  rig.api.plan('watch', { silentAfter: 0 });
  await rig.clock.advance(3_500_000);
  expect(counters(rig)['lists']).toBe(1);
  await rig.clock.advance(200_000);
  expect(counters(rig)['lists']).toBe(2);
  expect(counters(rig)['failures']).toBe(counters(rig)['idle']);
  await rig.informer.stop();
});
