import { ClosedError, ConfigError, CredentialsError, RequestError } from '@kubecast/client';
import { expect, test } from 'vitest';
import { createModelRig, lineOf, statuses } from '../testing/index.ts';
import type { ModelRig } from '../testing/index.ts';

type Transform = (object: Record<string, unknown>) => Record<string, unknown>;

const payloadOf = (object: Record<string, unknown>): number => (object['spec'] as { payload: number }).payload;
const scope = (rig: ModelRig) => rig.informer.scopes()[0];
const found = (rig: ModelRig, name: string, value: string): string[] =>
  [...rig.informer.view.select({ index: { name, value } })].map((entry) => entry.key.name);

function filled(options: Parameters<typeof createModelRig>[0] = {}): ModelRig {
  const rig = createModelRig(options);
  for (let i = 0; i < 5; i += 1) rig.server.put('default', `thing-${i}`, i);
  return rig;
}

const throwing = (error: () => unknown) => ({ throws: error() });

/** What an extractor may do wrong, for the object with payload 3. */
const badExtractors: readonly (readonly [string, () => never[]])[] = [
  ['throws', () => JSON.parse('{"secret": hunter2}') as never[]],
  [
    'throws undefined',
    () => {
      throw undefined as unknown as Error;
    },
  ],
  [
    'throws a text',
    () => {
      throw 'hunter2' as unknown as Error;
    },
  ],
  ['gives undefined', () => undefined as unknown as never[]],
  ['gives a text', () => 'value' as unknown as never[]],
  ['gives a number in the array', () => [5 as never]],
  ['gives undefined in the array', () => [undefined as never]],
  ['gives a promise that rejects', () => Promise.reject(new Error('late')) as unknown as never[]],
];

test.each(badExtractors)(
  'an extractor that %s for one object keeps nothing else from being shown, in a list, a watch and a relist',
  async (_what, wrong) => {
    for (const api of [{}, { noStreams: true }]) {
      const rig = filled({
        api,
        indexes: { parity: (entry) => (entry.value.spec.payload % 10 === 3 ? wrong() : [String(entry.value.spec.payload % 2)]) },
      });
      rig.informer.start();
      await rig.clock.settle();
      expect(rig.held()).toEqual(rig.truth());
      expect(rig.state()).toBe('Watching');
      expect(found(rig, 'parity', '1')).toEqual(['thing-1']);
      const told = rig.reports.filter((report) => report.kind === 'program-error');
      expect(told).toHaveLength(1);
      expect(told[0]?.message).toMatch(/the index "parity" .* for "default\/thing-3"/);
      expect(JSON.stringify(told) + JSON.stringify({ ...told[0] })).not.toContain('hunter2');
      expect(scope(rig)?.counters).toMatchObject({ programErrors: 1, corrupt: 0, failures: 0 });
      // One that was indexed well leaves its old value, by an event and by a list.
      rig.server.put('default', 'thing-1', 13);
      await rig.clock.settle();
      expect(found(rig, 'parity', '1')).toEqual([]);
      expect(rig.held()).toEqual(rig.truth());
      rig.server.put('default', 'thing-1', 7);
      await rig.clock.settle();
      expect(found(rig, 'parity', '1')).toEqual(['thing-1']);
      rig.server.cut();
      await rig.clock.settle();
      rig.server.put('default', 'thing-1', 23);
      rig.server.put('default', 'new', 33);
      rig.server.delete('default', 'thing-2');
      rig.server.restart();
      await rig.clock.advance(20_000);
      expect(rig.held()).toEqual(rig.truth());
      expect(rig.state()).toBe('Watching');
      expect(found(rig, 'parity', '1')).toEqual([]);
      expect(scope(rig)?.counters.lists).toBe(api.noStreams === true ? 3 : 2);
      await rig.informer.stop();
    }
  },
);

test('an index that is added later and throws for an object holds the others', async () => {
  const rig = filled();
  rig.informer.start();
  await rig.clock.settle();
  rig.informer.addIndex('late', (entry) => {
    if (entry.value.spec.payload === 3) throw new TypeError('not here');
    return ['all'];
  });
  expect(found(rig, 'late', 'all')).toHaveLength(4);
  await rig.clock.settle();
  expect(rig.reports.map((report) => report.kind)).toEqual(['program-error']);
  expect(rig.reports[0]?.cause).toBeInstanceOf(TypeError);
  await rig.informer.stop();
});

