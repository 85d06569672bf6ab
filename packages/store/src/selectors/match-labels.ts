import { parseInt64 } from './label-requirement.ts';
import type { LabelRequirement, LabelSelector } from './label-selector.ts';

function formatRequirement({ key, operator, values, sign }: LabelRequirement): string {
  switch (operator) {
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${values[0] ?? ''}`;
    case 'Lt':
      return `${key}<${values[0] ?? ''}`;
    case 'In':
    case 'NotIn':
    default: {
      // A sign holds for one value only.
      if (sign !== undefined && values.length === 1) return `${key}${sign}${values[0]}`;
      const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${sorted.join(',')})`;
    }
  }
}

/** A selector as text that parses to the same selector: the canonical text that apimachinery's String gives. */
export function formatLabelSelector(selector: LabelSelector): string {
  return selector.requirements.map(formatRequirement).join(',');
}

function matchesRequirement({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, string>> | undefined): boolean {
  const found = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'Exists':
      return found !== undefined;
    case 'DoesNotExist':
      return found === undefined;
    case 'In':
      return found !== undefined && values.includes(found);
    case 'NotIn':
      return found === undefined || !values.includes(found);
    case 'Gt':
    case 'Lt':
    default: {
      if (found === undefined || values.length !== 1) return false;
      const left = parseInt64(found);
      const right = parseInt64(values[0] ?? '');
      if (left === undefined || right === undefined) return false;
      return operator === 'Gt' ? left > right : left < right;
    }
  }
}

/**
 * Whether labels satisfy a selector. `!=` and `notin` are satisfied by a label that is absent. `>` and `<` compare integers of 64 bits; a label that
 * is none satisfies neither.
 */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>> | undefined): boolean {
  for (const requirement of selector.requirements) if (!matchesRequirement(requirement, labels)) return false;
  return true;
}
