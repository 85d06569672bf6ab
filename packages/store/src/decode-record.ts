import type { Header } from './object-entry.ts';
import { RecordError } from './store-error.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

interface Meta {
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly uid?: unknown;
  readonly resourceVersion?: unknown;
  readonly labels?: unknown;
  readonly creationTimestamp?: unknown;
  readonly deletionTimestamp?: unknown;
}

export interface DecodedRecord {
  readonly namespace: string;
  readonly name: string;
  readonly header: Header;
  /** The JSON that is kept: without the dropped paths, apiVersion and kind. */
  readonly bytes: Uint8Array;
}

function text(value: unknown, path: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new RecordError(`${path} is ${JSON.stringify(value)}, not a string`);
  return value;
}

function dropPath(object: Record<string, unknown>, path: readonly string[]): void {
  let place: unknown = object;
  for (const part of path.slice(0, -1)) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, part)) return;
    place = (place as Record<string, unknown>)[part];
  }
  const last = path.at(-1);
  if (last !== undefined && typeof place === 'object' && place !== null) delete (place as Record<string, unknown>)[last];
}

/**
 * Reads a record's identity and makes the bytes to keep.
 * @throws RecordError if it is not a JSON object with metadata.name and metadata.uid.
 */
export function decodeRecord(bytes: Uint8Array, drop: readonly (readonly string[])[], transform?: (object: Record<string, unknown>) => Record<string, unknown>): DecodedRecord {
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(decoder.decode(bytes)) as Record<string, unknown>;
  } catch (error) {
    throw new RecordError(`the object is not JSON in UTF-8: ${(error as Error).message}`, { cause: error });
  }
  if (typeof object !== 'object' || object === null || Array.isArray(object)) throw new RecordError('the object is not a JSON object');
  const meta = object['metadata'] as Meta | undefined;
  if (typeof meta !== 'object' || meta === null) throw new RecordError('the object has no metadata');
  const name = text(meta.name, 'metadata.name');
  const uid = text(meta.uid, 'metadata.uid');
  if (name === '' || uid === '') throw new RecordError(`the object has no ${name === '' ? 'metadata.name' : `metadata.uid (metadata.name is ${JSON.stringify(name)})`}`);
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  if (typeof meta.labels === 'object' && meta.labels !== null) for (const [key, value] of Object.entries(meta.labels)) labels[key] = String(value);
  const created = Date.parse(text(meta.creationTimestamp, 'metadata.creationTimestamp'));
  const header: Header = {
    uid, version: text(meta.resourceVersion, 'metadata.resourceVersion'), labels: Object.freeze(labels),
    created: Number.isNaN(created) ? 0 : created, deleting: meta.deletionTimestamp !== undefined && meta.deletionTimestamp !== null,
  };
  const namespace = text(meta.namespace, 'metadata.namespace');
  delete object['apiVersion'];
  delete object['kind'];
  for (const path of drop) dropPath(object, path);
  return { namespace, name, header, bytes: encoder.encode(JSON.stringify(transform ? transform(object) : object)) };
}

/** Decodes kept bytes; apiVersion and kind come back first. */
export function makeDecoder<T>(apiVersion: string, kind: string): (bytes: Uint8Array) => T {
  return (bytes) => ({ apiVersion, kind, ...(JSON.parse(decoder.decode(bytes)) as object) }) as T;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
