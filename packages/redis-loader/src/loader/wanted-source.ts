import type { DeepReadonly, Key } from '@kubecast/store';
import type { Loader } from './loader.ts';
import type { Wanted } from './wanted.ts';

/** A change of one object, as an informer hands it out. */
export interface SourceChange<T> {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly entry: { readonly key: Key; readonly value: DeepReadonly<T> };
}

/** Anything that tells of objects: each that stands as 'added', then every change, in order for each object. An informer is one. */
export interface ObjectSource<T> {
  handle(handler: (change: SourceChange<T>) => void): Disposable;
}

/**
 * Keeps a loader in step with a source: wants what the objects announce, forgets what none announces any more. Works for any kind of
 * resource; `wantedOf` reads what one object announces (no id twice: the last one counts).
 *
 * If two objects announce one id, the one that came last speaks for it until it leaves; then the id is forgotten unless the other
 * changes: give ids that only one object can announce. Gives back its undo, which forgets nothing.
 */
export function syncWanted<T>(
  source: ObjectSource<T>,
  loader: Pick<Loader, 'want' | 'forget'>,
  wantedOf: (object: DeepReadonly<T>, key: Key) => Iterable<Wanted>,
): Disposable {
  const announced = new Map<string, ReadonlySet<string>>();
  const speaker = new Map<string, string>();
  return source.handle(({ type, entry }) => {
    const { cluster, namespace, name } = entry.key;
    const object = JSON.stringify([cluster, namespace, name]);
    const ids = new Set<string>();
    if (type !== 'deleted') {
      for (const wanted of wantedOf(entry.value, entry.key)) {
        ids.add(wanted.id);
        speaker.set(wanted.id, object);
        loader.want(wanted);
      }
    }
    for (const id of announced.get(object) ?? []) {
      if (ids.has(id) || speaker.get(id) !== object) continue;
      speaker.delete(id);
      loader.forget(id);
    }
    if (ids.size === 0) announced.delete(object);
    else announced.set(object, ids);
  });
}
