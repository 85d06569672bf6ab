import { CodedError } from '@kubecast/errors';
import type { FieldError } from './schema/field-error.ts';

/** Every error that this package throws. `code` is stable; messages are for people. */
export class CrdError extends CodedError<'CrdInvalidDefinition' | 'CrdValidation'> {
  override readonly name: string = 'CrdError';
}

/** A definition that no CustomResourceDefinition can be made of: a mistake in the program. */
export class DefinitionError extends CrdError {
  override readonly name = 'DefinitionError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('CrdInvalidDefinition', message, options);
  }
}

/** An object that does not fit its definition. `errors` names every bad path; nothing was sent. */
export class ValidationError extends CrdError {
  override readonly name = 'ValidationError';
  readonly errors: readonly FieldError[];

  constructor(subject: string, errors: readonly FieldError[], options?: { readonly cause?: unknown }) {
    const parts = errors.map((error) => `${error.field}: ${error.message}`);
    super('CrdValidation', `${subject} is invalid: ${parts.length === 1 ? parts[0] : `[${parts.join(', ')}]`}`, options);
    this.errors = errors;
  }
}

export function isCrdError(error: unknown): error is CrdError {
  return error instanceof CrdError;
}

export function isValidationError(error: unknown): error is ValidationError {
  return error instanceof ValidationError;
}
