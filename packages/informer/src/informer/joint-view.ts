import { byField } from '@kubecast/store';
import { isObject, wrongOption } from '../contract/option-checks.ts';
import type { Entry, IndexExtractor, Query, View } from '@kubecast/store';

/** Anything with a view: an informer, or a snapshot under the name `view`. */
interface Viewed<T> {
  readonly view: View<T>;
}

type ObjectOf<V> = V extends Viewed<infer T> ? T : never;

/** One object of a joint query, with the name of the kind it was found under: a union, told apart by `kind`. */
export type JointEntry<K extends Readonly<Record<string, Viewed<unknown>>>> = {
  readonly [Name in keyof K & string]: { readonly kind: Name; readonly entry: Entry<ObjectOf<K[Name]>> };
}[keyof K & string];

/** Queries over several kinds at once. */
export interface JointView<K extends Readonly<Record<string, Viewed<unknown>>>> {
  /**
   * Every object of every kind that the query selects: kind by kind in the order they were given, within a kind in key order. A named index
   * must be one that each kind has; see `byOwner`. Each kind is read as it stands; between kinds there is no common version, nor is there on
   * the server.
   */
  select(query: Query): IterableIterator<JointEntry<K>>;
}

/**
 * One view over informers of several kinds: all that one owner has, or all that carry a label.
 *
 *     const of = jointView({ Pod: pods, Service: services, ConfigMap: configMaps });
 *     for (const { kind, entry } of of.select({ index: { name: 'owner', value: uid } })) ...
 * @throws InformerOptionsError where a kind has no view
 */
export function jointView<const K extends Readonly<Record<string, Viewed<unknown>>>>(kinds: K): JointView<K> {
  if (!isObject(kinds)) throw wrongOption('kinds', kinds, 'give { name: informer }');
  const names = Object.keys(kinds);
  for (const name of names) {
    const viewed: unknown = kinds[name];
    const view = isObject(viewed) ? viewed['view'] : undefined;
    if (!isObject(view) || typeof view['select'] !== 'function')
      throw wrongOption(`kinds.${name}`, viewed, 'give an informer, or { view }');
  }
  return {
    *select(query) {
      for (const kind of names) {
        const viewed = kinds[kind];
        if (viewed === undefined) continue;
        for (const entry of viewed.view.select(query)) yield { kind, entry } as JointEntry<K>;
      }
    },
  };
}

/** For `indexes`: the UIDs of an object's owners, so that one index name means the same for every kind. */
export const byOwner: IndexExtractor<unknown> = byField('metadata', 'ownerReferences', '*', 'uid');
