import type { FieldError } from '../schema/field-error.ts';
import { forbiddenError, invalidError, requiredError } from '../schema/field-error-texts.ts';
import { patternProblem } from '../regexp/pattern.ts';
import type { Schema } from '../schema/schema.ts';
import { pruneObject } from './prune-object.ts';
import { copyJson, getOwn, isObject } from '../schema/own-property.ts';
import { extensionErrors, keywordErrors, rootErrors, typeErrors } from './structural-extensions.ts';
import { validateObject } from './validate-object.ts';

/**
 * The reasons why a schema is not structural, as the API server reports them for a CustomResourceDefinition. `path` is the place that it names for
 * the schema: `spec.validation.openAPIV3Schema` if there is one version, whatever was sent.
 */
export function structuralErrors(schema: Schema, path = 'spec.validation.openAPIV3Schema'): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (schema.type !== undefined && schema.type !== 'object')
    errors.push(invalidError(`${path}.type`, schema.type, 'must be object at the root'));
  rootErrors(schema, path, errors);
  walk(schema, path, 'at the root', errors);
  return errors;
}

function walk(schema: Schema, path: string, place: string, errors: FieldError[]): void {
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserve = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const root = place === 'at the root';
  if (schema.type === undefined && !intOrString && (root || !preserve))
    errors.push(requiredError(`${path}.type`, `must not be empty ${place}`));
  keywordErrors(schema, path, errors);
  typeErrors(schema, path, errors);
  if (intOrString && preserve)
    errors.push(invalidError(`${path}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true'));
  if (intOrString && schema.type !== undefined)
    errors.push(invalidError(`${path}.type`, schema.type, 'must be empty if x-kubernetes-int-or-string is true'));
  if (schema['x-kubernetes-embedded-resource'] === true) {
    if (schema.type !== undefined && schema.type !== 'object')
      errors.push(invalidError(`${path}.type`, schema.type, 'must be object if x-kubernetes-embedded-resource is true'));
    if (!preserve && schema.properties === undefined)
      errors.push(
        requiredError(
          `${path}.properties`,
          'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
        ),
      );
  }
  if (schema.uniqueItems === true)
    errors.push(forbiddenError(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (schema.additionalProperties === false)
    errors.push(forbiddenError(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  if (schema.properties !== undefined && schema.additionalProperties !== undefined)
    errors.push(forbiddenError(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  patternErrors(schema, path, errors);
  extensionErrors(schema, path, errors);
  listErrors(schema, path, errors);
  defaultErrors(schema, path, errors);
  junctorErrors(schema, path, errors);
  if (schema.type === 'array' && schema.items === undefined) errors.push(requiredError(`${path}.items`, 'must be specified'));
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    walk(property, `${path}.properties[${name}]`, 'for specified object fields', errors);
  if (schema.items !== undefined) walk(schema.items, `${path}.items`, 'for specified array items', errors);
  if (typeof schema.additionalProperties === 'object')
    walk(schema.additionalProperties, `${path}.additionalProperties`, 'for specified object fields', errors);
}

function patternErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const problem = schema.pattern === undefined ? undefined : patternProblem(schema.pattern);
  if (problem !== undefined)
    errors.push(invalidError(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${problem}`));
}

function listErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  if (listType !== undefined && schema.type !== 'array')
    errors.push(invalidError(`${path}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is specified'));
  if (keys !== undefined && listType !== 'map')
    errors.push(invalidError(`${path}.x-kubernetes-list-type`, listType ?? null, 'must be map if x-kubernetes-list-map-keys is non-empty'));
  if (listType !== 'map') return;
  if (keys === undefined || keys.length === 0) {
    errors.push(requiredError(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
    return;
  }
  if (schema.items?.type !== undefined && schema.items.type !== 'object') {
    errors.push(invalidError(`${path}.items.type`, schema.items.type, "must be object if parent array's x-kubernetes-list-type is map"));
    return;
  }
  for (const [index, key] of keys.entries()) {
    const property =
      schema.items?.properties === undefined || !Object.hasOwn(schema.items.properties, key) ? undefined : schema.items.properties[key];
    if (property === undefined)
      errors.push(invalidError(`${path}.x-kubernetes-list-map-keys[${index}]`, key, 'entries must all be names of item properties'));
    else if (property.default === undefined && schema.items?.required?.includes(key) !== true) {
      errors.push(
        requiredError(
          `${path}.items.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    }
    const place = `${path}.items.properties[${key}]`;
    if (property?.type === 'object' || property?.type === 'array')
      errors.push(invalidError(`${place}.type`, property.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"));
  }
  if (new Set(keys).size < keys.length)
    errors.push(invalidError(`${path}.x-kubernetes-list-map-keys`, keys, 'must not contain duplicate entries'));
  for (const key of keys)
    if (getOwn(schema.items?.properties, key)?.nullable === true)
      errors.push(
        forbiddenError(
          `${path}.items.properties[${key}].nullable`,
          'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
        ),
      );
}

function defaultErrors(schema: Schema, path: string, errors: FieldError[]): void {
  if (schema.default === undefined) return;
  const value = copyJson(schema.default);
  for (const error of validateObject(schema, value))
    errors.push({ ...error, field: error.field === '' || error.field === '<nil>' ? `${path}.default` : `${path}.default.${error.field}` });
  if (
    isObject(value) &&
    schema['x-kubernetes-embedded-resource'] !== true &&
    pruneObject({ type: 'object', properties: { default: schema } }, { default: value }).length > 0
  ) {
    errors.push(invalidError(`${path}.default`, schema.default, 'must not have unknown fields'));
  }
}

function junctorErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const inside = (child: Schema, at: string): void => {
    for (const name of ['additionalProperties', 'default', 'description', 'nullable', 'title', 'type'] as const) {
      const ofIntOrString = name === 'type' && schema['x-kubernetes-int-or-string'] === true;
      if (child[name] !== undefined && child[name] !== false && !ofIntOrString)
        errors.push(forbiddenError(`${at}.${name}`, 'must be empty to be structural'));
    }
    for (const name of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string'] as const)
      if (child[name] === true) errors.push(forbiddenError(`${at}.${name}`, 'must be false to be structural'));
    for (const name of ['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'] as const)
      if (child[name] !== undefined) errors.push(forbiddenError(`${at}.${name}`, 'must be undefined to be structural'));
    keywordErrors(child, at, errors);
    patternErrors(child, at, errors);
    junctorErrors(child, at, errors);
    for (const [name, property] of Object.entries(child.properties ?? {})) inside(property, `${at}.properties[${name}]`);
    if (child.items !== undefined) inside(child.items, `${at}.items`);
  };
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const)
    schema[junctor]?.forEach((child, index) => inside(child, `${path}.${junctor}[${index}]`));
  if (schema.not !== undefined) inside(schema.not, `${path}.not`);
}
