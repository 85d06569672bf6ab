import { expect, test } from 'vitest';
import type { Delta, Handler, HandlerOptions } from '../index.ts';
import { createModelRig, lineOf } from '../testing/index.ts';
import type { ModelRig, Thing } from '../testing/index.ts';

async function rigWith(count: number, options: Parameters<typeof createModelRig>[0] = {}): Promise<ModelRig> {
  const rig = createModelRig(options);
  for (let i = 0; i < count; i += 1) rig.server.put('default', `thing-${String(i).padStart(3, '0')}`, i);
  rig.informer.start();
  await rig.clock.settle();
  return rig;
}

/** A handler whose calls wait until they are let go. */
function gated(): {
  handler: Handler<Thing>;
  lines: string[];
  deltas: Delta<Thing>[];
  readonly open: number;
  release(count?: number): void;
  fail(error: unknown): void;
} {
  const lines: string[] = [];
  const deltas: Delta<Thing>[] = [];
  const waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  return {
    lines,
    deltas,
    handler: (delta) => {
      lines.push(lineOf(delta));
      deltas.push(delta);
      return new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
    },
    get open() {
      return waiting.length;
    },
    release: (count = Infinity) => {
      for (const wait of waiting.splice(0, count)) wait.resolve();
    },
    fail: (error) => waiting.shift()?.reject(error),
  };
}

function collect(rig: ModelRig, options?: HandlerOptions<Thing>): { lines: string[]; handle: ReturnType<ModelRig['informer']['handle']> } {
  const lines: string[] = [];
  return { lines, handle: rig.informer.handle((delta) => void lines.push(lineOf(delta)), options) };
}

test('a handler is synced when its last initial item is processed, not when it is queued', async () => {
  const rig = createModelRig();
  for (let i = 0; i < 3; i += 1) rig.server.put('default', `thing-${i}`, i);
  const gate = gated();
  const handle = rig.informer.handle(gate.handler, { workers: 1 });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.informer.hasSynced).toBe(true);
  gate.release();
  await rig.clock.settle();
  gate.release();
  await rig.clock.settle();
  expect(gate.lines).toHaveLength(3);
  expect(handle.hasSynced).toBe(false);
  gate.release();
  await handle.synced;
  expect(handle.hasSynced).toBe(true);
  await rig.informer.stop();
});

test('a handler of an empty resource is synced as soon as the list is', async () => {
  const rig = createModelRig();
  const { handle } = collect(rig);
  rig.informer.start();
  await handle.synced;
  expect(handle.hasSynced).toBe(true);
  await rig.informer.stop();
});

test('deletes that come while the initial items wait do not keep a handler from being synced', async () => {
  const rig = createModelRig();
  for (let i = 0; i < 4; i += 1) rig.server.put('default', `thing-${i}`, i);
  const gate = gated();
  const handle = rig.informer.handle(gate.handler, { workers: 1 });
  rig.informer.start();
  await rig.clock.settle();
  for (let i = 0; i < 4; i += 1) rig.server.delete('default', `thing-${i}`);
  await rig.clock.settle();
  for (let i = 0; i < 10; i += 1) {
    gate.release();
    await rig.clock.settle();
  }
  expect(handle.hasSynced).toBe(true);
  expect(gate.lines.at(-1)).toContain('deleted');
  await rig.informer.stop();
});

test('a handler added mid-stream sees each object once, with no gap to the changes', async () => {
  const rig = await rigWith(300);
  const gate = gated();
  rig.informer.handle(gate.handler, { workers: 4 });
  const seen = new Map<string, number>();
  const wrong: string[] = [];
  rig.informer.handle(
    async (delta) => {
      const id = `${delta.entry.key.name} ${delta.entry.uid}`;
      if (delta.type === 'added' && seen.has(id)) wrong.push(lineOf(delta));
      if (delta.type !== 'added' && !seen.has(id)) wrong.push(lineOf(delta));
      if (delta.type === 'deleted') seen.delete(id);
      else seen.set(id, delta.entry.value.spec.payload);
      await rig.clock.sleep(10);
    },
    { workers: 2 },
  );
  for (let i = 0; i < 40; i += 1) {
    await rig.clock.advance(13);
    const name = `thing-${String((i * 37) % 300).padStart(3, '0')}`;
    if (i % 3 === 0) rig.server.delete('default', name);
    else rig.server.put('default', name, 1000 + i);
    if (i % 5 === 0) {
      rig.server.delete('default', 'thing-299');
      rig.server.put('default', 'thing-299', 5000 + i);
    }
  }
  await rig.clock.advance(20_000);
  expect(wrong).toEqual([]);
  expect([...seen].map(([id, payload]) => `${id} ${payload}`).sort()).toEqual(
    [...rig.informer.view.select()].map((entry) => `${entry.key.name} ${entry.uid} ${entry.value.spec.payload}`).sort(),
  );
  await rig.informer.stop();
});

