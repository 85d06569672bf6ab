import { createVirtualClock } from '@kubecast/clock/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangesLostError, isConcurrentMapError, MapOptionsError } from '../index.ts';
import { SharedMap, SnapshotExpiredError } from './index.ts';

const pair = <V = unknown>(options: ConstructorParameters<typeof SharedMap<V>>[0] = {}): readonly [SharedMap<V>, SharedMap<V>] => {
  const map = new SharedMap<V>({ name: 'apps', ...options });
  return [map, SharedMap.attach<V>(structuredClone(map.share()))];
};

describe('snapshots', () => {
  test('a snapshot shows the map after one change, whatever is written meanwhile', () => {
    const [map, other] = pair<number>();
    for (let i = 0; i < 500; i += 1) map.set(`k${i}`, i);
    for (let i = 0; i < 500; i += 5) map.delete(`k${i}`);
    const wanted = new Map(map.entries());
    const snapshot = other.snapshot();
    for (let i = 0; i < 500; i += 1) {
      if (i % 3 === 0) map.set(`k${i}`, -1 - i);
      else if (i % 3 === 1) map.delete(`k${i}`);
      else map.set(`new${i}`, i);
    }
    for (let i = 0; i < 200; i += 1) map.set('k3', i);
    expect(new Map(snapshot.entries())).toEqual(wanted);
    expect(snapshot.size).toBe(wanted.size);
    for (let i = 0; i < 500; i += 1) {
      expect(snapshot.get(`k${i}`)).toBe(wanted.get(`k${i}`));
      expect(snapshot.has(`k${i}`)).toBe(wanted.has(`k${i}`));
      expect(snapshot.get(`new${i}`)).toBeUndefined();
    }
    expect(snapshot.entry('k2')).toEqual({ value: 2, version: 3 });
    snapshot.dispose();
    expect(() => snapshot.get('k1')).toThrow('disposed');
    expect(() => [...snapshot.entries()]).toThrow('disposed');
  });

  test('a snapshot expires aloud when more was changed since than the map keeps, or when the room is wanted', () => {
    const [map, other] = pair<string>({ changes: 64, maxBytes: 1 << 16 });
    map.set('a', 'old');
    const snapshot = other.snapshot();
    const iteration = snapshot.entries();
    for (let i = 0; i < 63; i += 1) map.set('a', `${i}`);
    expect(snapshot.get('a')).toBe('old');
    for (let i = 0; i < 10; i += 1) map.set('a', `${i}`);
    for (const read of [() => snapshot.get('a'), () => snapshot.has('b'), () => iteration.next()])
      expect(read).toThrow(SnapshotExpiredError);
    const second = other.snapshot();
    expect(second.get('a')).toBe('9');
    for (let i = 0; i < 12; i += 1) map.set('a', 'x'.repeat(8_000));
    expect(() => second.get('a')).toThrow('"changes" or "maxBytes"');
  });

  test('an entry that stands all along is met once by a walk, whatever comes and goes', () => {
    const [map, other] = pair<number>();
    for (let i = 0; i < 3_000; i += 1) map.set(`k${i}`, i);
    const met = new Map<string, number>();
    let step = 0;
    for (const [key] of other.entries()) {
      met.set(key, (met.get(key) ?? 0) + 1);
      step += 1;
      map.set(`k${(step * 7) % 3_000}`, step);
      map.set(`new${step % 50}`, step);
      map.delete(`new${(step * 3) % 50}`);
    }
    for (let i = 0; i < 3_000; i += 1) expect(met.get(`k${i}`)).toBe(1);
  });
});

