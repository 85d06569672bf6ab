import type { Column, KubeObject, ServedResource } from '../served-resource.ts';
import { ageOf } from './age.ts';
import { jsonPathValues } from './json-path.ts';
import { partialObject, type MetaVersion } from './partial-object.ts';

export type IncludeObject = 'Metadata' | 'None' | 'Object';

export interface TableOptions {
  readonly includeObject: IncludeObject;
  /** Wall clock, ms. */
  readonly now: number;
  readonly version: MetaVersion;
}

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
};

/** A Table (meta.k8s.io) of whole objects; `metadata` is the list's, or of a single object its resourceVersion. */
export function toTable(
  resource: ServedResource,
  objects: readonly KubeObject[],
  metadata: Readonly<Record<string, unknown>>,
  options: TableOptions,
): KubeObject {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: columnDefinitions(resource),
    rows: objects.map((object) => row(resource, object, options)),
  };
}

/** The Table of one watch event: the columns stand in the first one only. */
export function watchTable(resource: ServedResource, object: KubeObject, first: boolean, options: TableOptions): KubeObject {
  const metadata = object['metadata'] as Record<string, unknown>;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: { resourceVersion: metadata['resourceVersion'] },
    columnDefinitions: first ? columnDefinitions(resource) : null,
    rows: [row(resource, object, options)],
  };
}

/** The Table that a bookmark is: one row without cells, whose object carries the version and the annotation. */
export function bookmarkTable(resource: ServedResource, bookmark: KubeObject, first: boolean, options: TableOptions): KubeObject {
  const metadata = bookmark['metadata'] as Record<string, unknown>;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: { resourceVersion: metadata['resourceVersion'] },
    columnDefinitions: first ? columnDefinitions(resource) : null,
    rows: [{ cells: columns(resource).map((_column, index) => (index === 0 ? '' : null)), object: rowObject(bookmark, options) }],
  };
}

function columns(resource: ServedResource): readonly Column[] {
  // Built-in kinds name all their columns; custom ones those after the name.
  return resource.builtin === undefined || resource.columns.length === 0 ? [nameColumn, ...resource.columns] : resource.columns;
}

function columnDefinitions(resource: ServedResource): KubeObject[] {
  return columns(resource).map(({ name, type, format, description, priority, jsonPath }) => ({
    name,
    type,
    format: format ?? '',
    description: description ?? (jsonPath === undefined ? '' : `Custom resource definition column (in JSONPath format): ${jsonPath}`),
    priority: priority ?? 0,
  }));
}

function row(resource: ServedResource, object: KubeObject, options: TableOptions): KubeObject {
  return { cells: columns(resource).map((column) => cell(column, object, options.now)), object: rowObject(object, options) };
}

function rowObject(object: KubeObject, options: TableOptions): KubeObject | null {
  if (options.includeObject === 'None') return null;
  return options.includeObject === 'Object' ? object : partialObject(object, options.version);
}

function cell(column: Column, object: KubeObject, now: number): unknown {
  if (column === nameColumn) return (object['metadata'] as Record<string, unknown>)['name'] ?? '';
  if (column.cell !== undefined) return column.cell(object, now);
  const [value] = jsonPathValues(object, column.jsonPath ?? '');
  if (value === undefined || value === null) return null;
  switch (column.type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return ageOf(value, now);
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
