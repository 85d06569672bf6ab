import { ProtocolError } from '../errors.ts';
import { isText, ScanError, scanItems, scanMembers, skipSpace } from './json-bytes.ts';

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
    const end = scanMembers(bytes, start, bytes.length, (nameStart, nameEnd, valueStart, valueStop) => {
      if (isText(bytes, nameStart, nameEnd, '"items"')) {
        itemsSeen = true;
        // Go writes a list without items as null here and there.
        if (isText(bytes, valueStart, valueStop, 'null')) return;
        items.length = 0;
        scanItems(bytes, valueStart, valueStop, (from, to) => {
          items.push(bytes.subarray(from, to));
        });
      } else if (isText(bytes, nameStart, nameEnd, '"metadata"')) own.metadata = parse(bytes, valueStart, valueStop);
      else if (isText(bytes, nameStart, nameEnd, '"kind"')) own.kind = parse(bytes, valueStart, valueStop);
      else if (isText(bytes, nameStart, nameEnd, '"apiVersion"')) own.apiVersion = parse(bytes, valueStart, valueStop);
    });
    if (skipSpace(bytes, end, bytes.length) !== bytes.length) throw new ScanError('more follows the list', end);
  } catch (cause) {
    throw new ProtocolError(`${what}: the answer is no list: ${cause instanceof Error ? cause.message : String(cause)}${suffix(came())}`, {
      cause,
    });
  }
  const metadata = typeof own.metadata === 'object' && own.metadata !== null ? (own.metadata as Record<string, unknown>) : {};
  if (!itemsSeen && !text(own.kind).endsWith('List'))
    throw new ProtocolError(`${what}: the answer is no list but ${text(own.kind) || 'an object without items'}${suffix(came())}`);
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

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
