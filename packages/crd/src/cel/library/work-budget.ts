import { isObject } from '../../schema/own-property.ts';

/** What evaluating a rule may cost before it is given up; thrown through the library, and told by `BudgetSpentError`. */
export class BudgetSpentError extends Error {
  override readonly name = 'BudgetSpentError';
}

/**
 * Steps of work that the rules of one object may take together: a turn of a comprehension, a call or an operator is one, and each ten
 * characters or items that it takes or gives are another. Time is not measured, so that the same object gives the same answer anywhere.
 */
export const OBJECT_BUDGET = 1_000_000;

let left = OBJECT_BUDGET;

/** Evaluation never waits, so one budget at a time is in force. */
export function startBudget(steps: number): void {
  left = steps;
}

export function budgetSpent(): boolean {
  return left < 0;
}

/** @throws BudgetSpentError when there is nothing left, and each time after that */
export function spend(steps: number): void {
  left -= steps;
  if (left < 0) throw new BudgetSpentError('operation cancelled: actual cost limit exceeded');
}

/** Whether something of that many characters or items may be made at all. */
export function spendSize(size: number): void {
  spend(Math.ceil(size / 10));
}

/** Characters and items in a value, its own depth included. */
export function deepSize(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  let size = 1;
  if (Array.isArray(value)) for (const item of value) size += deepSize(item);
  else if (value instanceof Map) for (const [key, item] of value as Map<unknown, unknown>) size += deepSize(key) + deepSize(item);
  // A map that the expression itself wrote.
  else if (isObject(value) && Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) size += deepSize(item);
  return size;
}

/** Characters or items of a value, not looking into the items. */
export function flatSize(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return value instanceof Map ? value.size : 0;
}
