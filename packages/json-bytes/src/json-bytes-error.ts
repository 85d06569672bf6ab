import { CodedError } from '@kubecast/errors';

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
