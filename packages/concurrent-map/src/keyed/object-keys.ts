import { typeNameOf } from '../arguments.ts';
import { ConcurrentMapError } from '../errors.ts';

/** An object that Kubernetes names. */
export interface NamedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** What an object is kept under. It throws for an object that has no key. */
export type KeyFunc<T> = (object: T) => string;

/** client-go's MetaNamespaceKeyFunc: `namespace/name`, or `name` for an object without a namespace. */
export function metaNamespaceKey(object: NamedObject): string {
  const { name, namespace = '' } = object?.metadata ?? {};
  if (typeof name !== 'string' || name === '' || typeof namespace !== 'string')
    throw new ConcurrentMapError('MAP_KEY', 'an object without metadata.name has no key');
  return namespace === '' ? name : `${namespace}/${name}`;
}

function checkText(key: unknown): void {
  if (typeof key !== 'string') throw new ConcurrentMapError('MAP_KEY', `a key is a string, not ${typeNameOf(key)}`);
}

/** client-go's SplitMetaNamespaceKey. Throws for a key of more than two parts. */
export function splitMetaNamespaceKey(key: string): { readonly namespace: string; readonly name: string } {
  checkText(key);
  const parts = key.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) throw new ConcurrentMapError('MAP_KEY', `${JSON.stringify(key)} is no key: it has more than one slash`);
  return second === undefined ? { namespace: '', name: first } : { namespace: first, name: second };
}

/**
 * An object that was deleted while nobody watched: the key is known, `object` is its last known state and may be stale. The shape of client-go's
 * DeletedFinalStateUnknown; Store.delete() takes it in place of the object.
 */
export class DeletedFinalStateUnknown<T> {
  readonly key: string;
  readonly object: T | undefined;

  constructor(key: string, object: T | undefined) {
    this.key = key;
    this.object = object;
  }
}

/** The parts of a key that tells objects of all kinds apart, and versions of one object. */
export interface CompositeKey {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion?: string;
}

const PARTS = ['group', 'version', 'kind', 'namespace', 'name'] as const;
const escaped = (part: string): string => part.replaceAll('%', '%25').replaceAll('/', '%2F');
const unescaped = (part: string): string => part.replaceAll('%2F', '/').replaceAll('%25', '%');

/** `group/version/kind/namespace/name`, and `/resourceVersion` where there is one. Two different keys never have one text: slashes within a part are escaped. */
export function formatCompositeKey(key: CompositeKey): string {
  if (typeof key !== 'object' || key === null)
    throw new ConcurrentMapError('MAP_KEY', `a composite key is an object of its parts, not ${typeNameOf(key)}`);
  const parts = PARTS.map((part) => key[part]);
  if (key.resourceVersion !== undefined) parts.push(key.resourceVersion);
  for (const [index, part] of parts.entries())
    if (typeof part !== 'string')
      throw new ConcurrentMapError(
        'MAP_KEY',
        `the part "${PARTS[index] ?? 'resourceVersion'}" of a composite key is a string, not ${typeof part}`,
      );
  return parts.map(escaped).join('/');
}

export function parseCompositeKey(text: string): CompositeKey {
  checkText(text);
  const parts = text.split('/').map(unescaped);
  const [group = '', version = '', kind = '', namespace = '', name = '', resourceVersion] = parts;
  if (parts.length !== 5 && parts.length !== 6) throw new ConcurrentMapError('MAP_KEY', `${JSON.stringify(text)} is no composite key`);
  return { group, version, kind, namespace, name, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
}