test('a handler that hangs costs only itself: the view and the other handlers go on', async () => {
  const rig = await rigWith(3);
  const stuck = rig.informer.handle(() => new Promise(() => undefined), { workers: 1, name: 'stuck' });
  const { lines, handle } = collect(rig);
  await rig.clock.settle();
  for (let i = 0; i < 50; i += 1) {
    rig.server.put('default', 'thing-001', 100 + i);
    await rig.clock.settle();
  }
  expect(rig.held()).toEqual(rig.truth());
  expect(lines).toHaveLength(53);
  expect(handle.hasSynced).toBe(true);
  expect(stuck.hasSynced).toBe(false);
  expect(stuck.waiting).toBeLessThanOrEqual(3);
  await rig.informer.stop();
});

test('a handler that throws or rejects is counted, its complaint is heard, and everything else goes on', async () => {
  const rig = await rigWith(3);
  const errors: string[] = [];
  const onError = (error: unknown, delta: Delta<Thing>): void => {
    errors.push(`${String((error as Error).message)} at ${delta.entry.key.name}`);
    throw new Error('a complaint that throws');
  };
  const thrower = rig.informer.handle(
    () => {
      throw new Error('boom');
    },
    { onError },
  );
  const rejecter = rig.informer.handle(() => Promise.reject(new Error('bang')), { onError, workers: 1 });
  const { lines } = collect(rig);
  await rig.clock.settle();
  expect(errors.filter((line) => line.startsWith('boom'))).toHaveLength(3);
  expect(errors.filter((line) => line.startsWith('bang'))).toHaveLength(3);
  expect([thrower.counters.errors, rejecter.counters.errors]).toEqual([3, 3]);
  expect(thrower.hasSynced && rejecter.hasSynced).toBe(true);
  expect(lines).toHaveLength(3);
  rig.server.put('default', 'thing-001', 9);
  await rig.clock.settle();
  expect(thrower.counters.errors).toBe(4);
  expect(rig.state()).toBe('Watching');
  await rig.informer.stop();
});

test('changes of one object that wait fold into one, with the newest state', async () => {
  const rig = await rigWith(1);
  const gate = gated();
  const handle = rig.informer.handle(gate.handler, { withPrevious: true });
  await rig.clock.settle();
  for (let i = 1; i <= 5; i += 1) rig.server.put('default', 'thing-000', i);
  await rig.clock.settle();
  expect(handle.waiting).toBe(1);
  gate.release();
  await rig.clock.settle();
  expect(gate.lines).toEqual(['added default/thing-000 uid-1@96 0 (initial)', 'updated default/thing-000 uid-1@101 5 (watch)']);
  expect(gate.deltas[1]?.previous?.version).toBe('96');
  expect(handle.counters.coalesced).toBe(4);
  await rig.informer.stop();
});

test('an add and a delete that never reached the handler cancel out', async () => {
  const rig = await rigWith(0);
  const gate = gated();
  const handle = rig.informer.handle(gate.handler, { workers: 1 });
  rig.server.put('default', 'first', 1);
  await rig.clock.settle();
  rig.server.put('default', 'second', 2);
  rig.server.delete('default', 'second');
  await rig.clock.settle();
  expect(handle.waiting).toBe(0);
  gate.release();
  await rig.clock.settle();
  expect(gate.lines).toHaveLength(1);
  expect(handle.counters.cancelled).toBe(1);
  await rig.informer.stop();
});

test('a recreation under a name never folds into an update: the old UID’s delete comes, then the new one’s add', async () => {
  const rig = await rigWith(1);
  const gate = gated();
  rig.informer.handle(gate.handler);
  await rig.clock.settle();
  rig.server.put('default', 'thing-000', 1);
  rig.server.delete('default', 'thing-000');
  rig.server.put('default', 'thing-000', 2);
  rig.server.put('default', 'thing-000', 3);
  await rig.clock.settle();
  for (let i = 0; i < 3; i += 1) {
    gate.release();
    await rig.clock.settle();
  }
  expect(gate.lines).toEqual([
    'added default/thing-000 uid-1@96 0 (initial)',
    'deleted default/thing-000 uid-1@98 1 (watch, deleted)',
    'added default/thing-000 uid-2@100 3 (watch)',
  ]);
  await rig.informer.stop();
});