test('an extractor that throws for every object is reported a bounded number of times, and counted each time', async () => {
  const rig = createModelRig({
    indexes: {
      never: () => {
        throw new Error('never');
      },
    },
  });
  for (let i = 0; i < 3000; i += 1) rig.server.put('default', `thing-${i}`, i);
  rig.informer.start();
  await rig.clock.settle();
  await rig.clock.advance(1000);
  expect(rig.informer.view.size).toBe(3000);
  expect(scope(rig)?.counters.programErrors).toBe(3000);
  expect(rig.reports).toHaveLength(105);
  expect(rig.reports.at(-1)?.message).toContain('failure 2048');
  await rig.informer.stop();
});

/** What a transform may do wrong, for the object with payload 3. */
const badTransforms: readonly (readonly [string, Transform])[] = [
  ['throws', () => JSON.parse('{"secret": hunter2}') as never],
  ['gives undefined', () => undefined as never],
  ['gives null', () => null as never],
  ['gives an array', () => [] as never],
  ['gives a promise', (object) => Promise.resolve(object) as never],
  ['gives a promise that rejects', () => Promise.reject(new Error('late')) as never],
  ['gives a circle', (object) => Object.assign(object, { self: object })],
  ['gives a function within', (object) => ({ ...object, made: () => 5 })],
  ['gives NaN within', (object) => ({ ...object, big: Number.NaN })],
  ['takes the name away', (object) => ({ ...object, metadata: {} })],
  ['changes the UID', (object) => ({ ...object, metadata: { ...(object['metadata'] as object), uid: 'other' } })],
  ['changes the version', (object) => ({ ...object, metadata: { ...(object['metadata'] as object), resourceVersion: '1' } })],
  ['throws in toJSON', (object) => Object.assign(object, { toJSON: () => JSON.parse('hunter2') as never })],
];

test.each(badTransforms)(
  'an object whose transform %s is not kept, in a list, a watch and a relist, and everything else is',
  async (_what, wrong) => {
    for (const api of [{}, { noStreams: true }]) {
      const rig = filled({ api, transform: (object) => (payloadOf(object) % 10 === 3 ? wrong(object) : object) });
      const lines: string[] = [];
      rig.informer.handle((delta) => void (delta.type === 'deleted' && lines.push(lineOf(delta))));
      const kept = (): string[] => rig.truth().filter((line) => !line.endsWith('3'));
      rig.informer.start();
      await rig.clock.settle();
      expect(rig.held()).toEqual(kept());
      expect(rig.informer.view.size).toBe(4);
      expect(rig.state()).toBe('Watching');
      const told = rig.reports.filter((report) => report.kind === 'program-error');
      expect(told).toHaveLength(1);
      expect(told[0]?.message).toContain('"default/thing-3"');
      expect(JSON.stringify(told) + JSON.stringify({ ...told[0] })).not.toContain('hunter2');
      expect(scope(rig)?.counters).toMatchObject({ programErrors: 1, corrupt: 0, failures: 0 });
      // A version that stood leaves, and nobody is told that it was deleted.
      rig.server.put('default', 'thing-1', 13);
      await rig.clock.settle();
      expect(rig.held()).toEqual(kept());
      expect(lines).toEqual(['deleted default/thing-1 uid-2@97 1 (watch, unknown)']);
      rig.server.put('default', 'thing-1', 7);
      await rig.clock.settle();
      expect(rig.held()).toEqual(kept());
      lines.length = 0;
      rig.server.cut();
      await rig.clock.settle();
      const gone = rig.server.put('default', 'thing-1', 23);
      rig.server.delete('default', 'thing-2');
      rig.server.restart();
      await rig.clock.advance(20_000);
      expect(rig.held()).toEqual(kept());
      expect(rig.state()).toBe('Watching');
      // A list that lacks an object for this reason still says of the others that they were deleted.
      expect(lines.sort()).toEqual([
        `deleted default/thing-1 uid-2@${gone.rv - 1} 7 (relist, unknown)`,
        'deleted default/thing-2 uid-3@98 2 (relist, deleted)',
      ]);
      // An object that was deleted with a last state that cannot be transformed is gone.
      rig.server.delete('default', 'thing-1');
      rig.server.delete('default', 'thing-3');
      rig.server.delete('default', 'thing-0');
      await rig.clock.settle();
      expect(rig.held()).toEqual(kept());
      // It is no hole in the list: nothing is asked for again.
      const lists = scope(rig)?.counters.lists;
      await rig.clock.advance(4_000_000);
      expect(scope(rig)?.counters.lists).toBe(lists);
      await rig.informer.stop();
    }
  },
);

