/** A request's path, when it names a resource. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  /** Undefined: none in the path; all namespaces, or a kind without them. */
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** The path goes on behind the subresource, where nothing is served; authorization uses the parts before. */
  readonly longer: boolean;
  /** The old form `/api/v1/watch/...`. */
  readonly watch: boolean;
}

/** Reads `/api/v1/...` and `/apis/GROUP/VERSION/...`; undefined for every other path. Percent-escapes are decoded first, so that `%2F` parts as a slash does, as to the real server. */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const raw = pathname.replace(/\/$/, '').split('/').slice(1);
  const parts: string[] = [];
  for (const part of raw) {
    if (part === '') return undefined;
    try {
      parts.push(...decodeURIComponent(part).split('/'));
    } catch {
      return undefined;
    }
  }
  if (parts.includes('')) return undefined;
  let group = '';
  let rest: string[];
  if (parts[0] === 'api') rest = parts.slice(1);
  else if (parts[0] === 'apis') {
    group = parts[1] ?? '';
    rest = parts.slice(2);
  } else return undefined;
  const version = rest.shift();
  if (version === undefined || rest.length === 0) return undefined;
  const watch = rest[0] === 'watch';
  if (watch) rest.shift();
  const common = { group, version, watch };
  if (rest[0] === 'namespaces') {
    const [, namespace, plural, name, subresource, ...more] = rest;
    const longer = more.length > 0;
    const isNamespaceItself =
      group === '' && (plural === undefined || ((plural === 'status' || plural === 'finalize') && name === undefined));
    if (isNamespaceItself)
      return { ...common, namespace: undefined, plural: 'namespaces', name: namespace, subresource: plural, longer: false };
    if (plural === undefined) return undefined;
    return { ...common, namespace, plural, name, subresource, longer };
  }
  const [plural, name, subresource, ...more] = rest;
  if (plural === undefined) return undefined;
  return { ...common, namespace: undefined, plural, name, subresource, longer: more.length > 0 };
}
