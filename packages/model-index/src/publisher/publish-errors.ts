import { ModelIndexError } from '../errors.ts';

/** Why an AppModel was not published. */
export type PublishRefusal =
  /** metadata.name is not the lower-cased app, and no name was given. */
  | 'NameNeeded'
  /** The name, or the app, is nothing that can be published. */
  | 'BadName'
  /** Another app holds an AppModel of this name. */
  | 'NameTaken'
  /** The AppModel is being deleted. */
  | 'Terminating'
  /** A model is listed twice, or has an empty name or version. */
  | 'BadModels'
  /** There is no metadata for a model, and Redis does not hold the announced version either. */
  | 'MetadataMissing'
  /** A version to go back to is not kept in Redis, or there is nothing announced that could go back. */
  | 'NotRetained'
  /** At least one value may not be written. */
  | 'ValuesRefused';

/** One value that may not be written, or that there is nothing for. */
export interface RefusedValue {
  readonly model: string;
  readonly key: string;
  readonly reason: 'foreign' | 'same-version-other-content' | 'unverified' | 'missing';
  readonly message: string;
}

/** An AppModel that was not published. Nothing was written, neither to Redis nor to the cluster. */
export class PublishRefusedError extends ModelIndexError {
  override readonly name = 'PublishRefusedError';
  readonly refusal: PublishRefusal;
  readonly values: readonly RefusedValue[];

  constructor(refusal: PublishRefusal, message: string, values: readonly RefusedValue[] = []) {
    super('ModelIndexPublishRefused', message);
    this.refusal = refusal;
    this.values = values;
  }
}

/** The way to Redis or to the cluster failed midway. Publishing again is safe: what is written already is left as it is. */
export class PublishFailedError extends ModelIndexError {
  override readonly name = 'PublishFailedError';
  /** 'values': some may be in Redis, nothing is announced. 'apply': all are in Redis, the announcement may or may not be. */
  readonly phase: 'read' | 'values' | 'apply';

  constructor(phase: PublishFailedError['phase'], message: string, options: { readonly cause: unknown }) {
    super('ModelIndexPublishFailed', message, options);
    this.phase = phase;
  }
}

/** The AppModel is not the one that was read any more. What `AppModelApi.apply` throws for a precondition that failed. */
export class AppModelChangedError extends ModelIndexError {
  override readonly name = 'AppModelChangedError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ModelIndexAppModelChanged', message, options);
  }
}

/**
 * Another publisher came between, and what it announced stands. Values of this publish that had replaced its own were taken back where they could
 * be. Look at what is announced now, and publish again if yours is still meant.
 */
export class PublishOvertakenError extends ModelIndexError {
  override readonly name = 'PublishOvertakenError';
  /** 'values': another value was written first. 'apply': another AppModel was applied first. */
  readonly phase: 'values' | 'apply';
  /** Model to version, as it is announced now; empty where that is not known. */
  readonly announced: ReadonlyMap<string, string>;
  /** Keys that hold the announced version again. */
  readonly restored: readonly string[];

  constructor(
    phase: PublishOvertakenError['phase'],
    message: string,
    found: { readonly announced?: ReadonlyMap<string, string>; readonly restored?: readonly string[]; readonly cause?: unknown },
  ) {
    super('ModelIndexPublishOvertaken', message, found.cause === undefined ? undefined : { cause: found.cause });
    this.phase = phase;
    this.announced = found.announced ?? new Map();
    this.restored = found.restored ?? [];
  }
}

export function isPublishOvertaken(error: unknown): error is PublishOvertakenError {
  return error instanceof PublishOvertakenError;
}

export function isPublishRefusedError(error: unknown): error is PublishRefusedError {
  return error instanceof PublishRefusedError;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