test('an extractor or a transform that changes its informer is refused, and counts as one that throws', async () => {
  for (const change of ['setNamespaces', 'removeCluster', 'addIndex'] as const) {
    const act = (): void => {
      if (change === 'setNamespaces') rig.informer.setNamespaces(['other']);
      else if (change === 'removeCluster') rig.informer.removeCluster('');
      else rig.informer.addIndex('inner', () => []);
    };
    const rig: ModelRig = filled({
      indexes: {
        outer: (entry) => {
          if (entry.value.spec.payload === 3) act();
          return ['all'];
        },
      },
    });
    rig.informer.start();
    await rig.clock.settle();
    expect(rig.held()).toEqual(rig.truth());
    expect(found(rig, 'outer', 'all')).toHaveLength(4);
    expect(String(rig.reports[0]?.cause)).toContain(`${change} was called by an index extractor or a transform`);
    await rig.informer.stop();
  }
});

test('a report of an extractor that throws may change the informer', async () => {
  const rig: ModelRig = filled({
    indexes: {
      bad: () => {
        throw new Error('x');
      },
    },
    onReport: () => rig.informer.setNamespaces(['other']),
  });
  rig.server.put('other', 'a', 1);
  rig.informer.start();
  await rig.clock.advance(5000);
  expect(rig.held()).toEqual(['other/a uid-6@101 1']);
  expect(rig.state()).toBe('Watching');
  await rig.informer.stop();
});

test('a client that was closed stays the last word, also where a write shows that the server went back', async () => {
  const rig = filled();
  rig.informer.start();
  await rig.clock.settle();
  const mark = rig.informer.writeBarrier({ cluster: '', namespace: 'default', name: 'thing-1' });
  rig.api.plan(
    'any',
    throwing(() => new ClosedError()),
    1000,
  );
  rig.server.cut();
  await rig.clock.advance(5000);
  const receipt = { key: mark.key, uid: 'uid-2', version: '90', gone: false };
  rig.informer.observeReceipt(receipt, mark);
  await rig.clock.advance(5000);
  expect(rig.state()).toBe('Failed');
  expect(rig.clock.pending).toBe(0);
  await rig.informer.stop();
});

