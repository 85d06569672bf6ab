import type { SharedMap } from '@kubecast/concurrent-map/threads';
import type { MapContestant } from '../map-contestant.ts';
import { sharedMapFor } from '../shared-maps.ts';

export default function sharedMap(entries: number): MapContestant {
  const map: SharedMap<string> = sharedMapFor(entries);
  return {
    sync: true,
    get: (key) => map.get(key),
    set: (key, value) => map.set(key, value),
    bytes: () => map.bytes,
    close: () => undefined,
  };
}
