import { equalJson, isObject } from '@kubecast/crd';
import type { Registry } from '../routing/registry.ts';
import { ServedKind } from '../routing/served-kind.ts';
import type { KubeObject } from '../served-resource.ts';
import { parseStored, type StoredObject } from '../storage/stored-object.ts';
import type { Storage } from '../storage/storage.ts';
import { wholeSeconds } from '../verbs/writes/create.ts';
import { crdSpec, servedVersions } from './crd-resource.ts';

export const crdTable = 'apiextensions.k8s.io/customresourcedefinitions';
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/**
 * Does the work of the API server's CRD controllers: accepts names, establishes, starts to serve, follows changes of a spec, and
 * removes the instances of a deleted CRD. It runs in a turn of the event loop after each change, never inside a request.
 */
export class CrdLifecycle {
  readonly #storage: Storage;
  readonly #registry: Registry;
  readonly #wall: () => number;
  /** The spec that is served, by CRD. */
  readonly #specs = new Map<string, unknown>();
  #scheduled: ReturnType<typeof setImmediate> | undefined;
  #undo: (() => void) | undefined;

  constructor(storage: Storage, registry: Registry, wall: () => number) {
    this.#storage = storage;
    this.#registry = registry;
    this.#wall = wall;
  }

  /** Serves the stored CRDs and follows changes from now on. */
  start(): void {
    this.#undo = this.#storage.table(crdTable).onChange(() => this.#schedule());
    this.#reconcileAll();
  }

