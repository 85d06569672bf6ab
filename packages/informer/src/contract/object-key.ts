import type { Key, KeyInput } from '@kubecast/store';

/** The key as the store has it: without `cluster`, the one cluster `''` is meant. */
export function storeKey({ cluster = '', namespace, name }: KeyInput): Key {
  return { cluster, namespace, name };
}
