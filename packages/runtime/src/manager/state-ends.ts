import { TimeSlice, type Clock } from '@kubecast/clock';
import type { StatefulMap } from '@kubecast/concurrent-map';
import type { Delta, Informer } from '@kubecast/informer';
import { keyId, keyOfId } from './key-id.ts';

const SLICE_MS = 4;

/** Whether a delta says that the object is gone. With a selector, one that no longer matches counts: the controller has nothing to do with it any more. */
export function isGone(delta: Delta<unknown>): boolean {
  return delta.type === 'deleted' && (delta.cause === 'deleted' || delta.cause === 'deleted-or-unmatched');
}

/**
 * Ends the states of objects that went while no controller looked: those of which the complete view shows no object with their UID. A state whose key no scope of
 * the informer covers is left alone.
 */
export async function endMissing<S>(states: StatefulMap<S>, informer: Informer<unknown>, clock: Clock): Promise<void> {
  const covered = new Set(informer.scopes().map(({ cluster, namespace }) => JSON.stringify([cluster, namespace])));
  const slice = new TimeSlice(clock, SLICE_MS);
  for (const { key: id, uid } of states.keys()) {
    if (slice.due()) await slice.yield();
    const key = keyOfId(id);
    if (key === undefined || keyId(key) !== id) continue;
    const covers = (namespace: string): boolean => covered.has(JSON.stringify([key.cluster, namespace]));
    if (!covers('') && !covers(key.namespace)) continue;
    if (informer.view.entry(key)?.uid !== uid) await states.end(id, uid);
  }
}
