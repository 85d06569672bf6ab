import {
  forbiddenError,
  invalidError,
  isObject,
  labelValueProblems,
  qualifiedNameProblems,
  requiredError,
  type FieldError,
} from '@kubecast/crd';
import type { KubeObject } from '../served-resource.ts';
import { listAt, textAt } from './builtin-resource.ts';

/** What is wrong with a LabelSelector at a path (k8s.io/apimachinery/pkg/apis/meta/v1/validation). */
export function labelSelectorErrors(selector: KubeObject, path: string): FieldError[] {
  const labels = isObject(selector['matchLabels']) ? Object.entries(selector['matchLabels'] as Record<string, string>) : [];
  return [
    ...labels.flatMap(([key, value]) => [
      ...qualifiedNameProblems(key).map((problem) => invalidError(`${path}.matchLabels`, key, problem)),
      ...labelValueProblems(value).map((problem) => invalidError(`${path}.matchLabels`, value, problem)),
    ]),
    ...listAt(selector, 'matchExpressions').flatMap((one, index) => requirementErrors(one, `${path}.matchExpressions[${index}]`)),
  ];
}

function requirementErrors(requirement: KubeObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const operator = textAt(requirement, 'operator');
  const values = listAt(requirement, 'values') as unknown as readonly string[];
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.push(requiredError(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0)
        errors.push(forbiddenError(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    default:
      errors.push(invalidError(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  const key = textAt(requirement, 'key');
  errors.push(...qualifiedNameProblems(key).map((problem) => invalidError(`${path}.key`, key, problem)));
  for (const [index, value] of values.entries())
    errors.push(...labelValueProblems(value).map((problem) => invalidError(`${path}.values[${index}]`, value, problem)));
  return errors;
}
