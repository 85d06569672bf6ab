import { Environment } from '@marcbachmann/cel-js';
import type { FieldError } from '../schema/field-error.ts';
import { forbiddenError, goQuote, invalidError, requiredError } from '../schema/field-error-texts.ts';
import { getOwn, isObject } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';
import { compileExpression, type CompileError, type Expression } from './compile-expression.ts';
import { equalValues } from './library/equal-values.ts';
import { evaluateRules, type EvaluateOptions } from './evaluate-rules.ts';
import { registerLists } from './library/lists.ts';
import { registerFormats } from './library/name-formats.ts';
import { registerNetworks } from './library/networks.ts';
import { registerQuantities } from './library/quantity.ts';
import type { CompiledRule, RulesAt } from './compiled-rule.ts';
import { REASONS, type Rule } from './rule-texts.ts';
import { SchemaTypes, type ValueType } from './schema-types.ts';
import { registerTexts } from './library/texts.ts';
import { registerUrls } from './library/urls.ts';

/** All rules of a schema. */
export interface RuleSet {
  /** What keeps the schema from being used, in the API server's words and at its paths; then `evaluate` must not be called. */
  readonly errors: readonly FieldError[];
  /** Whether there is any rule. */
  readonly empty: boolean;
  /**
   * The rules that an object breaks, those of an object before those of its fields. `old` is the object before an update: with it
   * rules about `oldSelf` are held, and what was wrong before and is unchanged is tolerated. The object must fit its schema
   * otherwise (`validateObject`), and have its defaults. Never throws for what an object holds; takes no more than a bounded number of steps.
   */
  evaluate(object: unknown, old?: unknown, options?: EvaluateOptions): readonly FieldError[];
}

let base: Environment | undefined;

/** The functions that every rule has. */
function baseEnvironment(): Environment {
  if (base !== undefined) return base;
  base = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 10_000, maxDepth: 100 },
  });
  base.registerOperator('optional == optional', equalValues);
  registerTexts(base);
  registerLists(base);
  registerUrls(base);
  registerQuantities(base);
  registerNetworks(base);
  registerFormats(base);
  return base;
}

/**
 * Compiles every x-kubernetes-validations rule of a schema of a whole object. `path` is where the API server says the schema stands.
 * Never throws: a rule that cannot be used is one of `errors`.
 */
export function compileRules(schema: Schema, path = 'spec.validation.openAPIV3Schema'): RuleSet {
  const errors: FieldError[] = [];
  if (!hasRules(schema)) return { errors, empty: true, evaluate: () => [] };
  const root = new Compiler(errors).at(schema, path, undefined, true);
  return {
    errors,
    empty: false,
    evaluate: (object, old, options) => (root === undefined ? [] : evaluateRules(root, object, old, options)),
  };
}

function* junctors(schema: Schema): Generator<readonly [string, Schema]> {
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [index, branch] of (schema[junctor] ?? []).entries()) yield [`${junctor}[${index}]`, branch];
  if (schema.not !== undefined) yield ['not', schema.not];
}

function hasRules(schema: Schema): boolean {
  return (
    rulesIn(schema).length > 0 ||
    Object.values(schema.properties ?? {}).some(hasRules) ||
    (schema.items !== undefined && hasRules(schema.items)) ||
    (typeof schema.additionalProperties === 'object' && hasRules(schema.additionalProperties)) ||
    [...junctors(schema)].some(([, branch]) => hasRules(branch))
  );
}

/** The rules as they were sent, each field of the type that it should have or left out. */
function rulesIn(schema: Schema): readonly Rule[] {
  const given: unknown = schema['x-kubernetes-validations'];
  if (!Array.isArray(given)) return [];
  return (given as unknown[]).filter(isObject).map((rule) => {
    const clean: Record<string, unknown> = { rule: typeof rule['rule'] === 'string' ? rule['rule'] : '' };
    for (const name of ['message', 'messageExpression', 'reason', 'fieldPath'] as const)
      if (typeof rule[name] === 'string') clean[name] = rule[name];
    if (typeof rule['optionalOldSelf'] === 'boolean') clean['optionalOldSelf'] = rule['optionalOldSelf'];
    return clean as unknown as Rule;
  });
}

class Compiler {
  readonly #env: Environment;
  readonly #types: SchemaTypes;
  readonly #errors: FieldError[];

  constructor(errors: FieldError[]) {
    this.#env = baseEnvironment().clone();
    this.#types = new SchemaTypes(this.#env);
    this.#errors = errors;
  }

