import type { ScopeId } from '@kubecast/store';

/** One part of the world that an informer watches by a stream of its own. */
export interface Scope {
  readonly id: ScopeId;
  /** `''` where there is one cluster. */
  readonly cluster: string;
  /** `''`: all namespaces, or the whole cluster for cluster-scoped kinds. */
  readonly namespace: string;
}

/** The id of a scope: equal for equal parts, different otherwise. */
export function scopeId(namespace: string, cluster = ''): ScopeId {
  return `${encodeURIComponent(cluster)}/${namespace}` as ScopeId;
}

export function scopeOf(namespace: string, cluster = ''): Scope {
  return { id: scopeId(namespace, cluster), cluster, namespace };
}
