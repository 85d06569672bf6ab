import type { FieldError, Schema } from '@kubecast/crd';
import { blocksRules, compileRules, uncheckedRulesError, type RuleSet } from '@kubecast/crd/cel';
import type { KubeObject, ServedResource } from '../served-resource.ts';

const compiled = new WeakMap<Schema, RuleSet>();

/** The rules of a resource, compiled when they are first needed. */
function rulesOf(schema: Schema): RuleSet {
  let rules = compiled.get(schema);
  if (rules === undefined) compiled.set(schema, (rules = compileRules(schema)));
  return rules;
}

/**
 * `errors`, and what the rules in CEL add to them: nothing but a word that they were left out if the object is wrong in a way that a rule
 * would trip over. What stands there already under rules that cannot be used, as after a start with older data, is held to those that can.
 */
export function withRules(
  errors: readonly FieldError[],
  resource: ServedResource,
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  if (resource.builtin !== undefined) return errors;
  const rules = rulesOf(resource.schema);
  if (rules.empty) return errors;
  if (blocksRules(errors)) return [...errors, uncheckedRulesError];
  return [...errors, ...rules.evaluate(object, old)];
}
