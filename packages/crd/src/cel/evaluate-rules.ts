import { Optional } from '@marcbachmann/cel-js';
import type { FieldError } from '../schema/field-error.ts';
import { equalJson, getOwn, isObject, type JsonObject } from '../schema/own-property.ts';
import type { Schema } from '../schema/schema.ts';
import type { CompiledRule, RulesAt } from './compiled-rule.ts';
import { brokenError, costError, failedError, messageOf, problemOf } from './rule-texts.ts';
import { budgetSpent, OBJECT_BUDGET, startBudget } from './library/work-budget.ts';

export interface EvaluateOptions {
  /** Steps of work for all rules together; see OBJECT_BUDGET. */
  readonly budget?: number;
  /** Hears of what is wrong, and tolerated since it was wrong before and is unchanged. */
  readonly onTolerated?: (error: FieldError) => void;
}

/** An old value, where it can be told which it was. */
interface Old {
  readonly value: unknown;
}

/** Whether a value, or something that it is a part of, is as it was: what is wrong with it was wrong before. */
type Unchanged = () => boolean;

interface Walk {
  readonly errors: FieldError[];
  readonly onTolerated: ((error: FieldError) => void) | undefined;
}

export function evaluateRules(root: RulesAt, object: unknown, old: unknown, options: EvaluateOptions = {}): readonly FieldError[] {
  startBudget(options.budget ?? OBJECT_BUDGET);
  const walk: Walk = { errors: [], onTolerated: options.onTolerated };
  visit(root, object, old === undefined ? undefined : { value: old }, () => false, '', walk);
  return walk.errors;
}

/** Gives false when there is no budget left. */
function visit(at: RulesAt, value: unknown, old: Old | undefined, above: Unchanged, path: string, walk: Walk): boolean {
  if (value === null || value === undefined) return true;
  let known: boolean | undefined;
  const unchanged: Unchanged = () => (known ??= above() || (old !== undefined && equalJson(value, old.value)));
  if (at.rules.length > 0 && !hold(at, value, old, unchanged, path, walk)) return false;
  if (Array.isArray(value)) {
    const items = at.items;
    if (items === undefined) return true;
    const before = at.schema['x-kubernetes-list-type'] === 'map' ? keyed(at.schema, old) : undefined;
    return value.every((item: unknown, index) => visit(items, item, before?.(item), unchanged, `${path}[${index}]`, walk));
  }
  if (!isObject(value)) return true;
  const before = isObject(old?.value) ? old.value : undefined;
  const oldAt = (name: string): Old | undefined =>
    before !== undefined && Object.hasOwn(before, name) && before[name] !== null ? { value: before[name] } : undefined;
  for (const name of Object.keys(value)) {
    const own = at.properties.get(name);
    const below = own ?? (getOwn(at.schema.properties, name) === undefined ? at.values : undefined);
    if (below === undefined) continue;
    const place = own === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    if (!visit(below, value[name], oldAt(name), unchanged, place, walk)) return false;
  }
  return true;
}

/** Finds the old item of the same keys. */
function keyed(schema: Schema, old: Old | undefined): ((item: unknown) => Old | undefined) | undefined {
  if (!Array.isArray(old?.value)) return undefined;
  const names = schema['x-kubernetes-list-map-keys'] ?? [];
  const key = (item: unknown): string =>
    JSON.stringify(
      names.map((name) => (isObject(item) ? (getOwn(item, name) ?? getOwn(schema.items?.properties, name)?.default ?? null) : null)),
    );
  const items = new Map<string, unknown>();
  // Of equal keys nobody can tell which was which; the last counts.
  for (const item of old.value as unknown[]) items.set(key(item), item);
  return (item) => {
    const found = items.get(key(item));
    return found === undefined ? undefined : { value: found };
  };
}

function hold(at: RulesAt, value: unknown, old: Old | undefined, unchanged: Unchanged, path: string, walk: Walk): boolean {
  const convert = (json: unknown): unknown => (at.type === undefined ? json : at.type.convert(json));
  let self: unknown;
  let oldSelf: unknown;
  try {
    self = convert(value);
    oldSelf = old === undefined ? undefined : convert(old.value);
  } catch {
    // What does not fit the schema is told by the schema.
    return true;
  }
  for (const compiled of at.rules) {
    const { rule, condition } = compiled;
    // A rule about a change needs something that changed.
    if (condition.usesOldSelf && old === undefined && rule.optionalOldSelf !== true) continue;
    const variables: JsonObject = { self };
    if (rule.optionalOldSelf === true) variables['oldSelf'] = old === undefined ? Optional.none() : Optional.of(oldSelf);
    else if (old !== undefined) variables['oldSelf'] = oldSelf;
    const error = broken(compiled, variables, at, value, path);
    if (budgetSpent()) {
      walk.errors.push(costError(path === '' ? '<nil>' : path, at.schema.type ?? '', rule));
      return false;
    }
    if (error === undefined) continue;
    const tolerated = error.failed && !condition.usesOldSelf && unchanged();
    if (tolerated) walk.onTolerated?.(error.error);
    else walk.errors.push(error.error);
  }
  return true;
}

/** What a rule says of a value; `failed` if it came to the result that the value is bad. */
function broken(
  { rule, condition, message, place }: CompiledRule,
  variables: JsonObject,
  at: RulesAt,
  value: unknown,
  path: string,
): { readonly error: FieldError; readonly failed: boolean } | undefined {
  const field = path === '' ? '<nil>' : path;
  const type = at.schema.type ?? '';
  let result: unknown;
  try {
    result = condition.run(variables);
  } catch (error) {
    return { error: brokenError(field, type, problemOf(error), rule), failed: false };
  }
  if (result === true) return undefined;
  const full = `${path}${place}`.replace(/^\./u, '');
  return { error: failedError(full === '' ? '<nil>' : full, value, computed(message, variables) ?? messageOf(rule), rule), failed: true };
}

/** The message that an expression makes, if it makes one that can be shown. */
function computed(message: CompiledRule['message'], variables: JsonObject): string | undefined {
  if (message === undefined) return undefined;
  try {
    const text = message.run(variables);
    if (typeof text !== 'string' || text.length > 5 * 1024 || /[\n\r]/u.test(text) || text.trim() === '') return undefined;
    return text.trim();
  } catch {
    return undefined;
  }
}
