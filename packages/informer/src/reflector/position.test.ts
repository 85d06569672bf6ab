import { expect, test } from 'vitest';
import { Position } from './position.ts';

test('it begins with nothing: a list of the newest state, which may come from the server’s cache', () => {
  const position = new Position();
  expect(position).toMatchObject({ version: '', epoch: 1, synced: false, need: 'list', listVersion: '', anyAge: true });
});

test('a resume point is believed only after the server showed that it knows the version', () => {
  const position = new Position({ resume: { version: '10', epoch: 3, damaged: false } });
  expect(position).toMatchObject({ version: '10', epoch: 3, synced: true, need: 'watch', unproven: true });
  position.proven();
  expect(position.unproven).toBe(false);
});

test('a resume point without a version is none', () => {
  expect(new Position({ resume: { version: '', epoch: 3, damaged: false } })).toMatchObject({ epoch: 1, synced: false, need: 'list' });
});

test('judging a list moves nothing; taking it moves everything at once', () => {
  const position = new Position();
  expect(position.judge('10')).toBeUndefined();
  expect(position).toMatchObject({ version: '', synced: false, need: 'list' });
  position.took('10');
  expect(position).toMatchObject({ version: '10', synced: true, need: 'watch', unproven: false });
});

test.each([
  ['', 'invalid'],
  ['0', 'invalid'],
  ['9', 'too-large'],
  ['10', undefined],
  ['11', undefined],
  // Versions of a server that does not count in decimal numbers compare for equality only.
  ['opaque', undefined],
])('a list not older than 10 that is complete at %o: %s', (version, refused) => {
  const position = new Position();
  position.took('10');
  position.mustList('held');
  expect(position.judge(version)?.kind).toBe(refused);
});

test('a list of the newest state below what is held proves that the server went back', () => {
  const position = new Position();
  position.took('10');
  position.mustList('latest');
  expect(position.judge('9')?.kind).toBe('regressed');
});

test('a server that went back is known once, and the next list begins an epoch and may stand below', () => {
  const position = new Position();
  position.took('10');
  expect(position.goBack()).toBe(true);
  expect(position.goBack()).toBe(false);
  position.mustList('held');
  expect(position).toMatchObject({ regressing: true, need: 'list', listVersion: '', version: '10', epoch: 1 });
  expect(position.judge('4')).toBeUndefined();
  position.took('4');
  expect(position).toMatchObject({ regressing: false, version: '4', epoch: 2, need: 'watch' });
});

test('a scope that takes over others is complete only where they stood, and goes on in their epoch', () => {
  let floor = '20';
  const position = new Position({ notBelow: () => floor, epochOf: () => 4 });
  expect(position.anyAge).toBe(false);
  expect(position.judge('19')?.kind).toBe('too-large');
  expect(position.judge('20')).toBeUndefined();
  position.took('20');
  expect(position.epoch).toBe(4);
  floor = '99';
  expect(position.judge('21')).toBeUndefined();
});

test('a bookmark of the version that is held moves nothing; without a version nothing is in doubt', () => {
  const position = new Position();
  position.doubt();
  expect(position.unproven).toBe(false);
  position.took('10');
  expect(position.heard('10')).toBe(false);
  expect(position.heard('')).toBe(false);
  expect(position.heard('12')).toBe(true);
  position.doubt();
  expect(position).toMatchObject({ version: '12', unproven: true });
});
