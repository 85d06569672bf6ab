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
 * `errors`, and those of the CEL rules. If the object has an error that rules cannot cope with, the rules are not evaluated, and one error says so.
 * Rules that do not compile, as in data of an older version, are skipped.
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
