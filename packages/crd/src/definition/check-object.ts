import type { ResourceDefinition } from './define-resource.ts';
import { ValidationError } from '../errors.ts';
import type { FieldError } from '../schema/field-error.ts';
import { forbiddenError, invalidError, requiredError } from '../schema/field-error-texts.ts';
import { defaultObject, dropNulls } from '../validation/default-object.ts';
import { copyJson, isObject } from '../schema/own-property.ts';
import { unknownFields } from '../validation/prune-object.ts';
import { metaSurelyFits, surelyFits } from '../validation/quick-fit.ts';
import { validateObjectMeta } from '../validation/validate-meta.ts';
import { validateObject } from '../validation/validate-object.ts';

export interface CheckOptions {
  /**
   * Whether a field that the definition does not know is an error. Default true: it is probably a typing mistake, and
   * the server would drop the field. Pass false to write back an object that was read: a newer server may have more fields.
   */
  readonly unknownFields?: boolean;
  /** Whether required fields may be absent (server-side apply, merge patch). Default false. */
  readonly partial?: boolean;
  /** The namespace of the request, used where the object names none. */
  readonly namespace?: string;
}

const none: readonly FieldError[] = [];

/**
 * What is wrong with an object before it is sent: every bad path, in the API server's words; unknown fields first. Empty if
 * nothing is. Does what the server does before it validates (drops nulls, fills in defaults), on a copy. Never throws.
 */
export function checkErrors(definition: ResourceDefinition, object: unknown, options: CheckOptions = {}): readonly FieldError[] {
  if (!isObject(object)) return [invalidError('', object ?? null, `must be a ${definition.kind}`)];
  const apiVersion = `${definition.group}/${definition.version}`;
  // Objects that were read from a server nearly always fit; this check needs no copy.
  if (
    options.unknownFields === false &&
    (object['apiVersion'] ?? apiVersion) === apiVersion &&
    (object['kind'] ?? definition.kind) === definition.kind &&
    metaSurelyFits(object['metadata'], definition.scope === 'Namespaced') &&
    surelyFits(definition.schema, object)
  )
    return none;
  const errors: FieldError[] = [];
  const copy = copyJson(object);
  if (copy['apiVersion'] !== undefined && copy['apiVersion'] !== apiVersion)
    errors.push(invalidError('apiVersion', copy['apiVersion'], `must be ${apiVersion}`));
  if (copy['kind'] !== undefined && copy['kind'] !== definition.kind)
    errors.push(invalidError('kind', copy['kind'], `must be ${definition.kind}`));
  if (options.unknownFields !== false)
    errors.push(...unknownFields(definition.schema, copy).map((path) => forbiddenError(path, 'unknown field')));
  errors.push(...metaErrors(definition, copy['metadata'], options));
  dropNulls(definition.schema, copy);
  defaultObject(definition.schema, copy);
  const found = validateObject(definition.schema, copy);
  errors.push(...(options.partial === true ? found.filter((error) => error.reason !== 'FieldValueRequired') : found));
  return errors;
}

function metaErrors(definition: ResourceDefinition, metadata: unknown, options: CheckOptions): readonly FieldError[] {
  if (!isObject(metadata)) return [requiredError('metadata.name', 'name or generateName is required')];
  const named = { ...metadata };
  // The server fills these in before it validates.
  if (definition.scope === 'Namespaced' && (named['namespace'] ?? '') === '') named['namespace'] = options.namespace ?? 'default';
  if ((named['name'] ?? '') === '' && typeof named['generateName'] === 'string' && named['generateName'] !== '')
    named['name'] = `${named['generateName'].slice(0, 58)}xxxxx`;
  return validateObjectMeta(named, { namespaced: definition.scope === 'Namespaced' });
}

/** Throws ValidationError, which names every bad path, if the object does not fit its definition. */
export function checkObject(definition: ResourceDefinition, object: unknown, options: CheckOptions = {}): void {
  const errors = checkErrors(definition, object, options);
  if (errors.length === 0) return;
  const name =
    isObject(object) && isObject(object['metadata']) && typeof object['metadata']['name'] === 'string' ? object['metadata']['name'] : '';
  throw new ValidationError(`${definition.kind}.${definition.group} ${JSON.stringify(name)}`, errors);
}
