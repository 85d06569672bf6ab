/** What the reflector must know of an object on the wire before the store takes it. */
export interface ObjectHead {
  /** `''` where the object carries none: items of lists of built-in kinds. */
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly version: string;
  /** metadata.annotations['k8s.io/initial-events-end'], if it is a text; read of bookmarks only. */
  readonly initialEventsEnd: string | undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The head of an added, changed or deleted object, cut from its bytes. Throws where they are not a JSON object in UTF-8 as far as it reads. */
export function readHead(object: Uint8Array): ObjectHead {
  return scanHead(object) ?? parseHead(object);
}

/** The head by parsing the whole: for bookmarks, which are small, and for what the scan does not take. Throws where it is not JSON. */
export function parseHead(object: Uint8Array): ObjectHead {
  const value: unknown = JSON.parse(decoder.decode(object));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not a JSON object');
  const fields = value as Record<string, unknown>;
  const meta = (typeof fields['metadata'] === 'object' && fields['metadata'] !== null ? fields['metadata'] : {}) as Record<string, unknown>;
  const annotations = meta['annotations'];
  const end =
    typeof annotations === 'object' && annotations !== null && Object.hasOwn(annotations, 'k8s.io/initial-events-end')
      ? (annotations as Record<string, unknown>)['k8s.io/initial-events-end']
      : undefined;
  return {
    kind: text(fields['kind']),
    apiVersion: text(fields['apiVersion']),
    namespace: text(meta['namespace']),
    name: text(meta['name']),
    uid: text(meta['uid']),
    version: text(meta['resourceVersion']),
    initialEventsEnd: typeof end === 'string' ? end : undefined,
  };
}

/** Parses the Status of an ERROR frame; a broken one gives a stand-in. */
export function readStatus(object: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(object));
  } catch {
    return { kind: 'Status', message: 'the server sent an ERROR event that is not JSON' };
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Reads the strings of the head without parsing the rest, for compact JSON as API servers send it. Undefined: not in that form (blanks,
 * escapes or other scripts in the head, repeated or missing parts), and only a parser can tell.
 */
export function scanHead(bytes: Uint8Array): ObjectHead | undefined {
  if (bytes[0] !== OPEN_BRACE || bytes[bytes.length - 1] !== CLOSE_BRACE) return undefined;
  const top: (string | undefined)[] = [undefined, undefined];
  const meta: (string | undefined)[] = [undefined, undefined, undefined, undefined];
  let seen = false;
  const end = eachField(bytes, 0, (from, to, value) => {
    if (same(bytes, from, to, 'metadata')) {
      if (seen || bytes[value] !== OPEN_BRACE) return -1;
      seen = true;
      return eachField(bytes, value, (start, stop, at) => take(bytes, start, stop, at, META, meta));
    }
    return take(bytes, from, to, value, TOP, top);
  });
  const [kind, apiVersion] = top;
  const [name, namespace, uid, version] = meta;
  if (end !== bytes.length || !seen) return undefined;
  return {
    kind: kind ?? '',
    apiVersion: apiVersion ?? '',
    namespace: namespace ?? '',
    name: name ?? '',
    uid: uid ?? '',
    version: version ?? '',
    initialEventsEnd: undefined,
  };
}

const TOP = ['kind', 'apiVersion'];
const META = ['name', 'namespace', 'uid', 'resourceVersion'];

/** Keeps a wanted string and gives the place after the value; -1: not in the form. */
function take(bytes: Uint8Array, from: number, to: number, value: number, wanted: readonly string[], into: (string | undefined)[]): number {
  const after = skipValue(bytes, value);
  if (after === -1) return -1;
  for (let i = 0; i < wanted.length; i += 1) {
    if (!same(bytes, from, to, wanted[i] ?? '')) continue;
    if (into[i] !== undefined || bytes[value] !== QUOTE) return -1;
    const found = plain(bytes, value + 1, after - 1);
    if (found === undefined) return -1;
    into[i] = found;
  }
  return after;
}

/** Calls `field` with each name's span and its value's place; it gives the place after the value. The place after the object, or -1. */
function eachField(bytes: Uint8Array, open: number, field: (from: number, to: number, value: number) => number): number {
  let i = open + 1;
  if (bytes[i] === CLOSE_BRACE) return i + 1;
  for (;;) {
    if (bytes[i] !== QUOTE) return -1;
    const after = skipString(bytes, i);
    if (after === -1 || bytes[after] !== COLON) return -1;
    // An escaped name may be any name.
    for (let j = i + 1; j < after - 1; j += 1) if (bytes[j] === BACKSLASH) return -1;
    const next = field(i + 1, after - 1, after + 1);
    if (next === -1) return -1;
    if (bytes[next] === CLOSE_BRACE) return next + 1;
    if (bytes[next] !== COMMA) return -1;
    i = next + 1;
  }
}

/** The place after a string that begins at `i`, or -1. */
function skipString(bytes: Uint8Array, i: number): number {
  let at = i;
  for (;;) {
    at = bytes.indexOf(QUOTE, at + 1);
    if (at === -1) return -1;
    let escapes = 0;
    while (bytes[at - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
}

/** The place after a value that begins at `i`, or -1. Its inside is not checked: the store does that. */
function skipValue(bytes: Uint8Array, i: number): number {
  const first = bytes[i];
  if (first === QUOTE) return skipString(bytes, i);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    let at = i;
    while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== CLOSE_BRACE && bytes[at] !== CLOSE_BRACKET) at += 1;
    return at === i || at === bytes.length ? -1 : at;
  }
  let depth = 0;
  for (let at = i; at < bytes.length;) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at);
      if (at === -1) return -1;
      continue;
    }
    at += 1;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function same(bytes: Uint8Array, from: number, to: number, name: string): boolean {
  if (to - from !== name.length) return false;
  for (let i = 0; i < name.length; i += 1) if (bytes[from + i] !== name.charCodeAt(i)) return false;
  return true;
}

function plain(bytes: Uint8Array, from: number, to: number): string | undefined {
  let result = '';
  for (let i = from; i < to; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return undefined;
    result += String.fromCharCode(byte);
  }
  return result;
}
