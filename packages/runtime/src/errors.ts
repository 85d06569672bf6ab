import { CodedError } from '@kubecast/errors';
import { findCause } from './thrown.ts';

export type RuntimeErrorCode =
  | 'RuntimeBadOptions'
  | 'RuntimeTerminal'
  | 'RuntimeReconcileTimeout'
  | 'RuntimeReconcileResult'
  | 'RuntimeManager'
  | 'RuntimeStopTimeout'
  | 'RuntimeEvent'
  | 'RuntimeStopped'
  | 'RuntimeSyncTimeout'
  | 'RuntimeLeadershipLost'
  | 'RuntimeOwner'
  | 'RuntimeFinalizer'
  | 'RuntimeListen'
  | 'RuntimeBadFlag'
  | 'RuntimeDeadline';

/** Every error that this package throws. `code` is stable; messages are for people. */
export class RuntimeError extends CodedError<RuntimeErrorCode> {
  override readonly name: string = 'RuntimeError';
}

/** Options that contradict each other. Nothing was started. */
export class RuntimeOptionsError extends RuntimeError {
  override readonly name = 'RuntimeOptionsError';

  constructor(message: string) {
    super('RuntimeBadOptions', message);
  }
}

/** Thrown by a reconciler: trying again does not help until the object changes. The key's count of failures is forgotten. */
export class TerminalError extends RuntimeError {
  override readonly name = 'TerminalError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('RuntimeTerminal', message, options);
  }
}

/** The reason of a reconcile's signal when its time is over. */
export class ReconcileTimeoutError extends RuntimeError {
  override readonly name = 'ReconcileTimeoutError';

  constructor(controller: string, key: string, afterMs: number) {
    super('RuntimeReconcileTimeout', `${controller}: reconciling ${key} took longer than ${afterMs} ms`);
  }
}

/** A reconcile returned what is no result: an unknown field, or a number that is none. */
export class ReconcileResultError extends RuntimeError {
  override readonly name = 'ReconcileResultError';

  constructor(message: string) {
    super('RuntimeReconcileResult', message);
  }
}

/** A manager was used in an order that cannot work: run twice, or given a controller after it started. */
export class ManagerError extends RuntimeError {
  override readonly name = 'ManagerError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('RuntimeManager', message, options);
  }
}

/** A manager's parts did not all end within its deadline; the message names those that did not. Everything else was closed. */
export class StopTimeoutError extends RuntimeError {
  override readonly name = 'StopTimeoutError';

  constructor(message: string) {
    super('RuntimeStopTimeout', message);
  }
}

/** An event that the server would refuse; the message names the field. Told to the recorder's `onError`. */
export class EventError extends RuntimeError {
  override readonly name = 'EventError';

  constructor(message: string) {
    super('RuntimeEvent', message);
  }
}

/** The reason of signals when a controller, queue or server is stopped. */
export class StoppedError extends RuntimeError {
  override readonly name = 'StoppedError';

  constructor(what: string) {
    super('RuntimeStopped', `${what} was stopped`);
  }
}

/** A preparation had not ended, or a source was not complete, in time. The message says what was waited for, and so does `waitingFor`. */
export class SyncTimeoutError extends RuntimeError {
  override readonly name = 'SyncTimeoutError';
  readonly waitingFor: readonly string[];

  constructor(message: string, waitingFor: readonly string[] = []) {
    super('RuntimeSyncTimeout', waitingFor.length === 0 ? message : `${message}: ${waitingFor.join('; ')}`);
    this.waitingFor = waitingFor;
  }
}

/** The reason of leadership's signal when it ends. */
export class LeadershipLostError extends RuntimeError {
  override readonly name = 'LeadershipLostError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('RuntimeLeadershipLost', message, options);
  }
}

/** An owner reference that the server would accept and the garbage collector would punish, or that another controller holds. */
export class OwnerReferenceError extends RuntimeError {
  override readonly name = 'OwnerReferenceError';

  constructor(message: string) {
    super('RuntimeOwner', message);
  }
}

/** A finalizer that could not be added or released. */
export class FinalizerError extends RuntimeError {
  override readonly name = 'FinalizerError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('RuntimeFinalizer', message, options);
  }
}

/** A port could not be opened. */
export class ListenError extends RuntimeError {
  override readonly name = 'ListenError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('RuntimeListen', message, options);
  }
}

/** Bad flags or environment. The message names the flag and what it takes. */
export class FlagError extends RuntimeError {
  override readonly name = 'FlagError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('RuntimeBadFlag', message, options);
  }
}

/** Something did not end within its deadline. */
export class DeadlineError extends RuntimeError {
  override readonly name = 'DeadlineError';

  constructor(what: string, afterMs: number) {
    super('RuntimeDeadline', `${what} did not end within ${afterMs} ms`);
  }
}

export function isRuntimeError(error: unknown): error is RuntimeError {
  return error instanceof RuntimeError;
}

/** Whether an error, or what caused it, is terminal. Looks through at most 16 causes. */
export function isTerminalError(error: unknown): error is Error {
  return findCause(error, (at) => (at instanceof TerminalError ? true : undefined)) ?? false;
}