  /** `apart`: the path of the list above whose items nobody can tell from one write to the next. */
  at(schema: Schema, path: string, apart: string | undefined, whole = false): RulesAt | undefined {
    if (!hasRules(schema)) return undefined;
    for (const [junctor, branch] of junctors(schema))
      if (hasRules(branch))
        this.#errors.push(forbiddenError(`${path}.${junctor}`, 'rules within a junctor are not supported by @kubecast/crd'));
    const type = this.#types.of(schema, whole);
    const rules = rulesIn(schema).flatMap(
      (rule, index) => this.#rule(rule, schema, type, `${path}.x-kubernetes-validations[${index}]`, apart) ?? [],
    );
    const properties = new Map<string, RulesAt>();
    for (const name of Object.keys(schema.properties ?? {})) {
      const below = this.at(getOwn(schema.properties, name) as Schema, `${path}.properties[${name}]`, apart);
      if (below !== undefined) properties.set(name, below);
    }
    const free = schema.additionalProperties;
    const values = typeof free === 'object' ? this.at(free, `${path}.additionalProperties`, apart) : undefined;
    const itemsApart = apart ?? (schema['x-kubernetes-list-type'] === 'map' ? undefined : path);
    const items = schema.items === undefined ? undefined : this.at(schema.items, `${path}.items`, itemsApart);
    return { schema, type, rules, properties, values, items };
  }

  #rule(rule: Rule, schema: Schema, type: ValueType | undefined, path: string, apart: string | undefined): CompiledRule | undefined {
    const found: FieldError[] = formErrors(rule, path);
    const place = (rule.fieldPath ?? '') === '' ? '' : placeOf(rule.fieldPath as string, schema);
    if (place === undefined) found.push(invalidError(`${path}.fieldPath`, rule.fieldPath, 'must be a valid path'));
    this.#errors.push(...found);
    if (found.length > 0) return undefined;
    const bad = (name: string, detail: string): undefined => {
      this.#errors.push({ field: `${path}.${name}`, reason: 'FieldValueInvalid', message: `Invalid value: ${shownRule(rule)}: ${detail}` });
    };
    const own = type?.name ?? 'dyn';
    const env = this.#env
      .clone()
      .registerVariable('self', own)
      .registerVariable('oldSelf', rule.optionalOldSelf === true ? `optional<${own}>` : own);
    const compiled = (source: string, name: string, prefix: string): Expression | undefined => {
      try {
        return compileExpression(env, source);
      } catch (error) {
        return bad(name, `${prefix}compilation failed: ${(error as CompileError).message}`);
      }
    };
    const condition = compiled(rule.rule, 'rule', '');
    if (condition === undefined) return undefined;
    if (condition.type !== 'bool' && condition.type !== 'dyn') return bad('rule', 'cel expression must evaluate to a bool');
    if (rule.optionalOldSelf !== undefined && !condition.usesOldSelf) {
      this.#errors.push(invalidError(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
      return undefined;
    }
    if (condition.usesOldSelf && rule.optionalOldSelf !== true && apart !== undefined) {
      const text = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${apart}`;
      this.#errors.push(invalidError(`${path}.rule`, rule.rule, text));
      return undefined;
    }
    const source = rule.messageExpression ?? '';
    const message = source === '' ? undefined : compiled(source, 'messageExpression', 'messageExpression ');
    if (message !== undefined && message.type !== 'string' && message.type !== 'dyn')
      return bad('messageExpression', 'messageExpression must evaluate to a string');
    if (source !== '' && message === undefined) return undefined;
    return { rule, condition, message, place: place ?? '' };
  }
}

/** What is wrong with a rule before it is read. */
function formErrors(rule: Rule, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { message = '', reason } = rule;
  if (rule.rule.trim() === '') errors.push(requiredError(`${path}.rule`, 'rule is not specified'));
  if (message !== '' && message.trim() === '') errors.push(invalidError(`${path}.message`, message, 'must be non-empty if specified'));
  if (/[\n\r]/u.test(message.trim())) errors.push(invalidError(`${path}.message`, message, 'must not contain line breaks'));
  if (message === '' && /[\n\r]/u.test(rule.rule.trim()))
    errors.push(requiredError(`${path}.message`, 'message must be specified if rule contains line breaks'));
  if (reason !== undefined && !REASONS.includes(reason))
    errors.push({
      field: `${path}.reason`,
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${goQuote(reason)}: supported values: ${REASONS.map(goQuote).join(', ')}`,
    });
  return errors;
}

/** Where a fieldPath leads, written as the server writes paths; undefined if the schema has no such place. */
function placeOf(fieldPath: string, schema: Schema): string | undefined {
  let place = '';
  let at: Schema | undefined = schema;
  let rest = fieldPath;
  while (rest !== '') {
    const step: RegExpExecArray | null = /^(?:\.([A-Za-z_]\w*)|\['((?:[^'\\]|\\.)+)'\])/u.exec(rest);
    if (step === null || at === undefined) return undefined;
    rest = rest.slice(step[0].length);
    const name = step[1] ?? (step[2] ?? '').replaceAll(/\\(.)/gu, '$1');
    const property: Schema | undefined = getOwn(at.properties, name);
    if (property === undefined && typeof at.additionalProperties !== 'object') return undefined;
    place += property === undefined ? `[${name}]` : `.${name}`;
    at = property ?? (at.additionalProperties as Schema);
  }
  return place;
}

/** A rule as the server shows it: Go's JSON of its struct. */
function shownRule({ rule, message = '', messageExpression = '', reason, fieldPath = '', optionalOldSelf }: Rule): string {
  const shown = {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  };
  return JSON.stringify(shown).replaceAll(
    /[<>&\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
