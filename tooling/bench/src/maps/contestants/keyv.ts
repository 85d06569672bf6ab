import { Keyv } from 'keyv';
import type { MapContestant } from '../map-contestant.ts';

/** As it comes: over a Map in memory. */
export default function keyv(): MapContestant {
  const store = new Keyv<string>();
  return {
    sync: false,
    get: (key) => store.get(key),
    set: (key, value) => store.set(key, value),
    close: () => store.clear(),
  };
}