describe('changes', () => {
  test('changes are told in order and without a gap from a sequence on, with what was before', () => {
    const [map, other] = pair<number>();
    map.set('a', 1);
    map.set('b', 2);
    other.set('a', 3);
    map.delete('a');
    map.set('a', 4);
    expect(other.changesAfter(0)).toEqual([
      { type: 'set', key: 'a', value: 1, sequence: 1 },
      { type: 'set', key: 'b', value: 2, sequence: 2 },
      { type: 'set', key: 'a', value: 3, previous: 1, sequence: 3 },
      { type: 'deleted', key: 'a', previous: 3, sequence: 4 },
      { type: 'set', key: 'a', value: 4, sequence: 5 },
    ]);
    expect(other.changesAfter(3, 1).map(({ sequence }) => sequence)).toEqual([4]);
    expect(other.changesAfter(5)).toEqual([]);
    for (const read of [() => other.changesAfter(-1), () => other.changesAfter(0.5), () => other.changesAfter(0, 0)])
      expect(read).toThrow(MapOptionsError);
  });

  test('a snapshot and the changes after it make the map', () => {
    const action = fc.record({ key: fc.integer({ min: 0, max: 6 }), value: fc.option(fc.integer(), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), fc.array(action, { maxLength: 60 }), (before, after) => {
        const [map, other] = pair<number>({ changes: 64 });
        const model = new Map<string, number>();
        const act = ({ key, value }: { readonly key: number; readonly value: number | undefined }, by: SharedMap<number>): void => {
          if (value === undefined) expect(by.delete(`k${key}`)).toBe(model.delete(`k${key}`));
          else {
            by.set(`k${key}`, value | 0);
            model.set(`k${key}`, value | 0);
          }
          expect(map.size).toBe(model.size);
        };
        for (const [index, each] of before.entries()) act(each, index % 2 === 0 ? map : other);
        const snapshot = other.snapshot();
        const copy = new Map(snapshot.entries());
        expect(copy).toEqual(model);
        for (const [index, each] of after.entries()) act(each, index % 2 === 0 ? map : other);
        expect(new Map(snapshot.entries())).toEqual(copy);
        for (const change of other.changesAfter(snapshot.sequence)) {
          if (change.type === 'set') copy.set(change.key, change.value as number);
          else copy.delete(change.key);
        }
        expect(copy).toEqual(model);
        expect(new Map(map.entries())).toEqual(model);
      }),
      { numRuns: 300 },
    );
  });

  test('behind what the map keeps there is a ChangesLostError, never a silent gap', async () => {
    const [map, other] = pair<number>({ changes: 16 });
    for (let i = 0; i < 100; i += 1) map.set('a', i);
    const read = (): unknown => other.changesAfter(3);
    expect(read).toThrow(ChangesLostError);
    let lost: unknown;
    try {
      read();
    } catch (error) {
      lost = error;
    }
    expect(isConcurrentMapError(lost) && lost).toMatchObject({ asked: 3, oldest: 84 });
    expect(other.changesAfter(84)).toHaveLength(16);
    await expect(other.subscribe({ after: 3 }).next()).rejects.toThrow('take a snapshot');
  });

  test('a subscription waits for the next change and ends by its signal and by return()', async () => {
    const [map, other] = pair<number>();
    const stop = new AbortController();
    const told: number[] = [];
    const loop = (async () => {
      for await (const change of other.subscribe({ signal: stop.signal })) {
        told.push(change.sequence);
        if (change.sequence < 50) map.set('a', change.sequence);
        else stop.abort(new Error('enough'));
      }
    })();
    map.set('a', 0);
    await expect(loop).rejects.toThrow('enough');
    expect(told).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    const waiting = other.subscribe();
    const next = waiting.next();
    await waiting.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(() => other.subscribe({ after: 51 })).toThrow(MapOptionsError);
  });

  test('a wait does not outlive a second, so that a writer that was killed before it woke anybody holds up nobody', async () => {
    const clock = createVirtualClock();
    const map = new SharedMap<number>({ clock });
    const changes = map.subscribe();
    const next = changes.next();
    await clock.advance(1_000);
    map.set('a', 1);
    expect((await next).value).toMatchObject({ key: 'a', sequence: 1 });
    await changes.return?.();
  });
});
