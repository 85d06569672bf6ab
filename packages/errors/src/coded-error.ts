export interface CodedErrorOptions {
  /** What led to this error: another error, or whatever was thrown. */
  readonly cause?: unknown;
}

/**
 * The base of every error that a kubecast package throws on purpose.
 *
 * - `code` is stable and made for programs: a change of a code is a breaking change.
 * - `message` is made for people: it names the thing, the place and the way out, and holds no token, key, password or payload.
 * - `name` is the class's name. Each package has one base class and subclasses named by the phase that failed.
 */
export class CodedError<Code extends string = string> extends Error {
  override readonly name: string = 'CodedError';
  readonly code: Code;

  constructor(code: Code, message: string, options?: CodedErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** True for every error that a kubecast package threw on purpose, whatever package it came from. */
export function isCodedError(error: unknown): error is CodedError {
  return error instanceof CodedError;
}
