/**
 * The identity of any object of any kind, as it stands in one cluster. With `version` it is one state of the object, with `uid` one life of
 * it; with neither it is whatever stands under the name.
 */
export interface GenericKey {
  readonly group: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion?: string;
  readonly uid?: string;
}

const PARTS = ['group', 'apiVersion', 'kind', 'cluster', 'namespace', 'name', 'resourceVersion', 'uid'] as const;

/** One text for a generic key. Injective: each part carries its length, and an absent part differs from an empty one. */
export function encodeGenericKey(key: GenericKey): string {
  let text = '';
  for (const name of PARTS) {
    const part = key[name];
    text += part === undefined ? '-' : `${part.length}:${part}`;
  }
  return text;
}

/** The key back from its text; undefined if it is not the text of a generic key. */
export function decodeGenericKey(text: string): GenericKey | undefined {
  const parts: (string | undefined)[] = [];
  let at = 0;
  for (const name of PARTS) {
    if (text[at] === '-' && (name === 'resourceVersion' || name === 'uid')) {
      parts.push(undefined);
      at += 1;
      continue;
    }
    const length = /^(?:0|[1-9]\d{0,9}):/.exec(text.slice(at, at + 11))?.[0];
    if (length === undefined) return undefined;
    const start = at + length.length;
    at = start + Number.parseInt(length, 10);
    if (at > text.length) return undefined;
    parts.push(text.slice(start, at));
  }
  if (at !== text.length) return undefined;
  const [group = '', apiVersion = '', kind = '', cluster = '', namespace = '', name = '', resourceVersion, uid] = parts;
  return {
    group,
    apiVersion,
    kind,
    cluster,
    namespace,
    name,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(uid === undefined ? {} : { uid }),
  };
}
