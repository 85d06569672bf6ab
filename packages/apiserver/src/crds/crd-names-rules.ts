import { invalidError, label1035Problems, requiredError, type FieldError } from '@kubecast/crd';
import { textOf } from '../status/text-of.ts';

/** What is wrong with spec.names of a CustomResourceDefinition: what is missing, and what is no DNS-1035 label. */
export function namesErrors(names: Record<string, unknown>): FieldError[] {
  const errors: FieldError[] = [];
  const place = 'spec.names';
  for (const required of ['plural', 'singular', 'kind', 'listKind'])
    if (typeof names[required] !== 'string' || names[required] === '') errors.push(requiredError(`${place}.${required}`));
  const check = (field: string, name: string): void => {
    const why = label1035Problems(name).join(',');
    if (why !== '') errors.push(invalidError(`${place}.${field}`, name, why));
  };
  const checkMixed = (field: string, name: string): void => {
    const why = label1035Problems(name.toLowerCase()).join(',');
    if (why !== '') errors.push(invalidError(`${place}.${field}`, name, `may have mixed case, but should otherwise match: ${why}`));
  };
  const [plural, singular, kind, listKind] = ['plural', 'singular', 'kind', 'listKind'].map((name) => textOf(names[name])) as [
    string,
    string,
    string,
    string,
  ];
  if (plural !== '') check('plural', plural);
  if (singular !== '') check('singular', singular);
  if (kind !== '') checkMixed('kind', kind);
  if (listKind !== '') checkMixed('listKind', listKind);
  for (const list of ['shortNames', 'categories'])
    for (const [index, name] of (Array.isArray(names[list]) ? names[list] : []).entries()) check(`${list}[${index}]`, textOf(name));
  if (kind !== '' && kind === listKind) errors.push(invalidError(`${place}.listKind`, listKind, 'kind and listKind may not be the same'));
  return errors;
}
