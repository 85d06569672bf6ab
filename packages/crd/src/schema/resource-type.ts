/** Identifies a kind of resource on the API server; for built-in kinds and custom ones alike. */
export interface ResourceType<T = unknown> {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  /** Never set; carries the object's type. */
  readonly type?: T;
}
