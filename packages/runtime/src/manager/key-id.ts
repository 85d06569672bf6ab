import type { Key } from '@kubecast/store';
import { RuntimeOptionsError } from '../errors.ts';

const part = (text: string): string => (/[%/]/.test(text) ? text.replaceAll('%', '%25').replaceAll('/', '%2F') : text);
const whole = (text: string): string => text.replaceAll('%2F', '/').replaceAll('%25', '%');

/**
 * The text of a key, as people write it: `namespace/name`, `/name` for an object of the cluster, `cluster/namespace/name` where there are several. No two keys
 * share it.
 */
export function keyId(key: Key): string {
  const { cluster = '', namespace, name } = key as Partial<Key>;
  if (typeof namespace !== 'string' || typeof name !== 'string')
    throw new RuntimeOptionsError("a key has a name and a namespace, which are texts ('' for an object of the cluster)");
  const path = `${part(namespace)}/${part(name)}`;
  return cluster === '' ? path : `${part(cluster)}/${path}`;
}

/** The key whose text this is; undefined where it is none. */
export function keyOfId(id: string): Key | undefined {
  const parts = id.split('/').map((text) => whole(text));
  const [cluster, namespace, name] = parts.length === 2 ? ['', ...parts] : parts;
  if (parts.length > 3 || cluster === undefined || namespace === undefined || name === undefined) return undefined;
  return { cluster, namespace, name };
}
