import { isStoreError } from '@kubecast/store';
import type { Entry, IndexExtractor, Key } from '@kubecast/store';
import { InformerOptionsError } from '../errors.ts';
import { ignoreRejection, isThenable } from './thenable.ts';
import type { ReflectorReport } from '../contract/reflector-report.ts';

type Transform = (object: Record<string, unknown>) => Record<string, unknown>;

/** Failures of one function that are reported one by one; after these, each time that their number has doubled. */
const REPORTED = 100;

/** The transform threw for an object, or gave what cannot be kept. Never leaves the informer. */
export class TransformFailed extends Error {
  override readonly name = 'TransformFailed';
  readonly namespace: string;
  readonly objectName: string;
  readonly uid: string;
  readonly version: string;

  constructor(of: ObjectIdentity, why: string, cause: unknown) {
    super(why, { cause });
    this.namespace = of.namespace;
    this.objectName = of.name;
    this.uid = of.uid;
    this.version = of.version;
  }
}

export interface ObjectIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly version: string;
}

/**
 * Stands between the store and the functions that the program gave for it, so that none of them can end a list or a watch.
 *
 * - An index extractor that throws, or gives anything but an array of texts: the object is kept, and this index holds it under nothing.
 * - A transform that throws, gives no object, changes what identifies it, or gives what JSON cannot hold: the object is not kept, since its
 *   original may hold what the transform was to take away. A version of it that stands in the view leaves.
 */
export class ProgramGuard<T> {
  /** An extractor failed for the object of this key. The informer counts it, and reports it where there is a report. */
  onExtractorError: (key: Key, report: ReflectorReport | undefined) => void = () => undefined;
  readonly #failures = new Map<string, number>();
  #inside = false;
  /** The object that the transform was last given. */
  #transformed: ObjectIdentity | undefined;

  extractors(given: Readonly<Record<string, IndexExtractor<T>>>): Record<string, IndexExtractor<T>> {
    return Object.fromEntries(Object.entries(given).map(([name, extract]) => [name, this.extractor(name, extract)]));
  }

  extractor(name: string, extract: IndexExtractor<T>): IndexExtractor<T> {
    return (entry) => {
      let values: unknown;
      try {
        values = this.#run(() => extract(entry));
      } catch (error) {
        return this.#failed(name, entry, `threw ${kindOf(error)}`, error);
      }
      if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return values;
      ignoreRejection(values);
      return this.#failed(name, entry, 'gave something else than an array of texts', undefined);
    };
  }

  transform(given: Transform): Transform {
    return (object) => {
      const before = identityOf(object);
      this.#transformed = before;
      let result: unknown;
      try {
        result = this.#run(() => given(object));
      } catch (error) {
        throw new TransformFailed(before, `threw ${kindOf(error)}`, error);
      }
      if (typeof result !== 'object' || result === null || Array.isArray(result) || isThenable(result)) {
        ignoreRejection(result);
        throw new TransformFailed(before, 'gave no object', undefined);
      }
      const after = identityOf(result);
      for (const part of ['namespace', 'name', 'uid', 'version'] as const) {
        if (after[part] !== before[part])
          throw new TransformFailed(before, `changed metadata.${part === 'version' ? 'resourceVersion' : part}`, undefined);
      }
      return result as Record<string, unknown>;
    };
  }

  /** @throws InformerOptionsError inside an extractor or a transform: the store is amid a write, and must not be changed by it */
  refuseInside(what: string): void {
    if (this.#inside) throw new InformerOptionsError(`${what} was called by an index extractor or a transform, which may only read`);
  }

  #run<R>(body: () => R): R {
    this.#inside = true;
    try {
      return body();
    } finally {
      this.#inside = false;
    }
  }

  /** The object that the last write transformed; undefined where there is no transform. */
  get transformed(): ObjectIdentity | undefined {
    return this.#transformed;
  }

  /** Runs a write to the store. What fails in the transform, or for what it gave, comes out as TransformFailed. */
  write<R>(body: () => R): R {
    this.#transformed = undefined;
    try {
      return body();
    } catch (error) {
      const given = this.transformed;
      if (error instanceof TransformFailed || given === undefined || !isOfResult(error)) throw error;
      throw new TransformFailed(given, 'gave what cannot be kept', error);
    }
  }

  /** The report of a failed transform; undefined where so many came that only some are told. */
  reportOf(failed: TransformFailed): ReflectorReport | undefined {
    const count = this.#counted('transform');
    if (count === undefined) return undefined;
    const message = `the transform ${failed.message} for ${nameOf(failed.namespace, failed.objectName)}${count}; the object is not kept`;
    return reportOf(message, failed.cause);
  }

  #failed(index: string, { key }: Entry<T>, what: string, cause: unknown): readonly string[] {
    const count = this.#counted(`index ${index}`);
    const told = `the extractor of the index ${JSON.stringify(index)} ${what} for ${nameOf(key.namespace, key.name)}${count ?? ''}`;
    const message = `${told}; the object is kept, and this index does not hold it`;
    this.onExtractorError(key, count === undefined ? undefined : reportOf(message, cause));
    return [];
  }

  /** A text for the message, with the number where it stands for many; undefined: not to be told. */
  #counted(what: string): string | undefined {
    const count = (this.#failures.get(what) ?? 0) + 1;
    this.#failures.set(what, count);
    if (count <= REPORTED) return '';
    return Number.isInteger(Math.log2(count)) ? ` (failure ${count} of it)` : undefined;
  }
}

/** The cause is not enumerable: a log that takes the whole report does not show what it quotes. */
function reportOf(message: string, cause: unknown): ReflectorReport {
  const report: ReflectorReport = { kind: 'program-error', message };
  return cause === undefined ? report : Object.defineProperty(report, 'cause', { value: cause });
}

/** A full store is no fault of what was to be stored. Whatever else is thrown, by `toJSON` or by the writer of JSON, is. */
function isOfResult(error: unknown): boolean {
  return !isStoreError(error) || error.code === 'RECORD_INVALID';
}

function identityOf(object: unknown): ObjectIdentity {
  const meta = typeof object === 'object' && object !== null ? (object as { metadata?: unknown }).metadata : undefined;
  const fields = (typeof meta === 'object' && meta !== null ? meta : {}) as Readonly<Record<string, unknown>>;
  return {
    namespace: text(fields['namespace']),
    name: text(fields['name']),
    uid: text(fields['uid']),
    version: text(fields['resourceVersion']),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Names come from outside: quoted, a line break in one makes no second line in a log. */
function nameOf(namespace: string, name: string): string {
  return JSON.stringify(namespace === '' ? name : `${namespace}/${name}`);
}

/** The error's class and no more: its message may quote the object. It stands in the report's `cause`. */
function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
