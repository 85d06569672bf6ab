import type { CheckOptions, FieldError, ResourceDefinition, ResourceType } from '@kubecast/crd';
import { isStatusError } from '../calls/status-error.ts';

/** A type with a schema, as defineResource gives it. */
export function definitionOf(type: ResourceType): ResourceDefinition | undefined {
  return 'schema' in type && typeof type.schema === 'object' ? (type as ResourceDefinition) : undefined;
}

/**
 * Checks an object against its type's schema, if it has one; throws crd's ValidationError, which names every bad path. The checks are
 * loaded at the first write of a type that has a schema.
 */
export async function checkWrite(type: ResourceType, object: unknown, options: CheckOptions): Promise<void> {
  const definition = definitionOf(type);
  if (definition === undefined) return;
  const { checkObject } = await import('@kubecast/crd');
  checkObject(definition, object, options);
}

/**
 * The API server answers an apply that does not fit the schema with a 500 without a reason, whose text names only some of the paths.
 * That is no fault of the server: gives crd's ValidationError with its paths and those of the local check; anything else as it came.
 */
export async function applyError(error: unknown, type: ResourceType, object: unknown, namespace: string): Promise<unknown> {
  if (
    !isStatusError(error) ||
    error.statusCode !== 500 ||
    error.reason !== '' ||
    !error.serverMessage.startsWith('failed to create typed patch object')
  )
    return error;
  const { checkErrors, ValidationError } = await import('@kubecast/crd');
  const errors: FieldError[] = pathsOf(error.serverMessage);
  const definition = definitionOf(type);
  if (definition !== undefined) {
    const seen = new Set(errors.map((entry) => entry.field));
    for (const entry of checkErrors(definition, object, { partial: true, namespace })) {
      if (!seen.has(entry.field)) errors.push(entry);
    }
  }
  const name = (object as { metadata?: { name?: unknown } }).metadata?.name;
  return new ValidationError(`${type.kind}${type.group === '' ? '' : `.${type.group}`} ${JSON.stringify(name ?? '')}`, errors, {
    cause: error,
  });
}

// `failed to create typed patch object (NS/NAME; GV, Kind=K): .spec.type: field not declared in schema`; several: `errors:\n  .a: ...\n  .b: ...`.
function pathsOf(message: string): FieldError[] {
  const text = /^failed to create typed patch object(?: \([^)]*\))?: ([\s\S]*)$/.exec(message)?.[1] ?? message;
  const errors: FieldError[] = [];
  for (const line of text.split('\n')) {
    const found = /^\s*\.?((?:[^\s:"[]|\[[^\]]*\])+): (.*)$/.exec(line);
    if (found === null || found[1] === 'errors') continue;
    const detail = found[2] ?? '';
    errors.push(
      detail === 'field not declared in schema'
        ? { field: found[1] ?? '', reason: 'FieldValueForbidden', message: 'Forbidden: unknown field' }
        : { field: found[1] ?? '', reason: 'FieldValueInvalid', message: detail },
    );
  }
  return errors.length > 0 ? errors : [{ field: '', reason: 'FieldValueInvalid', message: text }];
}
