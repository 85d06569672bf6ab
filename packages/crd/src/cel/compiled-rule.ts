import type { Schema } from '../schema/schema.ts';
import type { Expression } from './compile-expression.ts';
import type { Rule } from './rule-texts.ts';
import type { ValueType } from './schema-types.ts';

/** A rule that is ready to be held against a value. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly condition: Expression;
  readonly message: Expression | undefined;
  /** What fieldPath adds to the value's own path. */
  readonly place: string;
}

/** The rules of one place of a schema and of those below it. */
export interface RulesAt {
  readonly schema: Schema;
  readonly type: ValueType | undefined;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RulesAt>;
  readonly values: RulesAt | undefined;
  readonly items: RulesAt | undefined;
}
