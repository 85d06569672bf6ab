import type { FieldError } from '../schema/field-error.ts';
import { forbiddenError, invalidError, notSupportedError, requiredError } from '../schema/field-error-texts.ts';
import { getOwn, isObject } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const unsupported = ['definitions', 'dependencies', 'patternProperties', 'additionalItems', 'id'] as const;

/** Keywords that JSON Schema has and a CustomResourceDefinition has not. */
export function keywordErrors(schema: Schema, path: string, errors: FieldError[]): void {
  for (const name of unsupported) {
    const value = getOwn(schema as Readonly<Record<string, unknown>>, name);
    const empty = isObject(value) && Object.keys(value).length === 0;
    if (value !== undefined && value !== null && value !== '' && !empty)
      errors.push(forbiddenError(`${path}.${name}`, `${name} is not supported`));
  }
}

/** A type that there is not. */
export function typeErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const type: string | undefined = schema.type;
  if (type === undefined || types.includes(type)) return;
  errors.push(notSupportedError(`${path}.type`, type, types));
  if (type === 'null') errors.push(forbiddenError(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
}

/** What is wrong with the extensions `x-kubernetes-...` of a schema, those of list-maps aside. */
export function extensionErrors(schema: Schema, path: string, errors: FieldError[]): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalidError(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  mapTypeErrors(schema, path, errors);
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupportedError(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']));
  if (listType === 'set' && schema.items !== undefined) setItemErrors(schema.items, `${path}.items`, errors);
  if (schema['x-kubernetes-embedded-resource'] === true) typeMetaErrors(schema, path, errors);
}

function mapTypeErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType === undefined) return;
  const why = 'must be object if x-kubernetes-map-type is specified';
  if (schema.type === undefined) errors.push(requiredError(`${path}.type`, why));
  else if (schema.type !== 'object') errors.push(invalidError(`${path}.type`, schema.type, why));
  if (!['atomic', 'granular'].includes(mapType))
    errors.push(notSupportedError(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
}

/** Items of a set are compared as wholes: they are scalars or atomic. */
function setItemErrors(items: Schema, path: string, errors: FieldError[]): void {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.nullable === true) errors.push(forbiddenError(`${path}.nullable`, 'cannot be nullable when x-kubernetes-list-type is set'));
  // The server shows null here, whatever was sent.
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    errors.push(invalidError(`${path}.x-kubernetes-map-type`, null, why));
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    errors.push(invalidError(`${path}.x-kubernetes-list-type`, listType, why));
}

function typeMetaErrors(schema: Schema, path: string, errors: FieldError[]): void {
  for (const [name, type] of [
    ['kind', 'string'],
    ['apiVersion', 'string'],
    ['metadata', 'object'],
  ] as const) {
    const property = getOwn(schema.properties ?? {}, name);
    if (isObject(property) && property['type'] !== undefined && property['type'] !== type)
      errors.push(invalidError(`${path}.properties[${name}].type`, property['type'], `must be ${type}`));
  }
}

/** What a schema says at its root about the fields that every object has, which the server knows itself. */
export function rootErrors(schema: Schema, path: string, errors: FieldError[]): void {
  if (schema.nullable === true) errors.push(forbiddenError(`${path}.nullable`, 'nullable cannot be true at the root'));
  typeMetaErrors(schema, path, errors);
  const metadata: Schema | undefined = getOwn(schema.properties ?? {}, 'metadata');
  if (!isObject(metadata) || metadata.type !== 'object') return;
  const others = Object.entries(metadata).some(([name, value]) => name !== 'type' && name !== 'properties' && value !== false);
  const named = Object.keys(metadata.properties ?? {}).every((name) => name === 'name' || name === 'generateName');
  if (others || !named)
    errors.push(
      forbiddenError(
        `${path}.properties[metadata]`,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
}
