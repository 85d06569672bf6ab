import { ProtocolError } from '../errors.ts';
import { isText, JsonBytesError, JsonCursor, JsonName, skipSpace } from '@kubecast/json-bytes';

/** A list's parts, cut from its bytes; items are views into them. */
export interface ScannedList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly resourceVersion: string;
  readonly continueToken: string;
  readonly remainingItemCount: number | undefined;
  readonly items: readonly Uint8Array[];
}

const decoder = new TextDecoder();
const ITEMS = new JsonName('items');
const METADATA = new JsonName('metadata');
const KIND = new JsonName('kind');
const API_VERSION = new JsonName('apiVersion');

/**
 * Cuts a list into its items in one pass, whatever the order of its members. A list without `items`, or with null, has none: some servers leave them out.
 * Throws ProtocolError if it is no list. `came`: what the answer was, for that error.
 */
export function scanList(bytes: Uint8Array, what: string, came: () => string = () => ''): ScannedList {
  const items: Uint8Array[] = [];
  const own: { kind: unknown; apiVersion: unknown; metadata: unknown } = { kind: '', apiVersion: '', metadata: undefined };
  let itemsSeen = false;
  try {
    const start = skipSpace(bytes, 0, bytes.length);
    const list = new JsonCursor().members(bytes, start);
    while (list.next()) {
      if (list.isNamed(ITEMS)) {
        itemsSeen = true;
        items.length = 0;
        // Go writes a list without items as null here and there.
        if (isText(bytes, list.start, list.end, 'null')) continue;
        const item = new JsonCursor().items(bytes, list.start, list.end);
        while (item.next()) items.push(bytes.subarray(item.start, item.end));
      } else if (list.isNamed(METADATA)) own.metadata = parse(bytes, list.start, list.end);
      else if (list.isNamed(KIND)) own.kind = parse(bytes, list.start, list.end);
      else if (list.isNamed(API_VERSION)) own.apiVersion = parse(bytes, list.start, list.end);
    }
    if (skipSpace(bytes, list.behind, bytes.length) !== bytes.length) throw new JsonBytesError('more follows the list', list.behind);
  } catch (cause) {
    throw new ProtocolError(`${what}: the answer is no list: ${cause instanceof Error ? cause.message : String(cause)}${suffix(came())}`, {
      cause,
    });
  }
  const metadata = membersOf(own.metadata ?? {});
  if (metadata === undefined) throw new ProtocolError(`${what}: metadata of the list is no object${suffix(came())}`);
  if (!itemsSeen && !text(own.kind).endsWith('List'))
    throw new ProtocolError(`${what}: the answer is no list but ${text(own.kind) || 'an object without items'}${suffix(came())}`);
  // Taken for absent, a token of another type would end the list before its end.
  for (const name of ['resourceVersion', 'continue'])
    if (!['string', 'undefined'].includes(typeof (metadata[name] ?? undefined)))
      throw new ProtocolError(`${what}: metadata.${name} of the list is no string${suffix(came())}`);
  return {
    kind: text(own.kind),
    apiVersion: text(own.apiVersion),
    resourceVersion: text(metadata['resourceVersion']),
    continueToken: text(metadata['continue']),
    remainingItemCount: typeof metadata['remainingItemCount'] === 'number' ? metadata['remainingItemCount'] : undefined,
    items,
  };
}

function suffix(came: string): string {
  return came === '' ? '' : `; ${came}`;
}

function parse(bytes: Uint8Array, start: number, end: number): unknown {
  return JSON.parse(decoder.decode(bytes.subarray(start, end)));
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
