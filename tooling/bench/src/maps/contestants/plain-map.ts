import type { MapContestant } from '../map-contestant.ts';

export default function plainMap(): MapContestant {
  const map = new Map<string, string>();
  return { sync: true, get: (key) => map.get(key), set: (key, value) => map.set(key, value), close: () => map.clear() };
}
