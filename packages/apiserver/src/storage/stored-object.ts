import type { KubeObject } from '../served-resource.ts';

/** One version of a stored object. Immutable, so that lists and watches can share its bytes. */
export interface StoredObject {
  /** `namespace/name`, or `name` for kinds without a namespace: the order of lists. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  /** The API version (`v1`) that the bytes are in. */
  readonly version: string;
  /** The JSON of the whole object, resourceVersion included. */
  readonly bytes: Buffer;
  /** Null prototype. */
  readonly labels: Readonly<Record<string, string>>;
  /** deletionTimestamp is set. */
  readonly terminating: boolean;
}

export function objectKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** A parsed copy that the caller may change. */
export function parseStored(stored: StoredObject): KubeObject {
  return JSON.parse(stored.bytes.toString('utf8')) as KubeObject;
}

/** Makes the stored form of an object; `object` gets its resourceVersion here and is not kept. */
export function makeStored(object: KubeObject, version: string, revision: number): StoredObject {
  const metadata = object['metadata'] as Record<string, unknown>;
  metadata['resourceVersion'] = String(revision);
  return readStored(object, version, revision, Buffer.from(JSON.stringify(object)));
}

/** The stored form of bytes that were read from a journal. */
export function readStored(object: KubeObject, version: string, revision: number, bytes: Buffer): StoredObject {
  const metadata = object['metadata'] as Record<string, unknown>;
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : '';
  const name = metadata['name'] as string;
  const labels = Object.create(null) as Record<string, string>;
  for (const [label, value] of Object.entries((metadata['labels'] as Record<string, string> | undefined) ?? {})) labels[label] = value;
  return {
    key: objectKey(namespace, name),
    namespace,
    name,
    uid: metadata['uid'] as string,
    revision,
    version,
    bytes,
    labels,
    terminating: typeof metadata['deletionTimestamp'] === 'string',
  };
}
