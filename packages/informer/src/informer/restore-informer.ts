import { systemClock } from '@kubecast/clock';
import { isStoreError, loadStore } from '@kubecast/store';
import type { LoadedStore } from '@kubecast/store';
import type { Informer } from '../contract/informer.ts';
import type { InformerOptions } from '../contract/informer-options.ts';
import type { ReflectorReport } from '../contract/reflector-report.ts';
import { scopeOf } from '../contract/scope.ts';
import { callListener } from '../scopes/listeners.ts';
import { ProgramGuard } from '../scopes/program-guard.ts';
import type { Scope } from '../contract/scope.ts';
import { VersionOrder } from '../reflector/version-order.ts';
import { checkPlace } from '../snapshot/check-place.ts';
import { describeServer, ServerCheck } from '../snapshot/server-check.ts';
import { readEntries, snapshotIdentity } from '../snapshot/snapshot.ts';
import type { RestoredState, SavedServer, SnapshotPlace } from '../snapshot/snapshot.ts';
import { checkInformerOptions } from './check-options.ts';
import { ObjectInformer } from './object-informer.ts';
import { makeStore, storeOptions } from './store-options.ts';

/**
 * Makes an informer that begins with what a file holds, and keeps that file. Readers are served at once, before `start()`: the scopes that
 * the file is complete for are `Stale`, with the file's age, until the watch has been resumed from the saved version (after the proof that
 * the server knows it). Where that is too old a list follows, and its exact difference is delivered, deletes too. Handlers are handed the
 * saved objects as `added` with origin `initial`, as they would any others.
 *
 * A file is used only for the server that it was saved from. Where the URL and the certificate authorities are those of the file, the objects are
 * shown at once, and the UID of the Namespace `kube-system` is compared at the first contact: if it is another, they leave the view with the cause
 * `unknown` (`snapshot-foreign`). Where URL or authorities are others, the server is asked for that UID for at most 5 s, and the file is used only if it
 * is the same. Until the UID has proven that the server is the same, an object that is missing in the first list leaves with the cause `unknown`.
 *
 * An object of the file whose bytes were damaged is absent until a list brings it, which is asked for as soon as it is found (`snapshot-damaged`).
 * A file that is missing, cut, of another identity or cannot be read is not used: that is reported (`snapshot-unused`), and the informer
 * starts empty.
 * @throws InformerOptionsError for options that cannot work
 */
export async function restoreInformer<T>(options: InformerOptions<T>, place: SnapshotPlace): Promise<Informer<T>> {
  checkInformerOptions('restoreInformer', options);
  checkPlace(options, place);
  const clock = options.clock ?? systemClock;
  const order = new VersionOrder();
  const guard = new ProgramGuard<T>();
  guard.onExtractorError = (key, report) => {
    if (report !== undefined) tell(options, report, scopeOf(key.namespace, key.cluster));
  };
  let loaded: (LoadedStore<T> & RestoredState) | undefined;
  let reason = `there is no file ${place.path} yet`;
  // Options that the store refuses are wrong whether there is a file or not.
  makeStore({ ...options, store: {} }, order, guard);
  try {
    const read = await loadStore<T>(storeOptions(options, order, guard), place.files, place.path, snapshotIdentity(options, place));
    if (read !== undefined) loaded = { ...read, ...readEntries(read.versions) };
  } catch (error) {
    if (!isStoreError(error)) throw error;
    reason = error.message;
  }
  const checks = new Map<string, ServerCheck>();
  for (const cluster of clustersOf(options)) {
    const check = await checkOf(cluster, loaded?.servers);
    const why = loaded === undefined ? undefined : await misfit(check, clock);
    if (why !== undefined) {
      reason = `${place.path}: ${why}; the file is not used`;
      loaded = undefined;
      checks.clear();
      break;
    }
    checks.set(cluster.cluster, check);
  }
  if (loaded === undefined) {
    for (const cluster of clustersOf(options)) checks.set(cluster.cluster, await checkOf(cluster, undefined));
    tell(options, { kind: 'snapshot-unused', message: reason }, scopeOf('', options.cluster));
  }
  return new ObjectInformer<T>(
    { ...options, clock },
    { order, guard, place, checks, ...(loaded === undefined ? {} : { restored: loaded, writer: loaded.store }) },
  );
}

type Place = Pick<InformerOptions<unknown>, 'client' | 'server'> & { readonly cluster: string };

function clustersOf<T>(options: InformerOptions<T>): readonly Place[] {
  const { client, source, server, cluster = '', clusters = [] } = options;
  if (client === undefined && source === undefined) return clusters;
  return [{ cluster, ...(client === undefined ? {} : { client }), ...(server === undefined ? {} : { server }) }, ...clusters];
}

async function checkOf({ cluster, client, server }: Place, saved: ReadonlyMap<string, SavedServer> | undefined): Promise<ServerCheck> {
  const check = new ServerCheck(server ?? describeServer(client), saved === undefined ? undefined : (saved.get(cluster) ?? {}));
  await check.prepare();
  return check;
}

/** Why a file is not used for a cluster. */
async function misfit(check: ServerCheck, clock: NonNullable<InformerOptions<unknown>['clock']>): Promise<string | undefined> {
  const { mismatch } = check;
  if (mismatch === undefined) return undefined;
  try {
    await check.askBriefly(clock);
  } catch {
    // A server that is away proves nothing.
  }
  return check.proven ? undefined : mismatch;
}

function tell<T>(options: InformerOptions<T>, report: ReflectorReport, scope: Scope): void {
  callListener(() => options.onReport?.(report, scope));
}
