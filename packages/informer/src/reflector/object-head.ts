import { JsonBytesError, JsonCursor, JsonName, skipSpace } from '@kubecast/json-bytes';

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

/**
 * The head of an added, changed or deleted object, cut from its bytes, and equal to what parseHead reads of them. Throws where they are not a
 * JSON object as far as the head is read; whether the rest is JSON the store finds out, which reads it all.
 */
export function readHead(bytes: Uint8Array): ObjectHead {
  let kind = '';
  let apiVersion = '';
  let namespace = '';
  let name = '';
  let uid = '';
  let version = '';
  object.members(bytes, skipSpace(bytes, 0, bytes.length));
  while (object.next()) {
    if (object.isNamed(KIND)) kind = object.text() ?? '';
    else if (object.isNamed(API_VERSION)) apiVersion = object.text() ?? '';
    else if (object.isNamed(METADATA)) {
      // Of members with one name the last counts, whole.
      namespace = '';
      name = '';
      uid = '';
      version = '';
      if (!object.isObject) continue;
      meta.members(bytes, object.start, object.end);
      while (meta.next()) {
        if (meta.isNamed(NAME)) name = meta.text() ?? '';
        else if (meta.isNamed(NAMESPACE)) namespace = meta.text() ?? '';
        else if (meta.isNamed(UID)) uid = meta.text() ?? '';
        else if (meta.isNamed(VERSION)) version = meta.text() ?? '';
      }
    }
  }
  if (skipSpace(bytes, object.behind, bytes.length) !== bytes.length) throw new JsonBytesError('more follows the object', object.behind);
  return { kind, apiVersion, namespace, name, uid, version, initialEventsEnd: undefined };
}

/** The head by parsing the whole: for bookmarks, which are small. Throws where it is not JSON. */
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

const KIND = new JsonName('kind');
const API_VERSION = new JsonName('apiVersion');
const METADATA = new JsonName('metadata');
const NAME = new JsonName('name');
const NAMESPACE = new JsonName('namespace');
const UID = new JsonName('uid');
const VERSION = new JsonName('resourceVersion');
// One of each serves all objects: a head is read without a pause in between.
const object = new JsonCursor();
const meta = new JsonCursor();
