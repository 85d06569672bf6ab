export { Backoff } from './backoff.ts';
export type { BackoffOptions } from './backoff.ts';
export type { Clock } from './clock.ts';
export { systemClock } from './system-clock.ts';
export { TimeSlice } from './time-slice.ts';
