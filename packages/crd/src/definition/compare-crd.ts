import type { CustomResourceDefinition } from './builtin-kinds.ts';
import { getOwn } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';

/** A difference of a cluster's CRD that conflicts with the definition. */
export interface CrdConflict {
  /** Where, in the existing CRD: `spec.scope`, `spec.versions[v1].schema.spec.models`. */
  readonly path: string;
  readonly message: string;
}

/**
 * Whether the CRD that a cluster has serves all that `wanted` needs. Compared by spec: what the server adds to metadata and
 * status does not count, and neither do additions (other versions, more fields, columns, subresources, narrower or wider limits).
 * A CEL rule that the definition does not have is a conflict, because it may refuse what the program writes.
 * A conflict is another group, scope, kind or plural; a version of ours that is missing or not served; a field of ours
 * that is missing (the server would prune it), of another type, or held by a rule that is not ours. Gives every conflict, in the order of the schema.
 */
export function compareCrd(wanted: CustomResourceDefinition, existing: CustomResourceDefinition): readonly CrdConflict[] {
  const conflicts: CrdConflict[] = [];
  const same = (path: string, ours: string, theirs: string | undefined): void => {
    if (ours !== theirs) conflicts.push({ path, message: `is ${JSON.stringify(theirs ?? null)}, must be ${JSON.stringify(ours)}` });
  };
  same('spec.group', wanted.spec.group, existing.spec?.group);
  same('spec.scope', wanted.spec.scope, existing.spec?.scope);
  same('spec.names.kind', wanted.spec.names.kind, existing.spec?.names?.kind);
  same('spec.names.plural', wanted.spec.names.plural, existing.spec?.names?.plural);
  for (const version of wanted.spec.versions) {
    const theirs = existing.spec?.versions?.find((other) => other.name === version.name);
    const path = `spec.versions[${version.name}]`;
    if (theirs === undefined) {
      conflicts.push({ path, message: 'is missing' });
    } else if (!theirs.served) {
      conflicts.push({ path: `${path}.served`, message: 'is false: the version is not served' });
    } else if (version.schema?.openAPIV3Schema !== undefined) {
      compareSchema(version.schema.openAPIV3Schema, theirs.schema?.openAPIV3Schema, `${path}.schema`, false, conflicts);
    }
  }
  return conflicts;
}

/** `kept`: an ancestor preserves unknown fields, so an undeclared field is not pruned. */
function compareSchema(wanted: Schema, existing: Schema | undefined, path: string, kept: boolean, conflicts: CrdConflict[]): void {
  if (existing === undefined) {
    if (!kept) conflicts.push({ path, message: 'is missing: the server would drop the field' });
    return;
  }
  const preserved = existing['x-kubernetes-preserve-unknown-fields'] === true;
  const ours = typeOf(wanted);
  const theirs = typeOf(existing);
  if (
    theirs === undefined
      ? !preserved
      : ours !== theirs &&
        !(ours === 'integer' && theirs === 'number') &&
        !(theirs === 'int-or-string' && (ours === 'string' || ours === 'integer'))
  ) {
    conflicts.push({ path, message: `is of type ${theirs ?? 'unknown'}, must be ${ours ?? 'unknown'}` });
    return;
  }
  const known = new Set((wanted['x-kubernetes-validations'] ?? []).map(({ rule }) => rule.trim()));
  for (const { rule } of existing['x-kubernetes-validations'] ?? []) {
    if (!known.has(rule.trim())) conflicts.push({ path, message: `is held by a rule that we do not know: ${rule.trim()}` });
  }
  const free = typeof existing.additionalProperties === 'object' ? existing.additionalProperties : undefined;
  for (const [name, property] of Object.entries(wanted.properties ?? {})) {
    compareSchema(property, getOwn(existing.properties, name) ?? free, `${path}.${name}`, preserved || kept, conflicts);
  }
  if (wanted.items !== undefined) compareSchema(wanted.items, existing.items, `${path}[]`, preserved || kept, conflicts);
  if (typeof wanted.additionalProperties === 'object')
    compareSchema(wanted.additionalProperties, free, `${path}.*`, preserved || kept || existing.additionalProperties === true, conflicts);
}

function typeOf(schema: Schema): string | undefined {
  return schema['x-kubernetes-int-or-string'] === true ? 'int-or-string' : schema.type;
}
