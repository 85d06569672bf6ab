import { isObject } from '@kubecast/crd';
import { FieldSet } from './field-set.ts';

export type Operation = 'Apply' | 'Update';

/** One entry of metadata.managedFields. */
export interface ManagerEntry {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly subresource: string;
  /** Whole seconds as the API writes them; absent until a change is made. */
  time: string | undefined;
  fields: FieldSet;
}

/** Entries by manager: a manager that applies has one whatever the version, one that updates has one a version. */
export type Managers = Map<string, ManagerEntry>;

export function managerKey(entry: Pick<ManagerEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const { manager, operation, subresource } = entry;
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : entry.apiVersion, subresource]);
}

/** Undefined if the list cannot be read; an absent one is empty. */
export function decodeManagers(list: unknown): Managers | undefined {
  const managers: Managers = new Map();
  if (list === undefined || list === null) return managers;
  if (!Array.isArray(list)) return undefined;
  for (const item of list as unknown[]) {
    if (!isObject(item)) return undefined;
    const { manager = '', operation, apiVersion, fieldsType, fieldsV1 = {}, subresource = '', time } = item;
    if (
      (operation !== 'Apply' && operation !== 'Update') ||
      typeof apiVersion !== 'string' ||
      apiVersion === '' ||
      fieldsType !== 'FieldsV1'
    )
      return undefined;
    if (typeof manager !== 'string' || typeof subresource !== 'string') return undefined;
    const fields = FieldSet.fromFieldsV1(fieldsV1);
    if (fields === undefined) return undefined;
    const entry: ManagerEntry = { manager, operation, apiVersion, subresource, time: typeof time === 'string' ? time : undefined, fields };
    managers.set(managerKey(entry), entry);
  }
  return managers;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The list as the API server writes it: appliers first, then by time, manager, version; undefined when nobody owns anything. */
export function encodeManagers(managers: Managers): Record<string, unknown>[] | undefined {
  const entries = [...managers.values()].filter((entry) => !entry.fields.empty);
  if (entries.length === 0) return undefined;
  entries.sort(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      compareText(a.time ?? '', b.time ?? '') ||
      compareText(a.manager, b.manager) ||
      compareText(a.apiVersion, b.apiVersion) ||
      compareText(a.subresource, b.subresource),
  );
  return entries.map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: entry.fields.toFieldsV1(),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  }));
}

/** At most this many updating managers have entries of their own; the oldest are merged. */
const updateManagers = 10;
const joined = 'ancient-changes';

/** Merges the oldest updating managers into one, which bounds the list. */
export function capManagers(managers: Managers): void {
  const updaters = [...managers]
    .filter(([, entry]) => entry.operation === 'Update')
    .sort(([a, first], [b, second]) => compareText(first.time ?? '', second.time ?? '') || compareText(a, b));
  let count = updaters.length;
  const firstOf = new Map<string, string>();
  for (const [key, entry] of updaters) {
    if (count <= updateManagers) return;
    const first = firstOf.get(entry.apiVersion);
    if (first === undefined) {
      firstOf.set(entry.apiVersion, key);
      continue;
    }
    const id = { manager: joined, operation: 'Update' as const, apiVersion: entry.apiVersion, subresource: '' };
    const bucket = managerKey(id);
    const held = managers.get(bucket) ?? managers.get(first);
    if (!managers.has(bucket)) managers.delete(first);
    managers.set(bucket, { ...id, time: entry.time, fields: entry.fields.union(held?.fields ?? new FieldSet()) });
    managers.delete(key);
    count--;
  }
}

/** Fields that nobody owns: identity, and what only the server writes. */
const identity = FieldSet.of(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map(
    (name) => ['f:metadata', `f:${name}`],
  ),
);

export function withoutIdentity(fields: FieldSet): FieldSet {
  return fields.difference(identity);
}
