// Headers that belong to one connection (RFC 9110, 7.6.1); they are never passed on.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

const none: ReadonlySet<string> = new Set();

export interface ForwardedRequest {
  /** The request's header list as it came: name, value, name, value ... */
  readonly raw: readonly string[];
  /** What the backend is called. */
  readonly host: string;
  /** The client's address, where it is known. */
  readonly client: string | undefined;
}

/**
 * The header list for the backend: without what belongs to the client's connection, without Expect (the resolver answered it), with its own
 * Host and with where the call came from. Doubles and the order stay.
 */
export function requestHeaders({ raw, host, client }: ForwardedRequest): string[] {
  const named = namedByConnection(raw);
  const kept = ['host', host];
  let via = '';
  let original = '';
  let toldHost = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'host') original = value;
    else if (lower === 'x-forwarded-for') via = via === '' ? value : `${via}, ${value}`;
    else if (lower !== 'expect' && !hopByHop.has(lower) && !named.has(lower)) {
      if (lower === 'x-forwarded-host') toldHost = true;
      kept.push(name, value);
    }
  }
  if (client !== undefined) via = via === '' ? client : `${via}, ${client}`;
  if (via !== '') kept.push('x-forwarded-for', via);
  if (!toldHost) kept.push('x-forwarded-host', original);
  return kept;
}

/** The answer's headers without what belongs to the backend's connection. */
export function answerHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
  const connection = headers['connection'];
  const named = connection === undefined ? none : namesIn([connection].flat());
  const kept: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined && !hopByHop.has(name) && !named.has(name)) kept[name] = value;
  }
  return kept;
}

/** What Connection headers name besides themselves; nearly always nothing. */
function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  let values: string[] | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.length === 10 && name.toLowerCase() === 'connection') (values ??= []).push(raw[i + 1] as string);
  }
  return values === undefined ? none : namesIn(values);
}

function namesIn(values: readonly string[]): ReadonlySet<string> {
  let named: Set<string> | undefined;
  for (const each of values) {
    const value = each.toLowerCase();
    if (value === 'keep-alive' || value === 'close') continue;
    named ??= new Set();
    for (const name of value.split(',')) named.add(name.trim());
  }
  return named ?? none;
}
