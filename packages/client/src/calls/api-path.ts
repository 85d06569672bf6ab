import type { ResourceType } from '@kubecast/crd';
import { RequestError } from '../errors.ts';

type Place = Pick<ResourceType, 'group' | 'version' | 'plural' | 'scope'>;

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function groupVersionPath(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === ''
    ? `/api/${segment(type.version, 'version')}`
    : `/apis/${segment(type.group, 'group')}/${segment(type.version, 'version')}`;
}

/** The path of a resource's collection, in one namespace or (`''`) in all. Throws RequestError for what cannot stand in a path. */
export function collectionPath(type: Place, namespace: string): string {
  const start = groupVersionPath(type);
  const plural = segment(type.plural, 'plural');
  if (type.scope !== 'Namespaced' && type.scope !== 'Cluster')
    throw new RequestError(`the scope of ${plural} is ${shown(type.scope)}; it is 'Namespaced' or 'Cluster'`);
  if (type.scope === 'Cluster' || namespace === '') return `${start}/${plural}`;
  return `${start}/namespaces/${segment(namespace, 'namespace')}/${plural}`;
}

/**
 * The path of one object, or of a subresource of it. Never the path of a collection: a name that is no name (undefined, `''`, `..`, a number) is
 * a RequestError, and so is a namespaced object without a namespace.
 */
export function objectPath(type: Place, namespace: string, name: string, subresource?: string): string {
  const at = segment(name, 'name');
  if (type.scope === 'Namespaced' && namespace === '') throw new RequestError(`${type.plural} ${at}: the namespace is empty`);
  const path = `${collectionPath(type, namespace)}/${at}`;
  if (subresource === undefined) return path;
  if (typeof subresource !== 'string') throw new RequestError(`the subresource is ${shown(subresource)}; expected a string`);
  return `${path}/${subresource
    .split('/')
    .map((part) => segment(part, 'subresource'))
    .join('/')}`;
}

export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The longest name: that of a DNS subdomain (RFC 1123). */
const longest = 253;

// The rules of k8s.io/apimachinery's IsValidPathSegmentName, without which `..` would ask for another path; and what no name is.
function segment(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new RequestError(`the ${what} is ${shown(value)}; expected a string`);
  if (value.trim() === '') throw new RequestError(`the ${what} is ${value === '' ? 'empty' : 'white space'}`);
  if (value.length > longest) throw new RequestError(`the ${what} has ${value.length} characters; ${longest} are the most`);
  if (value === '.' || value === '..' || /[/%]/.test(value) || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(value))
    throw new RequestError(`the ${what} ${JSON.stringify(value)} cannot stand in a path`);
  if (!value.isWellFormed()) throw new RequestError(`the ${what} ${JSON.stringify(value)} has half of a surrogate pair in it`);
  return encodeURIComponent(value);
}

/** A wrong value in an error: its text where it is a plain one, else its type. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** A query string with its question mark; `''` where nothing is set. */
export function queryString(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === '') continue;
    const text = String(value);
    if (!text.isWellFormed()) throw new RequestError(`${name} ${JSON.stringify(text)} has half of a surrogate pair in it`);
    parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
