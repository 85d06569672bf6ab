export { compileRules, type RuleSet } from './compile-rules.ts';
export type { EvaluateOptions } from './evaluate-rules.ts';
export { OBJECT_BUDGET } from './library/work-budget.ts';
export { blocksRules, checkErrorsAndRules, rulesOf, uncheckedRulesError, type RuleCheckOptions } from './check-rules.ts';
