import { ConcurrentMap } from '@kubecast/concurrent-map';
import type { MapContestant } from '../map-contestant.ts';

export default function concurrentMap(): MapContestant {
  const map = new ConcurrentMap<string>();
  return { sync: true, get: (key) => map.get(key), set: (key, value) => map.set(key, value), close: () => undefined };
}
