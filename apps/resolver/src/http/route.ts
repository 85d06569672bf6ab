/** What a request asks for. */
export type Route =
  | { readonly kind: 'page' | 'livez' | 'readyz' | 'metrics' | 'unknown' }
  | { readonly kind: 'namespaces' | 'problems' }
  | { readonly kind: 'models' | 'apps'; readonly namespace: string }
  | { readonly kind: 'model'; readonly namespace: string; readonly model: string }
  | { readonly kind: 'app'; readonly namespace: string; readonly app: string }
  /** `target`: path and query for the backend, as they came. */
  | { readonly kind: 'call'; readonly namespace: string; readonly model: string; readonly target: string }
  | { readonly kind: 'malformed'; readonly reason: string };

const fixed: ReadonlyMap<string, 'page' | 'livez' | 'readyz' | 'metrics' | 'namespaces' | 'problems'> = new Map([
  ['/', 'page'],
  ['/livez', 'livez'],
  ['/readyz', 'readyz'],
  ['/metrics', 'metrics'],
  ['/v1/namespaces', 'namespaces'],
  ['/v1/problems', 'problems'],
]);

/**
 * Reads the target of a request line. Parts are decoded after the path is cut at its slashes, so that a name may hold any character,
 * a slash too. What stands after `/call` is passed on as it came, not decoded and not normalised.
 */
export function readRoute(url: string): Route {
  if (!url.startsWith('/')) return { kind: 'malformed', reason: 'the request target must be a path' };
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const known = fixed.get(path);
  if (known !== undefined) return { kind: known };
  const parts = path.split('/');
  if (parts[1] !== 'v1' || parts[2] !== 'namespaces' || parts.length < 5) return { kind: 'unknown' };
  const collection = parts[4];
  if (collection !== 'models' && collection !== 'apps') return { kind: 'unknown' };
  const namespace = decode(parts[3] as string);
  if (namespace === undefined) return malformed('namespace', parts[3] as string);
  if (parts.length === 5) return { kind: collection, namespace };
  const name = decode(parts[5] as string);
  if (name === undefined) return malformed(collection === 'models' ? 'model' : 'app', parts[5] as string);
  if (name === '' || namespace === '') return { kind: 'unknown' };
  if (parts.length === 6)
    return collection === 'models' ? { kind: 'model', namespace, model: name } : { kind: 'app', namespace, app: name };
  if (collection === 'models' && parts[6] === 'call') {
    const rest = parts.slice(7).join('/');
    return { kind: 'call', namespace, model: name, target: `/${rest}${question < 0 ? '' : url.slice(question)}` };
  }
  return { kind: 'unknown' };
}

function malformed(what: string, part: string): Route {
  return { kind: 'malformed', reason: `the ${what} ${JSON.stringify(part.slice(0, 300))} is not percent-encoded UTF-8` };
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
