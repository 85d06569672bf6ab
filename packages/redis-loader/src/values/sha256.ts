import { hash } from 'node:crypto';

/** `sha256:` and the hex digest of the text's UTF-8 bytes. */
export function sha256(text: string): string {
  return `sha256:${hash('sha256', text, 'hex')}`;
}

/** The SHA-1 of bytes in hex, as Redis's `redis.sha1hex` gives it. */
export function sha1Hex(bytes: Uint8Array | string): string {
  return hash('sha1', bytes, 'hex');
}
