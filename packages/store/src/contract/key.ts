/**
 * The identity of an object in a store. A tuple, never a joined string: no two keys can share an encoding.
 * `cluster` is `''` where there is one cluster; `namespace` is `''` for cluster-scoped objects.
 */
export interface Key {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

/** A key that is asked for: without `cluster` the one cluster `''` is meant. */
export interface KeyInput {
  readonly cluster?: string | undefined;
  readonly namespace: string;
  readonly name: string;
}
