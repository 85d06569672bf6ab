import { equalJson, type Schema } from '@kubecast/crd';
import { FieldSet } from './field-set.ts';
import { capManagers, managerKey, withoutIdentity, type ManagerEntry, type Managers } from './managed-fields.ts';
import type { PathElement } from './path-element.ts';
import { isDeclared } from './typed-schema.ts';
import { compareTyped, mergeTyped, removePaths, toFieldSet, type Comparison } from './typed-value.ts';

/** The author of a write. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  /** The time of the write, whole seconds. */
  readonly time: string;
  /** Whether what lies under a top-level field can be changed by this request at all; fields that cannot be changed are not recorded. */
  readonly owns: (topLevel: string) => boolean;
}

export interface Conflict {
  readonly owner: ManagerEntry;
  readonly path: readonly PathElement[];
}

/**
 * Records a write that is not an apply: changed fields belong to its manager alone from now on, removed fields to nobody. An
 * empty comparison changes nothing, not even a time.
 */
export function bookUpdate(schema: Schema, managers: Managers, live: unknown, next: unknown, writer: Writer): void {
  const changes = limited(compareTyped(schema, live, next), writer);
  takeFrom(managers, undefined, changes);
  const gained = withoutIdentity(changes.modified.union(changes.added));
  if (!gained.empty) {
    const id = {
      manager: writer.manager === '' ? 'unknown' : writer.manager,
      operation: 'Update' as const,
      apiVersion: writer.apiVersion,
      subresource: writer.subresource,
    };
    const held = managers.get(managerKey(id));
    managers.set(managerKey(id), { ...id, time: writer.time, fields: held === undefined ? gained : gained.union(held.fields) });
  }
  capManagers(managers);
}

/** The result of an apply before anything is stored. */
export type Applied =
  | { readonly conflicts: readonly Conflict[] }
  /** `object` undefined: nothing in the object changes, though who owns what may. */
  | { readonly object: unknown };

/**
 * Lays a configuration over the live object. What this manager applied before and does not apply now is removed, unless
 * another owns it. Without `force` a field that another manager owns with another value is a conflict, and `managers` is
 * left as it was.
 */
export function bookApply(schema: Schema, managers: Managers, live: unknown, config: unknown, writer: Writer, force: boolean): Applied {
  const id = { manager: writer.manager, operation: 'Apply' as const, apiVersion: writer.apiVersion, subresource: writer.subresource };
  const key = managerKey(id);
  const last = managers.get(key);
  const fields = toFieldSet(schema, config).filterTop(writer.owns);
  const owned = fields.union(
    [...managers].filter(([other]) => other !== key).reduce((all, [, entry]) => all.union(entry.fields), new FieldSet()),
  );
  const next = pruned(schema, mergeTyped(schema, live, config), last?.fields, owned);
  const changes = limited(compareTyped(schema, live, next), writer);
  if (!force) {
    const conflicts = conflictsWith(managers, key, changes);
    if (conflicts.length > 0) return { conflicts };
  }
  takeFrom(managers, key, changes);
  const same = equalJson(live, next);
  const kept = withoutIdentity(fields);
  if (kept.empty) managers.delete(key);
  // An apply that only adds ownership of equal values keeps the time that was, if there was one.
  else managers.set(key, { ...id, time: same ? last?.time : writer.time, fields: kept });
  return { object: same ? undefined : next };
}

function limited(changes: Comparison, writer: Writer): Comparison {
  return {
    added: changes.added.filterTop(writer.owns),
    modified: changes.modified.filterTop(writer.owns),
    removed: changes.removed.filterTop(writer.owns),
  };
}

function conflictsWith(managers: Managers, key: string, changes: Comparison): Conflict[] {
  const changed = changes.modified.union(changes.added);
  const conflicts: Conflict[] = [];
  for (const other of [...managers.keys()].sort()) {
    if (other === key) continue;
    const owner = managers.get(other) as ManagerEntry;
    for (const path of owner.fields.intersection(changed).paths()) conflicts.push({ owner, path });
  }
  return conflicts;
}

/** Every manager except `key` loses what changed or was removed. */
function takeFrom(managers: Managers, key: string | undefined, changes: Comparison): void {
  const gone = changes.modified.union(changes.added).union(changes.removed);
  if (gone.empty) return;
  for (const [other, entry] of managers) {
    if (other === key) continue;
    const fields = entry.fields.difference(gone);
    if (fields.empty) managers.delete(other);
    else managers.set(other, { ...entry, fields });
  }
}

/** Takes out of the merged object what was applied last time, is not applied now, and is owned by nobody else. */
function pruned(schema: Schema, merged: unknown, last: FieldSet | undefined, owned: FieldSet): unknown {
  if (last === undefined || last.empty) return merged;
  const named = (set: FieldSet): FieldSet => set.withNamedParents((path) => isDeclared(schema, path));
  const lastNamed = named(last);
  const mergedNamed = named(toFieldSet(schema, merged));
  // Removing a parent may have taken more than what was owned: what others own, or stood there unowned, comes back.
  let result = removePaths(schema, merged, lastNamed);
  result = removePaths(schema, merged, mergedNamed.difference(named(toFieldSet(schema, result ?? {})).union(named(owned))));
  const resultNamed = named(toFieldSet(schema, result ?? {}));
  return removePaths(schema, merged, mergedNamed.difference(resultNamed).intersection(lastNamed)) ?? {};
}
