import type { Delta, Informer } from '@kubecast/informer';
import type { Key } from '@kubecast/store';
import type { Source } from '../controller/reconcile.ts';
import { RuntimeOptionsError } from '../errors.ts';
import { shown } from '../queue/limiters.ts';
import { lowPriority } from '../queue/work-queue.ts';
import { messageOf } from '../thrown.ts';
import type { Predicate } from './predicates.ts';

export interface InformerSourceOptions<T, K> {
  /**
   * Default: the key of the object itself. Called with each delta, and for an update also with the state before, so that what an object no longer
   * points to is run too. Keys that come twice are added once. Must not wait.
   */
  readonly map?: (delta: Delta<T>) => Iterable<K>;
  /** A delta adds keys if all of them pass it. One that throws passes, and is reported: a run too many is the smaller harm. */
  readonly predicates?: readonly Predicate<T>[];
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
  const { map, predicates = [], name = 'informer', resyncMs } = options;
  const wrong =
    map !== undefined && typeof map !== 'function' ? 'map' : predicates.every((one) => typeof one === 'function') ? '' : 'a predicate';
  if (wrong !== '') throw new RuntimeOptionsError(`source ${name}: ${wrong} is no function`);
  return {
    name,
    state: () =>
      informer
        .scopes()
        .filter((scope) => !scope.synced)
        .map(
          (scope) =>
            `${scope.namespace === '' ? 'all namespaces' : scope.namespace}: ${scope.state}${scope.reason === '' ? '' : `, ${scope.reason}`}`,
        )
        .join(', '),
    async start(enqueue, signal, onError = () => {}) {
      signal.throwIfAborted();
      const passes = (delta: Delta<T>): boolean =>
        predicates.every((predicate) => {
          try {
            return atOnce(predicate(delta), 'a predicate');
          } catch (error) {
            onError(error);
            return true;
          }
        });
      const handle = (delta: Delta<T>): void => {
        if (!passes(delta)) return;
        const quiet = delta.type !== 'deleted' && (delta.origin === 'initial' || delta.origin === 'resync' || delta.origin === 'snapshot');
        const how = quiet ? { priority: lowPriority } : {};
        if (map === undefined) {
          enqueue(delta.entry.key as K, how);
          return;
        }
        // A key that is added twice waits once.
        for (const key of keysOf(map(delta))) enqueue(key, how);
        if (delta.previous !== undefined) for (const key of keysOf(map({ ...delta, entry: delta.previous }))) enqueue(key, how);
      };
      const handler = informer.handle(
        (delta) => {
          try {
            handle(delta);
          } catch (error) {
            const { namespace, name: object } = delta.entry.key;
            onError(new Error(`${name}: ${namespace === '' ? '' : `${namespace}/`}${object}: ${messageOf(error)}`, { cause: error }));
          }
        },
        {
          name: `controller/${name}`,
          workers: 1,
          withPrevious: map !== undefined || predicates.length > 0,
          ...(resyncMs === undefined ? {} : { resyncMs }),
        },
      );
      signal.addEventListener('abort', () => handler[Symbol.dispose](), { once: true });
      informer.start();
      await informer.whenSynced(signal);
      await handler.synced;
    },
  };
}

/** What a map function gave, if it is a list of keys or another iterable of them. A text would be taken for its characters. */
function keysOf<K>(given: Iterable<K>): Iterable<K> {
  const keys: unknown = atOnce(given, 'map');
  if (typeof keys === 'object' && keys !== null && Symbol.iterator in keys) return given;
  throw new TypeError(`map gave ${shown(keys)}; it must give a list of keys`);
}

/** What a callback gave, unless it is a promise: nobody waits for it, and its failure would end the process. */
function atOnce<V>(given: V, what: string): V {
  if (!(given instanceof Promise)) return given;
  given.catch(() => {});
  throw new TypeError(`${what} returned a promise; it must answer at once`);
}
