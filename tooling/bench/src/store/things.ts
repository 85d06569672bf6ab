import { Buffer } from 'node:buffer';
import { appModel, nameOf, namespaceOf } from '../app-models.ts';

/** An object as the server sends it, at a version. */
export function wire(i: number, version: number): Uint8Array {
  const object = appModel(i) as { metadata: Record<string, unknown>; spec: Record<string, unknown> };
  object.metadata['resourceVersion'] = String(1_000_000 + version);
  object.spec['version'] = `v-${version}`;
  return Buffer.from(JSON.stringify(object));
}

/** An app that a thousand objects share at a million, so that a select by it has something to do. */
export const SHELVES = 1_000;

export interface Peer {
  /** Takes one object's bytes, and keeps it without managedFields. */
  put(i: number, bytes: Uint8Array): void | Promise<void>;
  /** The app of an object, from wherever it is. */
  read(i: number): string | undefined | Promise<string | undefined>;
  /** How many objects the index by namespace holds under a value; undefined where there is no index. */
  byIndex?(namespace: string): number;
  byLabel?(): number;
  snapshot?(): void;
  flush?(): void | Promise<void>;
  close(): void | Promise<void>;
}

export { nameOf, namespaceOf };
