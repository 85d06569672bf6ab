/** What the reflector must know of an object on the wire before the store takes it. */
export interface ObjectHead {
  /** `''` where the object carries none: items of lists of built-in kinds. */
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly version: string;
  /** metadata.annotations['k8s.io/initial-events-end'], if it is a text. */
  readonly initialEventsEnd: string | undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Throws where the bytes are not a JSON object in UTF-8; missing parts are `''`. */
export function readHead(object: Uint8Array): ObjectHead {
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
