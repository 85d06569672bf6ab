import type { ScopeId, StoreFileSystem } from '@kubecast/store';
import type { InformerOptions } from '../contract/informer-options.ts';
import { isObject } from '../contract/option-checks.ts';
import type { ServerIdentity } from '../contract/server-identity.ts';

/** Where an informer keeps its state over restarts. */
export interface SnapshotPlace {
  readonly files: StoreFileSystem;
  readonly path: string;
  /** Milliseconds between saves while it runs. Default 0: on stop and on demand only. */
  readonly everyMs?: number;
  /** Names the transform; required where there is one. A file that was saved under another name is not used. Change it with the transform. */
  readonly transformName?: string;
  /** Must be true to keep Secrets in a file. */
  readonly secrets?: boolean;
}

/** What a file was made of: the resource, the selectors, the projection. A file with another identity is not used. */
export function snapshotIdentity<T>(options: InformerOptions<T>, place: SnapshotPlace): string {
  const { type, metadataOnly, cluster, clusters, labelSelector, fieldSelector, drop } = options;
  return JSON.stringify([
    [cluster ?? '', ...(clusters ?? []).map((one) => one.cluster)],
    type.group,
    type.version,
    metadataOnly === true ? `${type.plural} (metadata)` : type.plural,
    labelSelector ?? '',
    fieldSelector ?? '',
    drop ?? null,
    place.transformName ?? null,
  ]);
}

/** What a file says of one cluster beside its objects. */
export interface SavedServer {
  /** Undefined: the saver did not know its server. */
  readonly server?: ServerIdentity;
  /** The schema fingerprint of the objects (`ResourceSource.form`); undefined where the server told none. */
  readonly form?: string;
}

/** What a restored informer begins with. */
export interface RestoredState {
  readonly versions: ReadonlyMap<ScopeId, string>;
  /** Milliseconds since the epoch, by the calendar of who saved it. */
  readonly savedAt: number;
  /** By cluster. */
  readonly servers: ReadonlyMap<string, SavedServer>;
}

/**
 * The store's file keeps one text for each scope id. Those of scopes hold a slash and no `@` before it (see `scopeId`), so these are no scope's.
 */
const SERVER = '@server:';

export function serverEntries(servers: ReadonlyMap<string, SavedServer>): [ScopeId, string][] {
  return [...servers].map(([cluster, saved]) => [`${SERVER}${cluster}` as ScopeId, JSON.stringify(saved)]);
}

/** A text that is not of this form says nothing, as if the saver had not known its server. */
function savedServer(text: string): SavedServer {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return {};
  }
  if (!isObject(said)) return {};
  const { server, form } = said;
  const known = isObject(server) && [server['url'], server['ca'], server['uid']].every((part) => typeof part === 'string');
  return { ...(known ? { server: server as unknown as ServerIdentity } : {}), ...(typeof form === 'string' ? { form } : {}) };
}

/** Parts what a file keeps by scope id into the versions of scopes and what is said of servers. */
export function readEntries(entries: ReadonlyMap<ScopeId, string>): Pick<RestoredState, 'versions' | 'servers'> {
  const versions = new Map<ScopeId, string>();
  const servers = new Map<string, SavedServer>();
  for (const [id, text] of entries) {
    if (id.startsWith(SERVER)) servers.set(id.slice(SERVER.length), savedServer(text));
    else versions.set(id, text);
  }
  return { versions, servers };
}
