import { systemClock } from '@kubecast/clock';
import { isStoreError, loadStore } from '@kubecast/store';
import type { LoadedStore } from '@kubecast/store';
import { ObjectInformer, storeOptions } from './create-informer.ts';
import type { Informer } from '../contract/informer.ts';
import type { InformerOptions } from '../contract/informer-options.ts';
import type { ReflectorReport } from '../contract/reflector-report.ts';
import { scopeOf } from '../contract/scope.ts';
import type { Scope } from '../contract/scope.ts';
import { snapshotIdentity } from '../snapshot/snapshot.ts';
import type { SnapshotPlace } from '../snapshot/snapshot.ts';
import { ignoreRejection, ProgramGuard } from '../scopes/program-guard.ts';
import { VersionOrder } from '../reflector/version-order.ts';

/**
 * Makes an informer that begins with what a file holds, and keeps that file. Readers are served at once, before `start()`: the scopes that
 * the file is complete for are `Stale`, with the file's age, until the watch has been resumed from the saved version (after the proof that
 * the server knows it). Where that is too old a list follows, and its exact difference is delivered, deletes too. Handlers are handed the
 * saved objects as `added` with origin `initial`, as they would any others.
 *
 * An object of the file whose bytes were damaged is absent until a list brings it, which is asked for as soon as it is found (`snapshot-damaged`).
 * A file that is missing, cut, of another identity or cannot be read is not used: that is reported (`snapshot-unused`), and the informer
 * starts empty.
 */
export async function restoreInformer<T>(options: InformerOptions<T>, place: SnapshotPlace): Promise<Informer<T>> {
  const order = new VersionOrder();
  const guard = new ProgramGuard<T>();
  const tell = (report: ReflectorReport, scope: Scope): void => {
    try {
      ignoreRejection(options.onReport?.(report, scope) as unknown);
    } catch {
      // Its failure is its own matter; the file is read all the same.
    }
  };
  guard.onExtractorError = (key, report) => {
    if (report !== undefined) tell(report, scopeOf(key.namespace, key.cluster));
  };
  let loaded: LoadedStore<T> | undefined;
  let reason = `there is no file ${place.path} yet`;
  try {
    loaded = await loadStore<T>(storeOptions(options, order, guard), place.files, place.path, snapshotIdentity(options, place));
  } catch (error) {
    if (!isStoreError(error)) throw error;
    reason = error.message;
  }
  if (loaded === undefined) tell({ kind: 'snapshot-unused', message: reason }, scopeOf('', options.cluster));
  return new ObjectInformer<T>(
    { clock: systemClock, ...options, ...(loaded === undefined ? {} : { writer: loaded.store }) },
    { order, guard, place, ...(loaded === undefined ? {} : { restored: loaded }) },
  );
}
