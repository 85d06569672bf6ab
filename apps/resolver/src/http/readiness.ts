import type { ModelIndex, SourceStatus } from '@kubecast/model-index';

/** A dependency besides the watches: Redis. */
export interface Dependency {
  readonly name: string;
  readonly ok: boolean;
  /** Why not, in words. */
  readonly reason: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** One line each, as Kubernetes' own health endpoints write them. */
  readonly text: string;
}

const fine = new Set<SourceStatus['state']>(['Watching', 'Streaming']);

/**
 * Whether the resolver answers. Once synced it stays ready: while the API server or Redis is away it answers from memory and says how old that is.
 * A Redis that is away at the start does not keep it from getting ready either, since routing needs no Redis; the text names the state of
 * everything at all times.
 */
export function readiness(index: ModelIndex, dependencies: readonly Dependency[], stopping: boolean): Readiness {
  const lines = index.sources().map((source) => {
    const where = source.namespace === '' ? 'all namespaces' : source.namespace;
    const good = source.synced && fine.has(source.state);
    return `[${good ? '+' : '-'}]${source.kind} in ${where}: ${source.state}${source.reason === '' ? '' : `, ${source.reason}`}`;
  });
  lines.push(
    ...dependencies.map((dependency) => `[${dependency.ok ? '+' : '-'}]${dependency.name}: ${dependency.ok ? 'ok' : dependency.reason}`),
  );
  if (!index.hasRoutes) lines.push('[-]routes: not everything that is watched is listed yet');
  else if (!index.hasSynced)
    lines.push('[-]metadata: not everything that was found at the start is loaded yet; calls are forwarded already');
  const ready = index.hasSynced && !stopping;
  const head = stopping
    ? 'not ready: the resolver is stopping'
    : ready
      ? 'ok'
      : 'not ready: the first picture of the cluster is not complete yet';
  return { ready, text: `${head}\n${lines.join('\n')}\n` };
}
