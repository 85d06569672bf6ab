import { readEnvelope, type Envelope } from '../values/envelope.ts';
import { parseJson } from '../values/read-value.ts';
import { sha1Hex } from '../values/sha256.ts';

/** What stands under a key. */
export interface Inspection {
  readonly key: string;
  /** 'unverified': a value that is no envelope, or one that was changed by hand. */
  readonly kind: 'absent' | 'envelope' | 'unverified';
  /** SHA-1 of the bytes in hex; '' if absent. For `compareAndDelete`. */
  readonly fingerprint: string;
  readonly bytes: Uint8Array;
  readonly envelope?: Envelope;
}

export function inspectBytes(key: string, bytes: Uint8Array | null): Inspection {
  if (bytes === null) return { key, kind: 'absent', fingerprint: '', bytes: new Uint8Array(0) };
  const fingerprint = sha1Hex(bytes);
  try {
    const { text, parsed } = parseJson(bytes);
    const envelope = readEnvelope(text, parsed);
    if (envelope !== undefined) return { key, kind: 'envelope', fingerprint, bytes, envelope };
  } catch {
    // Not JSON, or an envelope with a wrong digest: unverified.
  }
  return { key, kind: 'unverified', fingerprint, bytes };
}
