import { SharedMap } from '@kubecast/concurrent-map/threads';

/** Room for as many entries of the benchmark's texts, and for what is written over them. */
export function sharedMapFor(entries: number): SharedMap<string> {
  return new SharedMap<string>({
    maxBytes: Math.min(2 ** 31 - 2 ** 16, 2 ** 25 + entries * 640),
    maxEntries: 2 * Math.max(entries, 1_000),
  });
}
