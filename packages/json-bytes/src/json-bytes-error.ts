import { CodedError } from '@kubecast/errors';

/** @throws JsonBytesError for a text, a buffer and anything else that is no Uint8Array: its places would be no bytes. */
export function checkBytes(bytes: Uint8Array): void {
  // Not instanceof: bytes of another realm are bytes.
  if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1) throw new JsonBytesError('not bytes: give a Uint8Array', 0);
}

/** Bytes that are not JSON in UTF-8, as far as they were read. The message never quotes them: they may hold a secret. */
export class JsonBytesError extends CodedError<'JSON_INVALID'> {
  override readonly name = 'JsonBytesError';
  /** What is wrong, without the place: `not JSON: unexpected byte`. */
  readonly reason: string;
  /** Where, counted in bytes from the start of what was read. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super('JSON_INVALID', `${reason} (byte ${offset})`);
    this.reason = reason;
    this.offset = offset;
  }
}
