import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@kubecast/clock';
import { Arena, digest, growable, LEASE_COUNT, LeaseBook, LeasePool, readText, textWords, writeText } from '@kubecast/shared-memory';

test('shared-memory: an arena grows under views of explicit length, and what was written before is there', () => {
  const arena = new Arena(1 << 20, (bytes) => new RangeError(`full at ${bytes}`));
  const texts = ['iiot', '\ufeffmark', '\ud800', 'ü'.repeat(300)];
  const blocks = texts.map((text) => {
    const words = textWords(text);
    const block = arena.take(words.length);
    writeText(arena.words, block, words);
    return block;
  });
  const sum = digest(arena.words, blocks[0], 100);
  const before = arena.buffer.byteLength;
  assert.throws(() => {
    for (;;) arena.take(1000);
  }, /full at 1048576/);
  assert.ok(arena.buffer.byteLength > before);
  assert.deepEqual(
    blocks.map((block) => readText(arena.words, block)),
    texts,
  );
  assert.equal(digest(new Int32Array(arena.buffer, 0, 100), blocks[0], 100), sum);
  assert.equal(growable(8, 16).maxByteLength, 16);
});

test('shared-memory: room that a reader may reach is freed after its lease', () => {
  const words = { control: new Int32Array(new SharedArrayBuffer(4 * (LEASE_COUNT + 3))), leases: 3, used: 1, tickets: 2 };
  const fail = (): Error => new Error('no lease');
  const pool = new LeasePool(words, systemClock, 60_000, { expired: fail, released: fail, full: fail });
  const book = new LeaseBook(words, systemClock, 60_000);
  const lease = pool.take();
  let freed = false;
  book.later(() => {
    freed = true;
  });
  book.settle();
  assert.equal(freed, false);
  lease.check();
  lease.release();
  book.settle();
  assert.equal(freed, true);
});
