import { equalJson, isObject } from '@kubecast/crd';
import type { Storage } from '../../storage/storage.ts';
import { parseStored, type StoredObject } from '../../storage/stored-object.ts';
import { rbacGroup } from './rbac-authorizer.ts';

const tableId = `${rbacGroup}/clusterroles`;

/**
 * Fills ClusterRoles with an aggregationRule, as a controller does on a real cluster: their rules are those of all roles that the
 * selectors match, in the order of their names. This happens before the request that changed a role is answered.
 */
export class AggregatedRoles {
  readonly #storage: Storage;
  #undo: (() => void) | undefined;
  #scheduled = false;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  start(): void {
    this.#undo = this.#storage.table(tableId).onChange(() => this.#schedule());
    this.#reconcile();
  }

  stop(): void {
    this.#undo?.();
    this.#undo = undefined;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // In the same turn of the event loop, after the current write.
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#undo !== undefined) this.#reconcile();
    });
  }

  /** An aggregated role can be aggregated by another one, so its change starts the next round. */
  #reconcile(): void {
    const table = this.#storage.table(tableId);
    const stored = table.current('');
    for (const role of stored) {
      if (role.terminating || !role.bytes.includes('"aggregationRule"')) continue;
      const object = parseStored(role);
      const selectors = isObject(object['aggregationRule']) ? object['aggregationRule']['clusterRoleSelectors'] : undefined;
      if (!Array.isArray(selectors) || selectors.length === 0) continue;
      const rules: unknown[] = [];
      for (const other of stored) {
        if (other === role || !(selectors as unknown[]).some((selector) => selects(selector, other))) continue;
        const theirs = parseStored(table.get(other.key) ?? other)['rules'];
        for (const rule of Array.isArray(theirs) ? (theirs as unknown[]) : [])
          if (!rules.some((known) => equalJson(known, rule))) rules.push(rule);
      }
      if (equalJson(object['rules'] ?? [], rules)) continue;
      this.#storage.put(tableId, withRules(object, rules), role.version);
    }
  }
}

/** rules stand before the aggregationRule, as the server writes them. */
function withRules(object: Record<string, unknown>, rules: readonly unknown[]): Record<string, unknown> {
  const { aggregationRule, rules: _, ...rest } = object;
  return { ...rest, rules, aggregationRule };
}

/** Whether a label selector chooses the role. An invalid selector matches nothing, an empty one everything. */
function selects(selector: unknown, role: StoredObject): boolean {
  if (!isObject(selector)) return false;
  const { matchLabels, matchExpressions } = selector;
  const labelOf = (name: string): string | undefined => role.labels[name];
  const labels = isObject(matchLabels) ? Object.entries(matchLabels) : [];
  const expressions = Array.isArray(matchExpressions) ? (matchExpressions as unknown[]) : [];
  return (
    labels.every(([name, value]) => labelOf(name) === value) &&
    expressions.every((expression) => {
      if (!isObject(expression)) return false;
      const value = labelOf(String(expression['key']));
      const values = Array.isArray(expression['values']) ? (expression['values'] as unknown[]) : [];
      switch (expression['operator']) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
