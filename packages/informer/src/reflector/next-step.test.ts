import { expect, test } from 'vitest';
import { defaultLimits } from '../contract/limits.ts';
import { Fault } from '../server/fault.ts';
import type { FaultKind } from '../server/fault.ts';
import { countsAsFruitless, FaultRuns, nextStep } from './next-step.ts';
import type { NextStep, Situation } from './next-step.ts';

const watch: Situation = { listing: false, version: '10', lastedMs: 0, relistDue: false, reached: false };
const list: Situation = { ...watch, listing: true };
const first: Situation = { ...list, version: '' };
const after = (lastedMs: number): Situation => ({ ...watch, lastedMs });
const due: Situation = { ...watch, relistDue: true };

/** state, next step, whether the version must be proven, and the longest wait: 0 for none, the server's own for `asked`. */
type Row = readonly [FaultKind, string, Situation, NextStep['state'], NextStep['next'], boolean, number | 'asked'];

const table: readonly Row[] = [
  ['relist', 'a watch', watch, undefined, 'list-held', false, 0],
  ['regressed', 'a watch', watch, 'Regressed', 'go-back', false, Infinity],
  ['regressed', 'a list', list, 'Regressed', 'go-back', false, Infinity],
  ['too-large', 'a watch', watch, 'Stale', 'again', true, 'asked'],
  ['too-large', 'a watch for 59 s', after(59_999), 'Stale', 'again', true, 'asked'],
  ['too-large', 'a watch for 60 s', after(60_000), 'Regressed', 'go-back', false, 0],
  ['too-large', 'a watch for 60 s, of a replica that lags', { ...after(60_000), reached: true }, 'Stale', 'list-latest', true, 'asked'],
  ['expired', 'a watch', watch, 'BackingOff', 'list-held', false, Infinity],
  ['expired', 'a list', list, 'BackingOff', 'list-latest', false, Infinity],
  ['expired', 'the first list', first, 'BackingOff', 'list-latest', false, Infinity],
  ['rate-limited', 'a watch', watch, 'BackingOff', 'again', false, Infinity],
  ['rate-limited', 'a watch for five minutes', after(300_000), 'BackingOff', 'list-held', false, Infinity],
  ['rate-limited', 'a list for five minutes', { ...list, lastedMs: 300_000 }, 'BackingOff', 'again', false, Infinity],
  ['forbidden', 'a watch', watch, 'Forbidden', 'again', false, Infinity],
  ['forbidden', 'one watch too many', due, 'Forbidden', 'list-latest', false, Infinity],
  ['gone', 'a watch', watch, 'Gone', 'again', false, 3000],
  ['gone', 'one watch too many', due, 'Gone', 'list-latest', false, 3000],
  ['idle', 'a watch', watch, 'Stale', 'again', true, 0],
  ['idle', 'one watch too many', due, 'Stale', 'list-latest', true, 0],
  ['server', 'a watch', watch, 'BackingOff', 'again', false, Infinity],
  ['server', 'a watch for a minute', after(60_000), 'BackingOff', 'list-held', false, Infinity],
  ['server', 'a list for a minute', { ...list, lastedMs: 60_000 }, 'BackingOff', 'again', false, Infinity],
  ['connection', 'a watch', watch, 'BackingOff', 'again', true, 10_000],
  ['connection', 'one watch too many', due, 'BackingOff', 'list-latest', true, 10_000],
  ['protocol', 'a watch', watch, 'BackingOff', 'again', true, Infinity],
  ['protocol', 'one watch too many', due, 'BackingOff', 'list-latest', true, Infinity],
  ['wrong-kind', 'a watch', watch, 'Stale', 'list-held', false, Infinity],
  ['wrong-kind', 'a list', list, 'Stale', 'again', false, Infinity],
  ['invalid', 'a watch', due, 'Stale', 'list-latest', false, Infinity],
  ['invalid', 'a list', list, 'Stale', 'again', false, Infinity],
  ['credentials', 'a watch', watch, 'BackingOff', 'again', true, Infinity],
  ['config', 'a list', list, 'Failed', 'again', true, Infinity],
  ['request', 'a list', list, 'Failed', 'again', true, Infinity],
  ['program', 'a list', list, 'Failed', 'again', true, Infinity],
  ['closed', 'a watch', watch, 'Failed', 'end', false, 0],
  ['closed', 'a list', first, 'Failed', 'end', false, 0],
];

test.each(table)('%s after %s', (kind, _after, at, state, next, doubt, most) => {
  const step = nextStep(new Fault(kind, 'why'), at, defaultLimits);
  const wait = step.wait.kind === 'none' ? 0 : step.wait.kind === 'asked' ? 'asked' : step.wait.maxMs;
  expect([step.state, step.next, step.doubt, wait]).toEqual([state, next, doubt, most]);
  expect(step.reason).toContain('why');
});

test('every kind of fault is in the table', () => {
  const kinds: Record<FaultKind, true> = {
    expired: true,
    'too-large': true,
    'rate-limited': true,
    forbidden: true,
    gone: true,
    invalid: true,
    server: true,
    connection: true,
    protocol: true,
    idle: true,
    'wrong-kind': true,
    credentials: true,
    config: true,
    request: true,
    program: true,
    closed: true,
    relist: true,
    regressed: true,
  };
  expect(new Set(table.map(([kind]) => kind))).toEqual(new Set(Object.keys(kinds)));
});

test('errors of the program, and faults with a rule of their own, are not counted as fruitless watches', () => {
  const counted = table.map(([kind]) => kind).filter((kind) => countsAsFruitless(kind));
  expect(new Set(counted)).toEqual(new Set(['forbidden', 'gone', 'idle', 'connection', 'protocol', 'invalid']));
});

test('a run of one kind lasts while that kind comes, and a version too large also through refused connections', () => {
  const runs = new FaultRuns();
  expect(runs.noted('server', 0)).toBe(0);
  expect(runs.noted('server', 500)).toBe(500);
  expect(runs.noted('gone', 600)).toBe(0);
  expect(runs.noted('server', 700)).toBe(0);
  expect(runs.noted('too-large', 1000)).toBe(0);
  runs.noted('connection', 2000);
  runs.noted('rate-limited', 3000);
  expect(runs.noted('too-large', 4000)).toBe(3000);
  runs.noted('forbidden', 5000);
  expect(runs.noted('too-large', 6000)).toBe(0);
  runs.over('too-large');
  expect(runs.noted('too-large', 7000)).toBe(0);
});
