import { expect, test } from 'vitest';
import { BudgetSpentError, budgetSpent, deepSize, spend, startBudget } from './work-budget.ts';

test('what is beyond the budget throws, and everything after it', () => {
  startBudget(2);
  spend(2);
  expect(budgetSpent()).toBe(false);
  expect(() => spend(1)).toThrow(BudgetSpentError);
  expect(() => spend(0)).toThrow(BudgetSpentError);
  expect(budgetSpent()).toBe(true);
  startBudget(1);
  expect(budgetSpent()).toBe(false);
});

test('a value is as large as all that is in it', () => {
  expect(deepSize(['abc', ['d'], new Map([['k', 'vv']]), { a: 'xx' }])).toBeGreaterThanOrEqual(3 + 1 + 3 + 2);
});