test('listeners that throw or reject cost nothing', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  const rig = filled({
    onReport: (async () => Promise.reject(new Error('report'))) as () => void,
    indexes: {
      bad: () => {
        throw new Error('x');
      },
    },
  });
  rig.informer.onStatus((async () => Promise.reject(new Error('status'))) as () => void);
  rig.informer.onStatus(() => {
    throw new Error('status');
  });
  rig.informer.start();
  await rig.clock.settle();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

// ---- errors of the client and of the source ----

test('a client that is closed under an informer is a final state that says so, and nothing is tried again', async () => {
  for (const when of ['before', 'amid'] as const) {
    const rig = filled();
    if (when === 'before')
      rig.api.plan(
        'any',
        throwing(() => new ClosedError()),
        1000,
      );
    rig.informer.start();
    await rig.clock.settle();
    if (when === 'amid') {
      rig.api.plan(
        'any',
        throwing(() => new ClosedError()),
        1000,
      );
      rig.server.cut();
      await rig.clock.advance(5000);
    }
    expect(rig.state()).toBe('Failed');
    expect(scope(rig)?.reason).toContain('the client was closed under the informer');
    const asked = rig.api.requests.length;
    await rig.clock.advance(10_000_000);
    expect(rig.api.requests).toHaveLength(asked);
    expect(rig.clock.pending).toBe(0);
    expect(rig.informer.view.size).toBe(when === 'amid' ? 5 : 0);
    await rig.informer.stop();
    expect(rig.state()).toBe('Stopped');
  }
});

test.each([
  ['a request that cannot be made', () => new RequestError('the header x has a line break'), 'Failed', 'the request cannot be sent: '],
  ['a configuration that cannot be used', () => new ConfigError('/kube/config: no such user'), 'Failed', "the client's configuration: "],
  ['a bug of the source', () => new TypeError('Cannot read properties of undefined'), 'Failed', 'an error of the program: '],
  ['credentials that cannot be had', () => new CredentialsError('the plugin failed'), 'BackingOff', 'credentials: '],
] as const)(
  '%s is a state with its own reason, asked about at most every half minute, and over when it is mended',
  async (_what, error, state, reason) => {
    for (const amid of [false, true]) {
      const rig = filled();
      if (amid) {
        rig.informer.start();
        await rig.clock.settle();
        rig.server.cut();
      }
      rig.api.plan('any', throwing(error), 100_000);
      if (!amid) rig.informer.start();
      await rig.clock.advance(600_000);
      expect(rig.state()).toBe(state);
      expect(scope(rig)?.reason).toContain(reason + error().message);
      expect(scope(rig)?.counters.fruitless).toBe(amid ? 1 : 0);
      expect(rig.api.requests.length).toBeLessThan(100);
      rig.api.calm();
      rig.server.put('default', 'thing-1', 11);
      await rig.clock.advance(31_000);
      expect(rig.held()).toEqual(rig.truth());
      expect(rig.state()).toBe('Watching');
      await rig.informer.stop();
    }
  },
);

test('a source that throws before it gives an iterator, and one whose form throws, are met alike', async () => {
  const rig = filled();
  const good = rig.api.source();
  let bad = true;
  const broken = createModelRig({
    clock: rig.clock,
    source: {
      watchFrames: (options, signal) => {
        if (bad) throw new ReferenceError('frames is not defined');
        return good.watchFrames(options, signal);
      },
      listPages: (options, signal) => good.listPages(options, signal),
      form: () => {
        throw new Error('no form');
      },
    },
  });
  broken.informer.start();
  await rig.clock.advance(10_000);
  expect(broken.state()).toBe('Failed');
  bad = false;
  await rig.clock.advance(31_000);
  expect(broken.state()).toBe('Watching');
  expect(broken.held()).toEqual(rig.truth());
  await broken.informer.stop();
  expect(rig.clock.pending).toBe(0);
});

test('a list that the store cannot take is an error of the program: the view and the version stay, and it is tried again', async () => {
  const rig = filled();
  rig.informer.start();
  await rig.clock.settle();
  const { writer } = rig.informer as unknown as { writer: { replace: (scope: never) => { commit: (version: string) => Iterable<never> } } };
  const replace = writer.replace.bind(writer);
  let full = true;
  writer.replace = (of) => {
    const replacement = replace(of);
    return full
      ? {
          ...replacement,
          commit: () => {
            throw new Error('the store is full');
          },
        }
      : replacement;
  };
  const before = { held: rig.held(), version: scope(rig)?.resourceVersion };
  rig.server.put('default', 'new', 9);
  const seen = scope(rig)?.resourceVersion;
  rig.server.cut();
  await rig.clock.settle();
  rig.server.delete('default', 'thing-2');
  rig.api.plan('watch', { status: statuses.expired });
  await rig.clock.advance(5000);
  expect(rig.state()).toBe('Failed');
  expect(scope(rig)?.reason).toContain('an error of the program: the store is full');
  expect(scope(rig)).toMatchObject({ resourceVersion: seen, synced: true, epoch: 1 });
  expect(scope(rig)?.counters.listsDone).toBe(1);
  expect(rig.held().length).toBeGreaterThanOrEqual(before.held.length);
  full = false;
  await rig.clock.advance(31_000);
  expect(rig.state()).toBe('Watching');
  expect(rig.held()).toEqual(rig.truth());
  await rig.informer.stop();
});

test('a transform may give a BigInt, which is kept as the integer that it is', async () => {
  const rig = filled({ transform: (object) => ({ ...object, big: 5n }) });
  rig.informer.start();
  await rig.clock.settle();
  expect(rig.held()).toEqual(rig.truth());
  expect(rig.informer.view.get({ namespace: 'default', name: 'thing-0' })).toMatchObject({ big: 5 });
  expect(rig.reports).toEqual([]);
  await rig.informer.stop();
});