test('one key is never handled twice at once, and a change while it runs is handed out after', async () => {
  const rig = await rigWith(2);
  const running = new Set<string>();
  let overlaps = 0;
  let most = 0;
  const last = new Map<string, string>();
  rig.informer.handle(async (delta) => {
    const { name } = delta.entry.key;
    if (running.has(name)) overlaps += 1;
    running.add(name);
    most = Math.max(most, running.size);
    await rig.clock.sleep(25);
    running.delete(name);
    last.set(name, delta.entry.version);
  });
  for (let i = 0; i < 30; i += 1) {
    rig.server.put('default', `thing-00${i % 2}`, i);
    await rig.clock.advance(7);
  }
  await rig.clock.advance(1000);
  expect(overlaps).toBe(0);
  expect(most).toBe(2);
  expect([...last].sort()).toEqual([...rig.informer.view.select()].map((entry) => [entry.key.name, entry.version]));
  await rig.informer.stop();
});

test('a slow key does not block the others, and nobody jumps the line within a key', async () => {
  const rig = await rigWith(0);
  const order: string[] = [];
  rig.informer.handle(
    (delta) => {
      order.push(`${delta.entry.key.name} ${delta.entry.version}`);
      return delta.entry.key.name === 'slow' ? new Promise(() => undefined) : undefined;
    },
    { workers: 2 },
  );
  rig.server.put('default', 'slow', 1);
  for (let i = 0; i < 5; i += 1) rig.server.put('default', `quick-${i}`, i);
  await rig.clock.settle();
  expect(order).toEqual(['slow 96', 'quick-0 97', 'quick-1 98', 'quick-2 99', 'quick-3 100', 'quick-4 101']);
  await rig.informer.stop();
});

test('a relist deletes objects that this handler had only in its queue, and cancels those it never saw', async () => {
  const rig = await rigWith(1);
  const gate = gated();
  const handle = rig.informer.handle(gate.handler, { workers: 1 });
  await rig.clock.settle();
  rig.server.put('default', 'queued', 1);
  await rig.clock.settle();
  expect(handle.waiting).toBe(1);
  rig.server.delete('default', 'thing-000');
  await rig.clock.settle();
  rig.server.cut();
  await rig.clock.settle();
  rig.server.delete('default', 'queued');
  rig.server.otherWrite();
  rig.server.restart();
  await rig.clock.advance(20_000);
  expect(rig.held()).toEqual([]);
  for (let i = 0; i < 3; i += 1) {
    gate.release();
    await rig.clock.settle();
  }
  expect(gate.lines).toEqual(['added default/thing-000 uid-1@96 0 (initial)', 'deleted default/thing-000 uid-1@98 0 (watch, deleted)']);
  await rig.informer.stop();
});

test('beyond the buffer only keys wait, the newest state is delivered all the same, and deletes keep their last state', async () => {
  const rig = await rigWith(0);
  const gate = gated();
  const handle = rig.informer.handle(gate.handler, { workers: 1, buffer: 4 });
  for (let i = 0; i < 50; i += 1) rig.server.put('default', `thing-${String(i).padStart(3, '0')}`, i);
  await rig.clock.settle();
  for (let i = 0; i < 50; i += 1) rig.server.put('default', `thing-${String(i).padStart(3, '0')}`, 100 + i);
  rig.server.delete('default', 'thing-040');
  await rig.clock.settle();
  expect(handle.waiting).toBeGreaterThan(40);
  const final = new Map<string, number>();
  for (let i = 0; i < 60; i += 1) {
    gate.release();
    await rig.clock.settle();
  }
  for (const delta of gate.deltas) final.set(delta.entry.key.name, delta.entry.value.spec.payload);
  expect(final.size).toBe(49);
  expect([...final.values()].every((payload) => payload >= 100)).toBe(true);
  await rig.informer.stop();
});

test('a filter turns changes into it and out of it into adds and deletes', async () => {
  const rig = await rigWith(3);
  const { lines } = collect(rig, { filter: (entry) => entry.value.spec.payload >= 2 });
  await rig.clock.settle();
  rig.server.put('default', 'thing-000', 5);
  await rig.clock.settle();
  rig.server.put('default', 'thing-000', 6);
  await rig.clock.settle();
  rig.server.put('default', 'thing-000', 0);
  await rig.clock.settle();
  rig.server.delete('default', 'thing-000');
  rig.server.delete('default', 'thing-002');
  await rig.clock.settle();
  expect(lines).toEqual([
    'added default/thing-002 uid-3@98 2 (initial)',
    'added default/thing-000 uid-1@99 5 (watch)',
    'updated default/thing-000 uid-1@100 6 (watch)',
    'deleted default/thing-000 uid-1@101 0 (watch, deleted-or-unmatched)',
    'deleted default/thing-002 uid-3@103 2 (watch, deleted)',
  ]);
  await rig.informer.stop();
});

