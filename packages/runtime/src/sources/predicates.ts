import { equalJson, isObject } from '@kubecast/crd';
import type { Delta } from '@kubecast/informer';
import type { Entry } from '@kubecast/store';
import { RuntimeOptionsError } from '../errors.ts';

/** Whether a change is worth a run. Deltas of type 'added' and 'deleted' are told too: an object that was made again is a delete and an add. */
export type Predicate<T> = (delta: Delta<T>) => boolean;

interface Metadata {
  readonly generation?: unknown;
  readonly finalizers?: unknown;
  readonly deletionTimestamp?: unknown;
  readonly annotations?: unknown;
}

/**
 * An update that can be judged: what it was before is known, and it came from the server. All others pass: adds, deletes, resyncs (which are
 * there to run everything once more), and updates whose state before was too much to keep.
 */
function judged<T>(delta: Delta<T>, changed: (now: Entry<T>, before: Entry<T>) => boolean): boolean {
  const { previous } = delta;
  if (delta.type !== 'updated' || delta.origin === 'resync' || previous === undefined || previous.uid !== delta.entry.uid) return true;
  return changed(delta.entry, previous);
}

function metadataOf<T>(entry: Entry<T>): Metadata {
  const { value } = entry;
  const metadata = isObject(value) ? value['metadata'] : undefined;
  return isObject(metadata) ? metadata : {};
}

/**
 * The specification changed, as metadata.generation tells: a write of the status alone adds nothing. Changes that the generation hides and a
 * controller must see pass: finalizers, the deletion mark, and every change of a kind that has no generation (ConfigMap, Secret).
 */
export function generationChanged<T>(delta: Delta<T>): boolean {
  return judged(delta, (now, before) => {
    const a = metadataOf(now);
    const b = metadataOf(before);
    if (typeof a.generation !== 'number' || typeof b.generation !== 'number') return true;
    return (
      a.generation !== b.generation ||
      (a.deletionTimestamp ?? null) !== (b.deletionTimestamp ?? null) ||
      !equalJson(a.finalizers ?? [], b.finalizers ?? [])
    );
  });
}

/** The labels changed. */
export function labelsChanged<T>(delta: Delta<T>): boolean {
  return judged(delta, (now, before) => !equalJson({ ...now.labels }, { ...before.labels }));
}

/** The annotations changed. */
export function annotationsChanged<T>(delta: Delta<T>): boolean {
  return judged(delta, (now, before) => !equalJson(metadataOf(now).annotations ?? {}, metadataOf(before).annotations ?? {}));
}

/** The object changed at all. */
export function resourceVersionChanged<T>(delta: Delta<T>): boolean {
  return judged(delta, (now, before) => now.version !== before.version);
}

/** Passes what one of them passes: `anyOf(generationChanged, annotationsChanged)`. */
export function anyOf<T>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  if (predicates.length === 0) throw new RuntimeOptionsError('anyOf: no predicate was given, so nothing would ever pass');
  return (delta) => predicates.some((predicate) => predicate(delta));
}

/** Passes what all of them pass. */
export function allOf<T>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (delta) => predicates.every((predicate) => predicate(delta));
}

/** Passes what the predicate does not; of adds, deletes and resyncs too. */
export function not<T>(predicate: Predicate<T>): Predicate<T> {
  return (delta) => !predicate(delta);
}
