import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueQueue } from '../loader/due/due-queue.ts';
import { findMember } from './json-member.ts';
import { keySlot } from '../connection/key-slot.ts';

test('what is due comes out in the order of its time, and nothing before', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 0, max: 50 }), (times, now) => {
      const queue = new DueQueue<number>();
      for (const time of times) queue.push(time, time);
      const taken: number[] = [];
      for (let next = queue.takeDue(now); next !== undefined; next = queue.takeDue(now)) taken.push(next);
      expect(taken).toEqual(times.filter((time) => time <= now).sort((a, b) => a - b));
      expect(queue.nextAt).toBe(Math.min(Infinity, ...times.filter((time) => time > now)));
    }),
  );
});

// From the specification of Redis Cluster and CLUSTER KEYSLOT of a real server.
test.each([
  ['123456789', 0x31c3],
  ['foo', 12182],
  ['{user1000}.following', 3443],
  ['{user1000}.followers', 3443],
  ['foo{}{bar}', 8363],
  ['foo{{bar}}zap', 4015],
  ['foo{bar}{zap}', 5061],
  ['', 0],
])('the slot of %j is %i', (key, slot) => {
  expect(keySlot(Buffer.from(key))).toBe(slot);
});

test('a member of an object is found as it stands there', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat({ max: 3 }), (object, indent) => {
      const text = JSON.stringify(object, null, indent);
      for (const name of Object.keys(object)) {
        expect(JSON.parse(findMember(text, name) ?? 'undefined')).toEqual(JSON.parse(JSON.stringify(object[name])));
      }
      expect(findMember(text, 'no such name, surely')).toBeUndefined();
    }),
  );
  expect(findMember('{"a":1,"a":2}', 'a')).toBe('2');
  expect(findMember('[1]', 'a')).toBeUndefined();
});