  stop(): void {
    this.#undo?.();
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#reconcileAll();
    });
  }

  #reconcileAll(): void {
    const table = this.#storage.table(crdTable);
    for (const kind of this.#registry.kinds()) {
      if (kind.crd !== undefined && table.get(kind.crd) === undefined) this.#unserve(kind);
    }
    for (const stored of table.current('')) this.#reconcile(stored);
  }

  #reconcile(stored: StoredObject): void {
    const crd = parseStored(stored);
    if (!hasCondition(crd, 'NamesAccepted', 'True')) {
      const conflict = this.#nameConflict(crd);
      if (conflict !== undefined) {
        if (hasCondition(crd, 'NamesAccepted', 'False')) return;
        this.#setConditions(stored, [
          ['NamesAccepted', 'False', conflict.reason, conflict.message],
          ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
        ]);
        return;
      }
      const spec = crdSpec(crd);
      const accepted = this.#setConditions(stored, [['NamesAccepted', 'True', 'NoConflicts', 'no conflicts found']], {
        acceptedNames: spec.names,
      });
      this.#setConditions(accepted, [['Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted']]);
      return;
    }
    if (!hasCondition(crd, 'Established', 'True')) return;
    const kind = this.#serve(crd);
    if (stored.terminating) this.#cleanUp(stored, crd, kind);
  }

  /** Serves the CRD as it is now; a changed spec ends the watches and empties the watch window. */
  #serve(crd: KubeObject): ServedKind {
    const spec = crdSpec(crd);
    const name = (crd['metadata'] as { name: string }).name;
    const known = this.#registry.kind(spec.group, spec.names.plural);
    if (known !== undefined && known.crd === name) {
      if (!equalJson(this.#specs.get(name), spec)) {
        this.#specs.set(name, spec);
        Object.assign(known, servedVersions(crd));
        known.epoch++;
        known.readyAt = undefined;
        known.table.events.forget(this.#storage.revision);
        known.endWatches();
        this.#registry.changed();
      }
      return known;
    }
    const kind = new ServedKind({
      group: spec.group,
      plural: spec.names.plural,
      table: this.#storage.table(`${spec.group}/${spec.names.plural}`),
      crd: name,
      ...servedVersions(crd),
    });
    this.#specs.set(name, spec);
    this.#registry.add(kind);
    return kind;
  }

  #unserve(kind: ServedKind): void {
    this.#specs.delete(kind.crd ?? '');
    this.#registry.remove(kind);
    kind.endWatches();
  }

  #cleanUp(stored: StoredObject, crd: KubeObject, kind: ServedKind): void {
    kind.terminating = true;
    if (!hasCondition(crd, 'Terminating', 'True')) {
      stored = this.#setConditions(stored, [
        ['Terminating', 'True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress'],
      ]);
    }
    const undo = kind.table.onChange(() => this.#schedule());
    this.#undoOnce(kind, undo);
    for (const instance of kind.table.current('')) this.#deleteInstance(kind, instance);
    if (kind.table.size > 0) return;
    const next = parseStored(stored);
    const metadata = next['metadata'] as Record<string, unknown>;
    const left = ((metadata['finalizers'] as string[] | undefined) ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
    if (left.length > 0) {
      if (left.length === (metadata['finalizers'] as string[]).length) return;
      metadata['finalizers'] = left;
      this.#storage.put(crdTable, next, stored.version);
      return;
    }
    this.#storage.remove(crdTable, parseStored(stored), stored.version);
  }

  readonly #following = new WeakMap<ServedKind, () => void>();

  #undoOnce(kind: ServedKind, undo: () => void): void {
    this.#following.get(kind)?.();
    this.#following.set(kind, undo);
  }

  #deleteInstance(kind: ServedKind, instance: StoredObject): void {
    const object = parseStored(instance);
    const metadata = object['metadata'] as Record<string, unknown>;
    const held = Array.isArray(metadata['finalizers']) && metadata['finalizers'].length > 0;
    if (!held) {
      this.#storage.remove(kind.table.id, object, instance.version);
    } else if (!instance.terminating) {
      metadata['deletionTimestamp'] = wholeSeconds(this.#wall());
      metadata['deletionGracePeriodSeconds'] = 0;
      metadata['generation'] = ((metadata['generation'] as number | undefined) ?? 0) + 1;
      this.#storage.put(kind.table.id, sortTop(object), instance.version);
    }
  }

  #nameConflict(crd: KubeObject): { reason: string; message: string } | undefined {
    const spec = crdSpec(crd);
    const own = (crd['metadata'] as { name: string }).name;
    for (const other of this.#registry.kinds()) {
      if (other.crd === undefined || other.crd === own || other.group !== spec.group) continue;
      for (const version of other.versions.values()) {
        if (version.listKind === spec.names.listKind)
          return { reason: 'ListKindConflict', message: `"${spec.names.listKind}" is already in use` };
        if (version.kind === spec.names.kind) return { reason: 'KindConflict', message: `"${spec.names.kind}" is already in use` };
        const short = spec.names.shortNames?.find((name) => version.shortNames.includes(name) || version.plural === name);
        if (short !== undefined) return { reason: 'ShortNamesConflict', message: `"${short}" is already in use` };
        if (version.singular === spec.names.singular)
          return { reason: 'SingularConflict', message: `"${spec.names.singular}" is already in use` };
      }
    }
    return undefined;
  }

  #setConditions(
    stored: StoredObject,
    changes: readonly (readonly [string, string, string, string])[],
    more: Record<string, unknown> = {},
  ): StoredObject {
    const crd = parseStored(stored);
    const status = isObject(crd['status']) ? crd['status'] : {};
    const conditions = Array.isArray(status['conditions']) ? ([...status['conditions']] as Condition[]) : [];
    for (const [type, state, reason, message] of changes) {
      const condition = { lastTransitionTime: wholeSeconds(this.#wall()), message, reason, status: state, type };
      const at = conditions.findIndex((other) => other.type === type);
      if (at < 0) conditions.push(condition);
      else conditions[at] = condition;
    }
    crd['status'] = { ...status, conditions, ...more };
    return this.#storage.put(crdTable, crd, stored.version);
  }
}

function hasCondition(crd: KubeObject, type: string, state: string): boolean {
  const status = crd['status'];
  if (!isObject(status) || !Array.isArray(status['conditions'])) return false;
  return (status['conditions'] as Condition[]).some((condition) => condition.type === type && condition.status === state);
}

/** metadata's names in order again after some were added. */
function sortTop(object: KubeObject): KubeObject {
  const metadata = object['metadata'] as Record<string, unknown>;
  object['metadata'] = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  return object;
}
