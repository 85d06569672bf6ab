import type { Delta, Informer } from '@kubecast/informer';
import type { Key } from '@kubecast/store';
import type { Source } from './reconcile.ts';
import { lowPriority } from '../queue/work-queue.ts';

export interface InformerSourceOptions<T, K> {
  /** Default: the key of the object itself. Called with each delta; for an update also with the state before, if `previous` is kept. */
  readonly map?: (delta: Delta<T>) => Iterable<K>;
  /** Deltas that it refuses add nothing. It sees deletes too: a filter that hides them leaves their keys behind. */
  readonly filter?: (delta: Delta<T>) => boolean;
  /** Milliseconds between replays of everything; default: the informer's. */
  readonly resyncMs?: number;
  readonly name?: string;
}

/**
 * The objects of an informer as a source of keys. What stood at the start, and what a resync or a snapshot brings, comes at low priority;
 * changes and deletes at 0. It starts the informer, and does not stop it: who made it does.
 */
export function informerSource<T>(informer: Informer<T>, options?: Omit<InformerSourceOptions<T, Key>, 'map'>): Source<Key>;
export function informerSource<T, K>(
  informer: Informer<T>,
  options: InformerSourceOptions<T, K> & { readonly map: (delta: Delta<T>) => Iterable<K> },
): Source<K>;
export function informerSource<T, K>(informer: Informer<T>, options: InformerSourceOptions<T, K> = {}): Source<K> {
  const map = options.map ?? ((delta: Delta<T>) => [delta.entry.key as K]);
  return {
    name: options.name ?? 'informer',
    state: () =>
      informer
        .scopes()
        .filter((scope) => !scope.synced)
        .map(
          (scope) =>
            `${scope.namespace === '' ? 'all namespaces' : scope.namespace}: ${scope.state}${scope.reason === '' ? '' : `, ${scope.reason}`}`,
        )
        .join(', '),
    async start(enqueue, signal) {
      signal.throwIfAborted();
      const handler = informer.handle(
        (delta) => {
          if (options.filter?.(delta) === false) return;
          const quiet =
            delta.type !== 'deleted' && (delta.origin === 'initial' || delta.origin === 'resync' || delta.origin === 'snapshot');
          for (const key of map(delta)) enqueue(key, quiet ? { priority: lowPriority } : {});
        },
        {
          name: `controller/${options.name ?? 'informer'}`,
          workers: 1,
          ...(options.resyncMs === undefined ? {} : { resyncMs: options.resyncMs }),
        },
      );
      signal.addEventListener('abort', () => handler[Symbol.dispose](), { once: true });
      informer.start();
      await informer.whenSynced(signal);
      await handler.synced;
    },
  };
}
