import type { IncomingMessage } from 'node:http';

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
  /** The address of whoever sent the request; undefined where the connection is gone. */
  readonly client: string | undefined;
  /** Whether the sender is a proxy whose word about its own client is passed on. */
  readonly trusted: boolean;
  /** The name of this process in Via. */
  readonly via: string;
}

/**
 * The header list for the backend: without what belongs to the client's connection, without Expect (the resolver has answered it), with the
 * backend's own Host, and Via. X-Forwarded-For, -Proto, -Host, X-Real-IP and Forwarded tell who sent the request; what the sender itself says of that
 * is dropped, unless it is trusted: then it stays, and the sender is added to the lists. Of other headers names keep their case, doubles, the
 * order and the bytes of values stay.
 */
export function requestHeaders({ raw, host, client, trusted, via }: ForwardedRequest): string[] {
  const named = namedByConnection(raw);
  const kept = ['host', host];
  let original = '';
  let told: Told | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'host') original = value;
    else if (lower === 'forwarded' || lower === 'x-real-ip' || lower.startsWith('x-forwarded-')) {
      if (trusted && !named.has(lower)) (told ??= new Map()).set(lower, [...(told.get(lower) ?? []), value]);
    } else if (lower !== 'expect' && !hopByHop.has(lower) && !named.has(lower)) kept.push(name, value);
  }
  tellSender(kept, client, original, told);
  kept.push('via', `1.1 ${via}`);
  return kept;
}

/** Who sent the request. A socket that listens on IPv6 tells IPv4 addresses mapped. */
export function addressOf({ socket: { remoteAddress } }: IncomingMessage): string | undefined {
  return remoteAddress?.startsWith('::ffff:') === true ? remoteAddress.slice(7) : remoteAddress;
}

/** What a trusted proxy says of its client, by lower-case name. */
type Told = Map<string, readonly string[]>;

function tellSender(kept: string[], client: string | undefined, host: string, told: Told | undefined): void {
  const address = client ?? 'unknown';
  const node = client === undefined ? 'unknown' : client.includes(':') ? `"[${client}]"` : client;
  const forwarded = host === '' ? `for=${node};proto=http` : `for=${node};host="${host}";proto=http`;
  if (told === undefined) {
    kept.push('x-forwarded-for', address, 'x-forwarded-proto', 'http', 'x-real-ip', address, 'forwarded', forwarded);
    if (host !== '') kept.push('x-forwarded-host', host);
    return;
  }
  const before = (name: string): string => (told.get(name) ?? []).map((value) => `${value}, `).join('');
  kept.push('x-forwarded-for', `${before('x-forwarded-for')}${address}`, 'forwarded', `${before('forwarded')}${forwarded}`);
  if (!told.has('x-forwarded-proto')) kept.push('x-forwarded-proto', 'http');
  if (!told.has('x-real-ip')) kept.push('x-real-ip', address);
  if (!told.has('x-forwarded-host') && host !== '') kept.push('x-forwarded-host', host);
  for (const [name, values] of told)
    if (name !== 'x-forwarded-for' && name !== 'forwarded') for (const value of values) kept.push(name, value);
}

/** Resolvers that one request may pass. A chain that is longer is a loop through others. */
const MOST_HOPS = 8;
const pseudonym = /(?:^|[\s,])kubecast-[0-9a-f]{16}(?=$|[\s,;(])/gu;

/** Whether the request came through the process of this name already, or through more resolvers than a sensible way has. */
export function isLoop(via: string | undefined, own: string): boolean {
  if (via === undefined) return false;
  const names = via.match(pseudonym);
  return names !== null && (names.length >= MOST_HOPS || names.some((name) => name.endsWith(own)));
}

/** An answer whose head may not be passed on: with CR, LF, NUL or another control character, or of a form that only its next hop would know. */
export class IllegalAnswerError extends Error {
  override readonly name = 'IllegalAnswerError';
}

/**
 * The answer's header list without what belongs to the backend's connection. Names keep their case, doubles and the order stay, and each byte of
 * a value becomes one character, whatever its encoding was: written as latin1 it is that byte again.
 *
 * @throws IllegalAnswerError
 */
export function answerHeaders(raw: readonly (Buffer | string)[]): string[] {
  const list = raw.map((item) => (typeof item === 'string' ? item : item.toString('latin1')));
  const named = namedByConnection(list);
  const kept: string[] = [];
  let chunked = false;
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'transfer-encoding') {
      // The chunks are taken away here; a coding below them would be taken away with the header, and the body not be what it was.
      if (value.trim().toLowerCase() !== 'chunked')
        throw new IllegalAnswerError(`the transfer coding is ${JSON.stringify(value.slice(0, 100))}, only chunked is known`);
      chunked = true;
    }
    if (hopByHop.has(lower) || named.has(lower)) continue;
    checkText(value, () => `the header ${JSON.stringify(name)}`);
    kept.push(name, value);
  }
  // A length beside chunks is wrong (RFC 9112, 6.3): with the chunks taken away it would be believed.
  return chunked ? withoutLength(kept) : kept;
}

/** Fields that have a meaning before the body only (RFC 9110, 6.5.1): a trailer must not bring them in behind it. */
const headOnly = new Set(['content-length', 'content-encoding', 'content-type', 'content-range', 'host', 'set-cookie', 'authorization']);

/** The trailers of an answer as pairs, without those that may not be passed on. */
export function trailersOf(raw: readonly (Buffer | string)[]): [string, string][] {
  const list = raw.map((item) => (typeof item === 'string' ? item : item.toString('latin1')));
  const kept: [string, string][] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    const lower = name.toLowerCase();
    if (!hopByHop.has(lower) && !headOnly.has(lower) && !illegal.test(value)) kept.push([name, value]);
  }
  return kept;
}

/** Checks what is to be written into a head. @throws IllegalAnswerError */
export function checkText(text: string, what: () => string): void {
  if (illegal.test(text)) throw new IllegalAnswerError(`${what()} holds a control character`);
}

// All but tab, visible ASCII, space and obs-text (RFC 9110, 5.5).
const illegal = /[^\t\x20-\x7e\x80-\xff]/u;

function withoutLength(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2)
    if ((headers[i] as string).toLowerCase() !== 'content-length') kept.push(headers[i] as string, headers[i + 1] as string);
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
