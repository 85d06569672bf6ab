import { checkErrors, type FieldError, type KubernetesObject, type ResourceDefinition, ValidationError } from '@kubecast/crd';

/** A view of an object as its definition's type: the same object, narrowed; or what is wrong with it. */
export type Viewed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly FieldError[] };

/** The object as the definition's type, if it fits; no copy is made. Fields that the definition does not know are no error: servers may be newer. */
export function viewAs<T>(definition: ResourceDefinition<T>, object: unknown): Viewed<T> {
  const errors = checkErrors(definition as ResourceDefinition, object, { unknownFields: false });
  return errors.length === 0 ? { ok: true, value: object as T } : { ok: false, errors };
}

/** What to give where an object does not fit. */
export type Fallback<T> =
  | { readonly use: 'throw' }
  | { readonly use: 'default'; readonly value: T }
  | { readonly use: 'callback'; readonly call: (object: unknown, errors: readonly FieldError[]) => T | undefined }
  /** The last object of the same namespace and name that did fit; at most `keep` are held (default 10,000), the oldest goes first. */
  | { readonly use: 'last-good'; readonly keep?: number };

export interface SafeAsCounters {
  readonly fitting: number;
  /** Objects that did not fit and were answered by the fallback, by an earlier object, or not at all. */
  readonly misfits: number;
  readonly fromFallback: number;
  readonly unanswered: number;
}

/** Reads untyped objects as one type, with one fallback, and counts. One for each kind. */
export class SafeAs<T> {
  readonly #definition: ResourceDefinition<T>;
  readonly #fallback: Fallback<T>;
  readonly #good = new Map<string, T>();
  readonly #counters = { fitting: 0, misfits: 0, fromFallback: 0, unanswered: 0 };

  constructor(definition: ResourceDefinition<T>, fallback: Fallback<T> = { use: 'throw' }) {
    this.#definition = definition;
    this.#fallback = fallback;
  }

  get counters(): SafeAsCounters {
    return { ...this.#counters };
  }

  /** The object, narrowed; else what the fallback gives; undefined where it has nothing. Throws ValidationError where the fallback is `throw`. */
  read(object: unknown): T | undefined {
    const viewed = viewAs(this.#definition, object);
    if (viewed.ok) {
      this.#counters.fitting++;
      if (this.#fallback.use === 'last-good') this.#keep(keyOf(object), viewed.value, this.#fallback.keep ?? 10_000);
      return viewed.value;
    }
    this.#counters.misfits++;
    const value = this.#fall(object, viewed.errors);
    if (value === undefined) this.#counters.unanswered++;
    else this.#counters.fromFallback++;
    return value;
  }

  /** Forgets the last good object, when it was deleted. */
  forget(object: unknown): void {
    this.#good.delete(keyOf(object));
  }

  #fall(object: unknown, errors: readonly FieldError[]): T | undefined {
    const fallback = this.#fallback;
    if (fallback.use === 'default') return fallback.value;
    if (fallback.use === 'callback') return fallback.call(object, errors);
    if (fallback.use === 'last-good') return this.#good.get(keyOf(object));
    this.#counters.unanswered++;
    throw new ValidationError(`${this.#definition.kind}.${this.#definition.group} ${keyOf(object)}`, errors);
  }

  #keep(key: string, value: T, keep: number): void {
    this.#good.delete(key);
    this.#good.set(key, value);
    if (this.#good.size > keep) {
      const oldest = this.#good.keys().next();
      if (oldest.done !== true) this.#good.delete(oldest.value);
    }
  }
}

function keyOf(object: unknown): string {
  const metadata = (object as KubernetesObject | null | undefined)?.metadata as unknown as
    | { namespace?: unknown; name?: unknown }
    | undefined;
  return JSON.stringify([metadata?.namespace ?? '', metadata?.name ?? '']);
}
