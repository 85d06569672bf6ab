import type { ResourceType } from '@kubecast/crd';
import { RequestError } from '../errors.ts';

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function groupVersionPath(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === ''
    ? `/api/${segment(type.version, 'version')}`
    : `/apis/${segment(type.group, 'group')}/${segment(type.version, 'version')}`;
}

/** The path of a collection, of an object in it (`name`), of a subresource of that. Throws RequestError for what cannot stand in a path. */
export function resourcePath(type: ResourceType, namespace: string, name?: string, subresource?: string): string {
  let path = groupVersionPath(type);
  if (type.scope === 'Namespaced' && namespace !== '') path += `/namespaces/${segment(namespace, 'namespace')}`;
  path += `/${segment(type.plural, 'plural')}`;
  if (name !== undefined) path += `/${segment(name, 'name')}`;
  if (subresource !== undefined)
    path += `/${subresource
      .split('/')
      .map((part) => segment(part, 'subresource'))
      .join('/')}`;
  return path;
}

export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

// The rules of k8s.io/apimachinery's IsValidPathSegmentName; without them a name such as `..` would ask for another path.
function segment(value: string, what: string): string {
  if (value === '') throw new RequestError(`the ${what} is empty`);
  if (value === '.' || value === '..' || /[/%]/.test(value))
    throw new RequestError(`the ${what} ${JSON.stringify(value)} cannot stand in a path`);
  try {
    return encodeURIComponent(value);
  } catch (cause) {
    throw new RequestError(`the ${what} is not well-formed Unicode`, { cause });
  }
}

/** A query string with its question mark; `''` where nothing is set. */
export function queryString(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