test('a filter that throws hides the object from its own handler only', async () => {
  const rig = await rigWith(3);
  const { lines, handle } = collect(rig, {
    filter: (entry) => {
      if (entry.key.name === 'thing-001') throw new Error('no');
      return true;
    },
  });
  const other = collect(rig);
  await rig.clock.settle();
  rig.server.put('default', 'thing-001', 7);
  await rig.clock.settle();
  expect(lines).toHaveLength(2);
  // Once at the start; for the update, of what it is and of what it was.
  expect(handle.counters.filterErrors).toBe(3);
  expect(handle.hasSynced).toBe(true);
  expect(other.lines).toHaveLength(4);
  await rig.informer.stop();
});

test('a resync hands the store again to the handlers that ask for it, marked, and to no other', async () => {
  const rig = await rigWith(3);
  const asks = collect(rig, { resyncMs: 60_000 });
  const not = collect(rig);
  await rig.clock.settle();
  asks.lines.length = 0;
  not.lines.length = 0;
  await rig.clock.advance(70_000);
  expect(asks.lines).toEqual([0, 1, 2].map((i) => `updated default/thing-00${i} uid-${i + 1}@${96 + i} ${i} (resync)`));
  expect(not.lines).toEqual([]);
  await rig.informer.stop();
  expect(rig.clock.pending).toBe(0);
});

test('a resync does not stand in the way of news, nor hand out what is older', async () => {
  const rig = await rigWith(200);
  const versions = new Map<string, number>();
  let backwards = 0;
  rig.informer.handle(
    async (delta) => {
      const version = Number(delta.entry.version);
      if (version < (versions.get(delta.entry.key.name) ?? 0)) backwards += 1;
      versions.set(delta.entry.key.name, version);
      await rig.clock.sleep(5);
    },
    { resyncMs: 1000, workers: 2 },
  );
  for (let i = 0; i < 100; i += 1) {
    rig.server.put('default', `thing-${String((i * 17) % 200).padStart(3, '0')}`, 1000 + i);
    await rig.clock.advance(11);
  }
  await rig.clock.advance(20_000);
  expect(backwards).toBe(0);
  expect([...versions].sort()).toEqual([...rig.informer.view.select()].map((entry) => [entry.key.name, Number(entry.version)]));
  await rig.informer.stop();
});

test('after a watch disruption, unchanged objects reach nobody, but those who resync', async () => {
  const rig = await rigWith(3);
  const plain = collect(rig);
  await rig.clock.settle();
  plain.lines.length = 0;
  rig.server.otherWrite();
  rig.server.restart();
  await rig.clock.advance(20_000);
  expect(rig.informer.scopes()[0]?.counters.listsDone).toBe(2);
  expect(plain.lines).toEqual([]);
  await rig.informer.stop();
});

test('a resync survives a handler that throws', async () => {
  const rig = await rigWith(3);
  let calls = 0;
  rig.informer.handle(
    () => {
      calls += 1;
      throw new Error('no');
    },
    { resyncMs: 10_000 },
  );
  await rig.clock.advance(35_000);
  expect(calls).toBeGreaterThanOrEqual(3 + 3 * 3);
  await rig.informer.stop();
});

test('a handler can be removed while it runs; its signal is aborted, nothing more comes, a second removal is nothing', async () => {
  const rig = await rigWith(5);
  const gate = gated();
  const signals: AbortSignal[] = [];
  const handle = rig.informer.handle(
    (delta, signal) => {
      signals.push(signal);
      return gate.handler(delta, signal);
    },
    { workers: 1 },
  );
  const other = collect(rig);
  await rig.clock.settle();
  handle.remove();
  handle.remove();
  handle[Symbol.dispose]();
  expect(signals[0]?.aborted).toBe(true);
  await expect(handle.synced).rejects.toMatchObject({ name: 'InformerStoppedError', code: 'STOPPED' });
  gate.release();
  rig.server.put('default', 'thing-001', 9);
  await rig.clock.settle();
  expect(gate.lines).toHaveLength(1);
  expect(other.lines).toHaveLength(6);
  expect(rig.informer.handlers).toHaveLength(1);
  await rig.informer.stop();
});

