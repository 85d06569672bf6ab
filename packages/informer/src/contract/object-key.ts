import type { Key } from '@kubecast/store';

/** The key of an object as a caller writes it. `cluster` may be left out where there is one cluster, whose name is `''`. */
export interface ObjectKey {
  readonly cluster?: string;
  readonly namespace: string;
  readonly name: string;
}

/** The key as the store has it. */
export function storeKey({ cluster = '', namespace, name }: ObjectKey): Key {
  return { cluster, namespace, name };
}
