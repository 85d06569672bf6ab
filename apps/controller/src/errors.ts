import { CodedError } from '@kubecast/errors';

/** Why the controller, or a command of it, cannot work. The message is for people; `code` is stable. */
export class ControllerError extends CodedError<
  'ControllerCrdConflict' | 'ControllerCrdMissing' | 'ControllerBadInput' | 'ControllerNotSynced'
> {
  override readonly name: string = 'ControllerError';
}

/** The cluster's CRD does not serve AppModels as they are meant. Waiting does not help. */
export class CrdConflictError extends ControllerError {
  override readonly name = 'CrdConflictError';

  constructor(message: string) {
    super('ControllerCrdConflict', message);
  }
}

/** The CRD is missing, and this account may not create it. */
export class CrdMissingError extends ControllerError {
  override readonly name = 'CrdMissingError';

  constructor(message: string, options: { readonly cause: unknown }) {
    super('ControllerCrdMissing', message, options);
  }
}

/** A file that cannot be read, or that holds something else than it must. */
export class InputError extends ControllerError {
  override readonly name = 'InputError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ControllerBadInput', message, options);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
