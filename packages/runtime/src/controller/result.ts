import { ReconcileResultError } from '../errors.ts';
import type { Result } from './reconcile.ts';

const FIELDS: readonly string[] = ['requeueAfterMs', 'priority'] satisfies readonly (keyof Result)[];

/**
 * What a reconcile gave, checked: a typing mistake (`requeueAfter`) or a number that is none would otherwise lose the key without a word.
 *
 * @throws ReconcileResultError that names the controller, the field and what it takes
 */
export function checkResult(controller: string, given: unknown): Result {
  if (given === undefined || given === null) return {};
  const refuse = (what: string): never => {
    throw new ReconcileResultError(`controller ${controller}: reconcile returned ${what}`);
  };
  if (typeof given !== 'object' || Array.isArray(given))
    return refuse(`${kindOf(given)}; it must return nothing or { ${FIELDS.join(', ')} }`);
  for (const field of Object.keys(given))
    if (!FIELDS.includes(field))
      return refuse(`the unknown field ${JSON.stringify(field.slice(0, 64))}; the fields are ${FIELDS.join(' and ')}`);
  const { requeueAfterMs, priority } = given as { readonly requeueAfterMs?: unknown; readonly priority?: unknown };
  if (requeueAfterMs !== undefined && !(typeof requeueAfterMs === 'number' && requeueAfterMs >= 0 && requeueAfterMs !== Infinity))
    return refuse(`requeueAfterMs ${kindOf(requeueAfterMs)}; it must be a finite number of milliseconds, 0 (at once) or more`);
  if (priority !== undefined && !(typeof priority === 'number' && Number.isFinite(priority)))
    return refuse(`priority ${kindOf(priority)}; it must be a finite number`);
  return given;
}

const kindOf = (value: unknown): string =>
  typeof value === 'number' ? String(value) : Array.isArray(value) ? 'a list' : value === null ? 'null' : `a value of type ${typeof value}`;
