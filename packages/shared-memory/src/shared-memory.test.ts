import { createVirtualClock } from '@kubecast/clock/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Arena,
  digest,
  growable,
  hashOfText,
  LEASE_COUNT,
  LeaseBook,
  LeasePool,
  readText,
  RoomMap,
  sameText,
  textWords,
  writeText,
  type LeaseErrors,
  type LeaseWords,
} from './index.ts';

const full = (bytes: number): Error => new Error(`full at ${bytes}`);

describe('arena', () => {
  test('blocks are zero, never 0 and never overlap, whatever was taken and given before', () => {
    const step = fc.record({ length: fc.integer({ min: 1, max: 300 }), give: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const arena = new Arena(1 << 16, full);
        const held: { readonly block: number; readonly length: number; readonly mark: number }[] = [];
        let mark = 0;
        for (const { length, give } of steps) {
          let block: number;
          try {
            block = arena.take(length);
          } catch {
            const [gone] = held.splice(give % held.length, 1);
            if (gone) arena.give(gone.block, gone.length);
            continue;
          }
          expect(block).toBeGreaterThan(0);
          expect(arena.words.subarray(block, block + length).every((word) => word === 0)).toBe(true);
          mark += 1;
          arena.words.fill(mark, block, block + length);
          held.push({ block, length, mark });
          if (give % 3 === 0) {
            const [gone] = held.splice(give % held.length, 1);
            if (gone) arena.give(gone.block, gone.length);
          }
          for (const each of held)
            expect(arena.words.subarray(each.block, each.block + each.length).every((word) => word === each.mark)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a full arena throws the error of its owner, and joins freed neighbours for a larger block', () => {
    const arena = new Arena(1 << 14, full);
    const blocks: number[] = [];
    expect(() => {
      for (;;) blocks.push(arena.take(60));
    }).toThrow('full at 16384');
    expect(() => arena.take(200)).toThrow('full');
    for (const block of blocks.slice(3, 9)) arena.give(block, 60);
    const large = arena.take(200);
    expect(blocks.slice(3, 9).some((block) => large >= block && large < block + 64)).toBe(true);
  });

  test('the buffer grows up to its bound and no further', () => {
    const arena = new Arena(1 << 20, full);
    const first = arena.buffer.byteLength;
    expect(first).toBeLessThan(1 << 20);
    expect(() => {
      for (;;) arena.take(1000);
    }).toThrow('full');
    expect(arena.buffer.byteLength).toBe(1 << 20);
    expect(arena.words.byteLength).toBe(1 << 20);
    expect(arena.bytes).toBeGreaterThan(first);
    expect(growable(8, 16).growable).toBe(true);
  });
});

test('a room map gives rooms that do not overlap, and neighbours that were given back are one room again', () => {
  const rooms = new RoomMap(100);
  const [a, b, c] = [rooms.take(30), rooms.take(30), rooms.take(40)];
  expect([a, b, c]).toEqual([0, 30, 60]);
  expect(rooms.take(1)).toBe(-1);
  rooms.give(0, 30);
  rooms.give(60, 40);
  expect(rooms.has(50)).toBe(false);
  expect(rooms.take(50)).toBe(-1);
  rooms.give(30, 30);
  expect(rooms.has(100)).toBe(true);
  expect(rooms.take(100)).toBe(0);
});

describe('leases', () => {
  const make = (): LeaseWords => ({
    control: new Int32Array(new SharedArrayBuffer(4 * (LEASE_COUNT + 4))),
    leases: 4,
    used: 1,
    tickets: 2,
  });
  const errors: LeaseErrors = {
    expired: () => new Error('expired'),
    released: () => new Error('released'),
    full: (count) => new Error(`${count} leases`),
  };

  test('what is let go of is freed at once where nobody reads, and after the last lease that stood then where somebody does', async () => {
    const clock = createVirtualClock();
    const words = make();
    const book = new LeaseBook(words, clock, 1_000);
    const freed: string[] = [];
    const letGo = (name: string): void => {
      book.later(() => freed.push(name));
      book.settle();
    };
    letGo('a');
    expect(freed).toEqual(['a']);
    const first = new LeasePool(words, clock, 1_000, errors).take();
    letGo('b');
    const second = new LeasePool(words, clock, 1_000, errors).take();
    letGo('c');
    expect(freed).toEqual(['a']);
    expect(book.waiting).toBe(2);
    first.release();
    book.settle();
    expect(freed).toEqual(['a', 'b']);
    second.release();
    book.settle();
    book.settle();
    expect(freed).toEqual(['a', 'b', 'c']);
    expect(book.waiting).toBe(0);
  });

  test('a reader that was killed holds room no longer than its lease and a second', async () => {
    const clock = createVirtualClock();
    const words = make();
    const book = new LeaseBook(words, clock, 1_000);
    const killed = new LeasePool(words, clock, 1_000, errors).take();
    let freed = false;
    book.later(() => (freed = true));
    book.settle();
    await clock.advance(1_999);
    book.settle();
    expect(freed).toBe(false);
    expect(() => killed.check()).toThrow('expired');
    await clock.advance(2);
    book.settle();
    book.settle();
    expect(freed).toBe(true);
  });

  test('a lease tells that its time is over, that the writer took it away, and that it was released', async () => {
    const clock = createVirtualClock();
    const words = make();
    const lease = new LeasePool(words, clock, 1_000, errors).take();
    lease.check();
    await clock.advance(1_001);
    expect(() => lease.check()).toThrow('expired');
    const taken = new LeasePool(words, createVirtualClock(), 1_000, errors).take();
    words.control.fill(0, words.leases);
    expect(() => taken.check()).toThrow('expired');
    const done = new LeasePool(words, clock, 1_000, errors).take();
    done.release();
    done.release();
    expect(() => done.check()).toThrow('released');
    expect(words.control.subarray(words.leases).every((word) => word === 0)).toBe(true);
  });

  test('leases that one reader takes within half a second are one, and 256 readers may hold one', async () => {
    const clock = createVirtualClock();
    const words = make();
    const standing = (): number => words.control.subarray(words.leases).filter((word) => word !== 0).length;
    const pool = new LeasePool(words, clock, 1_000, errors);
    const held = [pool.take(), pool.take()];
    await clock.advance(400);
    held.push(pool.take());
    expect(standing()).toBe(1);
    await clock.advance(200);
    held.push(pool.take());
    expect(standing()).toBe(2);
    for (const lease of held) lease.release();
    expect(standing()).toBe(0);
    for (let i = 0; i < LEASE_COUNT; i += 1) new LeasePool(words, clock, 1_000, errors).take();
    expect(() => new LeasePool(words, clock, 1_000, errors).take()).toThrow('256 leases');
  });

  test('a lease past its time is taken over by whoever needs one, and not before', async () => {
    const clock = createVirtualClock();
    const words = make();
    const held = Array.from({ length: LEASE_COUNT }, () => new LeasePool(words, clock, 10_000, errors).take());
    const late = new LeasePool(words, clock, 10_000, errors);
    await clock.advance(10_000);
    expect(() => late.take()).toThrow('256 leases');
    await clock.advance(4_000);
    late.take().check();
    expect(held.filter((lease) => words.control[words.leases] !== 0 && throws(() => lease.check())).length).toBe(LEASE_COUNT);
  });
});

function throws(act: () => void): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}

test('any string comes back from its words as it was, U+FEFF and half a surrogate pair too', () => {
  const words = new Int32Array(4096);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('\ufeffx', '\ud800', 'a\udc00', '', '\0')), (text) => {
      const own = textWords(text);
      writeText(words, 7, own);
      expect(readText(words, 7)).toBe(text);
      expect(sameText(words, 7, own)).toBe(true);
      expect(sameText(words, 7, textWords(`${text}x`))).toBe(false);
      expect(hashOfText(own, 1, 0)).toBe(hashOfText(textWords(text), 1, 0));
    }),
    { numRuns: 200 },
  );
});

test('a change of any one word changes the checksum', () => {
  const words = Int32Array.from({ length: 67 }, (_, i) => Math.imul(i, 0x9e3779b1));
  const before = digest(words, 3, 60);
  for (let i = 3; i < 60; i += 1)
    for (const change of [1, -1, 1 << 31, 0x5a5a5a5a]) {
      const kept = words[i] as number;
      words[i] = kept ^ change;
      expect(digest(words, 3, 60)).not.toBe(before);
      words[i] = kept;
    }
  words[2] = 9;
  words[60] = 9;
  expect(digest(words, 3, 60)).toBe(before);
});
