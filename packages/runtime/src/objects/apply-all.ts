import { RuntimeOptionsError } from '../errors.ts';

interface ApplyOptions {
  readonly fieldManager?: string;
  readonly force?: boolean;
  readonly namespace?: string;
  readonly signal?: AbortSignal;
}

/** What is used of a resource; `client.resource(type)` of `@kubecast/client` is one. */
export interface ApplyResource<A, W> {
  apply(object: A, options?: ApplyOptions): Promise<W>;
}

export type ApplyResult<A, W> =
  | { readonly object: A; readonly ok: true; readonly written: W }
  | { readonly object: A; readonly ok: false; readonly error: unknown };

export interface ApplySummary<A, W> {
  readonly applied: number;
  readonly failed: readonly { readonly object: A; readonly error: unknown }[];
  /** In the order of the objects; those not tried are left out. */
  readonly results: readonly ApplyResult<A, W>[];
  /** What was not tried (aborted, or stopped at an error): give it to the next call to go on. */
  readonly rest: readonly A[];
}

export interface ApplyAllOptions<A> extends ApplyOptions {
  /** Requests at once. Default 8. */
  readonly concurrency?: number;
  /** Whether nothing more is begun after the first failure. Default false. */
  readonly stopAtError?: boolean;
  /** Called with each object that failed, in order of completion. */
  readonly onError?: (error: unknown, object: A) => void;
}

/**
 * Applies many objects (server-side apply), some at once, begun in their order. Never rejects for one of them: each has its own result. What is
 * under way when the signal is aborted fails with its reason.
 */
export async function applyAll<A, W>(
  resource: ApplyResource<A, W>,
  objects: Iterable<A>,
  options: ApplyAllOptions<A> = {},
): Promise<ApplySummary<A, W>> {
  const { concurrency = 8, stopAtError = false, onError, ...call } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new RuntimeOptionsError('applyAll: concurrency must be a whole number from 1 up');
  const list = [...objects];
  const results: (ApplyResult<A, W> | undefined)[] = list.map(() => undefined);
  let next = 0;
  let stopped = false;
  const worker = async (): Promise<void> => {
    while (next < list.length && !stopped && call.signal?.aborted !== true) {
      const index = next++;
      const object = list[index] as A;
      try {
        results[index] = { object, ok: true, written: await resource.apply(object, call) };
      } catch (error) {
        results[index] = { object, ok: false, error };
        if (stopAtError) stopped = true;
        try {
          onError?.(error, object);
        } catch {
          // Whoever is told must not cost the other objects their turn.
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, list.length) }, worker));
  const tried = results.filter((result) => result !== undefined);
  return {
    applied: tried.filter((result) => result.ok).length,
    failed: tried.flatMap((result) => (result.ok ? [] : [{ object: result.object, error: result.error }])),
    results: tried,
    rest: list.filter((_, index) => results[index] === undefined),
  };
}
