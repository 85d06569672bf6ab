import type { Schema } from '../schema/schema.ts';
import type { Expression } from './compile-expression.ts';
import type { Rule } from './rule-texts.ts';
import type { ValueType } from './schema-types.ts';

/** A compiled rule. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly condition: Expression;
  readonly message: Expression | undefined;
  /** The suffix that fieldPath adds to the path of the value. */
  readonly place: string;
}

/** The rules of one schema and of the schemas below it. */
export interface RulesAt {
  readonly schema: Schema;
  readonly type: ValueType | undefined;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RulesAt>;
  readonly values: RulesAt | undefined;
  readonly items: RulesAt | undefined;
}
