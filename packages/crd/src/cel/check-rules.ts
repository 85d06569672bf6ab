import { checkErrors, type CheckOptions } from '../definition/check-object.ts';
import { defaultObject, dropNulls } from '../validation/default-object.ts';
import type { ResourceDefinition } from '../definition/define-resource.ts';
import { DefinitionError } from '../errors.ts';
import type { FieldError } from '../schema/field-error.ts';
import { copyJson, isObject, type JsonObject } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';
import { compileRules, type RuleSet } from './compile-rules.ts';

const compiled = new WeakMap<Schema, RuleSet>();

/**
 * The rules of a definition, compiled once.
 * @throws DefinitionError for a rule that no API server would take either, or that is not supported here
 */
export function rulesOf(definition: ResourceDefinition): RuleSet {
  let rules = compiled.get(definition.schema);
  if (rules === undefined) compiled.set(definition.schema, (rules = compileRules(definition.schema, 'schema')));
  if (rules.errors.length > 0) {
    const bad = rules.errors.map((error) => `${error.field}: ${error.message}`).join('; ');
    throw new DefinitionError(`the rules of ${definition.kind}.${definition.group} cannot be used: ${bad}`);
  }
  return rules;
}

export interface RuleCheckOptions extends CheckOptions {
  /** The object as it is on the server, for an update: rules about `oldSelf` compare with it. */
  readonly old?: unknown;
}

const blocking = new Set<FieldError['reason']>([
  'FieldValueTypeInvalid',
  'FieldValueRequired',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
]);

/** Whether the API server skips the rules because of these errors. */
export function blocksRules(errors: readonly FieldError[]): boolean {
  return errors.some((error) => blocking.has(error.reason));
}

/** What the API server adds to the errors when the rules were left out. */
export const uncheckedRulesError: FieldError = {
  field: '<nil>',
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/**
 * As `checkErrors`, and then the rules in CEL: those are left out, as on the API server, when a type, a required field, an enum, a greatest
 * length or a format is wrong. Rules are not evaluated for a partial object, which may lack fields that they use.
 * @throws DefinitionError as `rulesOf`
 */
export function checkErrorsAndRules(
  definition: ResourceDefinition,
  object: unknown,
  options: RuleCheckOptions = {},
): readonly FieldError[] {
  const rules = rulesOf(definition);
  const errors = checkErrors(definition, object, options);
  if (rules.empty || options.partial === true || !isObject(object)) return errors;
  if (blocksRules(errors)) return [...errors, uncheckedRulesError];
  const filled = (given: JsonObject): JsonObject => {
    const copy: JsonObject = { apiVersion: `${definition.group}/${definition.version}`, kind: definition.kind, ...copyJson(given) };
    dropNulls(definition.schema, copy);
    defaultObject(definition.schema, copy);
    return copy;
  };
  return [...errors, ...rules.evaluate(filled(object), isObject(options.old) ? filled(options.old) : undefined)];
}
