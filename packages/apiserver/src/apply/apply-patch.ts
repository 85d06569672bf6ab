import { copyJson, isObject } from '@kubecast/crd';
import type { KubeObject } from '../served-resource.ts';
import { badRequest, internalText, StatusError } from '../status/status-error.ts';
import { pathText, type FieldSet } from './field-set.ts';
import { decodeManagers, encodeManagers, type Managers } from './managed-fields.ts';
import { bookApply, bookUpdate, type Conflict } from './ownership.ts';
import { emptyObject, metadataOf, untracked, writerOf, type Write } from './track.ts';
import { typedRoot } from './typed-schema.ts';
import { compareTyped, toFieldSet, typeProblems } from './typed-value.ts';

export interface ApplyRequest extends Write {
  /** The stored object in the version of the request; undefined if the apply creates it. */
  readonly live: KubeObject | undefined;
  /** The decoded body, as it was sent. */
  readonly patch: unknown;
  readonly force: boolean;
}

export interface ApplyResult {
  /**
   * The resulting object: not yet defaulted, validated or stored, without managedFields; equal to `live` when the apply
   * changes nothing in it. The caller's own.
   */
  readonly object: KubeObject;
  /** The new metadata.managedFields; undefined for none. */
  readonly managedFields: readonly Record<string, unknown>[] | undefined;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Server-side apply: merges a configuration into the live object by the schema, and records who owns which fields.
 *
 * @throws StatusError 400 for another kind or version or for managedFields in the body (S3), 500 without a reason for a field
 * that the schema does not know, a wrong type or duplicate items (S4), 409 with a cause for each field that another owns (S5)
 */
export function applyPatch(request: ApplyRequest): ApplyResult {
  const { resource, live, manager, force } = request;
  const writer = writerOf(request);
  const patch = checked(request, writer.apiVersion);
  const schema = typedRoot(resource);
  const problems = typeProblems(schema, patch);
  if (problems.length > 0) {
    const text = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
    const { namespace = '', name = '' } = metadataOf(patch);
    throw internalText(
      `failed to create typed patch object (${String(namespace)}/${String(name)}; ${goGroupVersion(writer.apiVersion)}, Kind=${resource.kind}): ${text}`,
    );
  }
  const before = live === undefined ? { apiVersion: writer.apiVersion, kind: resource.kind, metadata: {} } : untracked(live);
  const managers = liveManagers(request, before);
  let applied = bookApply(schema, managers, before, patch, writer, force);
  if ('conflicts' in applied) {
    const rest = manager === 'kubectl' && live !== undefined ? withoutLastApplied(request, applied.conflicts, before) : applied.conflicts;
    if (rest.length > 0) throw conflictError(rest);
    applied = bookApply(schema, managers, before, patch, writer, true);
    if ('conflicts' in applied) throw conflictError(applied.conflicts);
  }
  const object = copyJson((applied.object ?? before) as KubeObject);
  if (manager === 'kubectl') renewLastApplied(object, patch);
  return { object, managedFields: encodeManagers(managers) };
}

/** A group and version as Go prints them in a GroupVersionKind: the core group leaves the slash. */
function goGroupVersion(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
}

function checked(request: ApplyRequest, apiVersion: string): KubeObject {
  const { patch, resource } = request;
  const kind = isObject(patch) && typeof patch['kind'] === 'string' ? patch['kind'] : '';
  const version = isObject(patch) && typeof patch['apiVersion'] === 'string' ? patch['apiVersion'] : '';
  if (!isObject(patch) || kind !== resource.kind || version !== apiVersion) {
    throw badRequest(`invalid object type: ${goGroupVersion(version)}, Kind=${kind}`);
  }
  const metadata = patch['metadata'];
  if (isObject(metadata) && Object.hasOwn(metadata, 'managedFields') && metadata['managedFields'] !== null)
    throw badRequest('metadata.managedFields must be nil');
  return patch;
}

/** The current owners. Fields without an owner are assigned to `before-first-apply`, so that the apply gets conflicts about them. */
function liveManagers(request: ApplyRequest, before: KubeObject): Managers {
  const { live, resource } = request;
  if (live === undefined) return new Map();
  const managers = decodeManagers(metadataOf(live)['managedFields']) ?? new Map();
  if (managers.size === 0) {
    bookUpdate(typedRoot(resource), managers, emptyObject(resource, before), before, {
      ...writerOf(request),
      manager: 'before-first-apply',
    });
  }
  return managers;
}

/** Fields that kubectl applied client-side before become its own, unless somebody changed them since. */
function withoutLastApplied(request: ApplyRequest, conflicts: readonly Conflict[], before: KubeObject): readonly Conflict[] {
  const annotations = metadataOf(before)['annotations'];
  const text = isObject(annotations) ? annotations[lastApplied] : undefined;
  if (typeof text !== 'string' || text === '') return conflicts;
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    return conflicts;
  }
  const schema = typedRoot(request.resource);
  if (!isObject(config) || config['apiVersion'] !== writerOf(request).apiVersion || typeProblems(schema, config).length > 0)
    return conflicts;
  const { modified, added, removed } = compareTyped(schema, config, before);
  const own: FieldSet = toFieldSet(schema, config).difference(modified).difference(added).difference(removed);
  return conflicts.filter(({ path }) => !own.has(path));
}

/** The annotation of client-side apply, where it exists, follows what kubectl applies on the server. */
function renewLastApplied(object: KubeObject, patch: KubeObject): void {
  const annotations = metadataOf(object)['annotations'];
  if (!isObject(annotations) || typeof annotations[lastApplied] !== 'string' || annotations[lastApplied] === '') return;
  const copy = copyJson(patch);
  const own = metadataOf(copy)['annotations'];
  if (isObject(own)) {
    delete own[lastApplied];
    if (Object.keys(own).length === 0) delete metadataOf(copy)['annotations'];
  }
  annotations[lastApplied] = `${JSON.stringify(copy)}\n`;
}

function ownerText({ owner }: Conflict): string {
  let text = JSON.stringify(owner.manager);
  if (owner.subresource !== '') text += ` with subresource ${JSON.stringify(owner.subresource)}`;
  if (owner.operation === 'Update') text += ` using ${owner.apiVersion}`;
  return text;
}

function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map((conflict) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${ownerText(conflict)}`,
    field: pathText(conflict.path),
  }));
  let message = `Apply failed with 1 conflict: ${causes[0]?.message ?? ''}: ${causes[0]?.field ?? ''}`;
  if (conflicts.length > 1) {
    const byOwner = new Map<string, string[]>();
    for (const conflict of conflicts) {
      const text = ownerText(conflict);
      const paths = byOwner.get(text) ?? [];
      paths.push(`- ${pathText(conflict.path)}`);
      byOwner.set(text, paths);
    }
    const parts = [...byOwner].map(([owner, paths]) => [`conflicts with ${owner}:`, ...paths].join('\n'));
    message = `Apply failed with ${conflicts.length} conflicts: ${parts.join('\n')}`;
  }
  return new StatusError(409, 'Conflict', message, { causes });
}
