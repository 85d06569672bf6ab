import type { KeptPromise } from '../check-promises.ts';

const time = 'packages/clock/src/time.test.ts';
const slice = 'packages/clock/src/time-slice.test.ts';

export const kept: readonly KeptPromise[] = [
  {
    says: "rejects with the signal's reason at once and leaves no timer behind",
    test: time,
    named: 'an aborted sleep rejects with the reason and leaves nothing behind',
  },
  { says: 'resolves in a later turn of the event loop', test: slice, named: 'timers that are due fire while a loop yields without end' },
  { says: 'A sleep longer than 2,147,483,647 ms', test: time, named: 'a sleep longer than a timer can hold is cut into several' },
  { says: 'is exponential with full jitter', test: time, named: 'delays grow to the cap with full jitter' },
  { says: "`next(atLeastMs)` never returns less than a server's Retry-After", test: time, named: 'a Retry-After is never undercut' },
  { says: 'It reads the clock at every sixteenth step only', test: slice, named: 'the clock is read at every sixteenth step only' },
  { says: 'sleeps fire in their order', test: time, named: 'virtual sleeps fire in the order of their ends' },
];