test('removed within its own call, a handler gets no other', async () => {
  const rig = await rigWith(5);
  let calls = 0;
  const handle = rig.informer.handle(() => {
    calls += 1;
    handle.remove();
  });
  await rig.clock.settle();
  expect(calls).toBe(1);
  await rig.informer.stop();
});

test('what waits for a handler as it is removed is counted as lost', async () => {
  const rig = await rigWith(1);
  const gate = gated();
  const handle = rig.informer.handle(gate.handler);
  await rig.clock.settle();
  rig.server.put('default', 'thing-000', 2);
  await rig.clock.settle();
  handle.remove();
  expect(handle.counters.lost).toBe(1);
  await rig.informer.stop();
});

test('the same handler may be added twice and is called for each', async () => {
  const rig = await rigWith(1);
  let calls = 0;
  const handler = (): void => void (calls += 1);
  const first = rig.informer.handle(handler);
  rig.informer.handle(handler);
  await rig.clock.settle();
  expect(calls).toBe(2);
  first.remove();
  rig.server.put('default', 'thing-000', 2);
  await rig.clock.settle();
  expect(calls).toBe(3);
  await rig.informer.stop();
});

test('an async iteration gives each delta in turn, settles it when the next is asked for, and ends when the informer stops', async () => {
  const rig = await rigWith(2);
  const lines: string[] = [];
  const done = (async () => {
    for await (const delta of rig.informer.deltas()) lines.push(lineOf(delta));
    return 'ended';
  })();
  await rig.clock.settle();
  rig.server.put('default', 'thing-001', 9);
  await rig.clock.settle();
  expect(lines).toEqual([
    'added default/thing-000 uid-1@96 0 (initial)',
    'added default/thing-001 uid-2@97 1 (initial)',
    'updated default/thing-001 uid-2@98 9 (watch)',
  ]);
  await rig.informer.stop();
  expect(await done).toBe('ended');
});

test('breaking out of an iteration removes its handler; an aborted signal ends it', async () => {
  const rig = await rigWith(2);
  for await (const delta of rig.informer.deltas()) if (delta.entry.key.name === 'thing-000') break;
  expect(rig.informer.handlers).toHaveLength(0);
  const abort = new AbortController();
  const lines: string[] = [];
  const done = (async () => {
    for await (const delta of rig.informer.deltas({ signal: abort.signal })) lines.push(lineOf(delta));
  })();
  await rig.clock.settle();
  abort.abort();
  await done;
  expect(lines).toHaveLength(2);
  expect(rig.informer.handlers).toHaveLength(0);
  await rig.informer.stop();
});

test('objects handed out cannot be written to, and a copy can', async () => {
  const rig = await rigWith(1);
  const entry = [...rig.informer.view.select()][0];
  expect(() => {
    (entry as unknown as { value: { spec: { payload: number } } }).value.spec.payload = 5;
  }).toThrow(TypeError);
  const copy = entry?.mutable() as { spec: { payload: number } };
  copy.spec.payload = 5;
  expect(entry?.value.spec.payload).toBe(0);
  await rig.informer.stop();
});

test('a status listener is told each change of state, one that throws costs nothing, and its undo ends it', async () => {
  const rig = createModelRig();
  const states: string[] = [];
  rig.informer.onStatus(() => {
    throw new Error('no');
  });
  const undo = rig.informer.onStatus((status) => states.push(status.state));
  rig.informer.start();
  await rig.clock.settle();
  expect(states).toEqual(['Streaming', 'Watching']);
  undo[Symbol.dispose]();
  await rig.informer.stop();
  expect(states).toHaveLength(2);
});

test('a handler whose initial items were dropped by its overflow is synced when the replay that brings them is processed', async () => {
  const rig = await rigWith(10);
  const gate = gated();
  const handle = rig.informer.handle(gate.handler, { workers: 1, buffer: 2, overflow: 'resync' });
  await rig.clock.settle();
  // Ahead of the walk, which waits for the first call: they are what this handler first hears of these objects.
  for (let i = 5; i < 10; i += 1) rig.server.put('default', `thing-00${i}`, 100 + i);
  await rig.clock.settle();
  expect(handle.counters.dropped).toBeGreaterThan(0);
  const seen = (): number => new Set(gate.deltas.map(({ entry }) => entry.key.name)).size;
  for (let turn = 0; turn < 50 && !handle.hasSynced; turn += 1) {
    gate.release(1);
    await rig.clock.settle();
    // Processed, not only begun.
    if (handle.hasSynced) expect([seen(), gate.open]).toEqual([10, 0]);
  }
  expect(handle.hasSynced).toBe(true);
});
