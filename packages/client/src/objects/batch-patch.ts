import type { KubernetesObject } from '@kubecast/crd';
import { RequestError } from '../errors.ts';
import type { ResourceClient } from '../resources/resource-client.ts';
import type { JsonPatchOperation, PatchKind, WriteOptions, Written } from '../resources/resource-options.ts';

/** An object to be patched. */
export interface PatchTarget {
  readonly name: string;
  readonly namespace?: string;
  readonly patch: readonly JsonPatchOperation[] | object;
}

export type PatchResult<T> =
  | { readonly target: PatchTarget; readonly ok: true; readonly written: Written<T> }
  | { readonly target: PatchTarget; readonly ok: false; readonly error: unknown };

export interface BatchSummary<T> {
  readonly patched: number;
  readonly failed: readonly { readonly target: PatchTarget; readonly error: unknown }[];
  /** In the order of the targets; those not tried are left out. */
  readonly results: readonly PatchResult<T>[];
  /** What was not tried (aborted, or stopped at an error): give it to the next call to go on. */
  readonly rest: readonly PatchTarget[];
}

export interface BatchOptions<T> extends WriteOptions {
  readonly kind?: PatchKind;
  /** Patches at once. Default 8. */
  readonly concurrency?: number;
  /** Whether nothing more is begun after the first failure. Default false. */
  readonly stopAtError?: boolean;
  /** Called after each, in order of completion. Must not throw. */
  readonly onResult?: (result: PatchResult<T>) => void;
}

/**
 * Patches many objects, some at once. Never rejects for one of them: each has its own result. An aborted signal begins no more and lets
 * what is under way fail with its reason; the summary's `failed` and `rest` are what to give the next call.
 */
export async function batchPatch<T extends KubernetesObject, A>(
  client: ResourceClient<T, A>,
  targets: Iterable<PatchTarget>,
  options: BatchOptions<T> = {},
): Promise<BatchSummary<T>> {
  const { concurrency = 8, stopAtError = false, onResult, ...own } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw new RequestError(`batchPatch: concurrency is ${String(concurrency)}; expected a whole number from 1`);
  const list = [...targets];
  const results = new Map<number, PatchResult<T>>();
  let next = 0;
  let stopped = false;
  const worker = async (): Promise<void> => {
    while (next < list.length && !stopped && options.signal?.aborted !== true) {
      const index = next++;
      const target = list[index] as PatchTarget;
      let result: PatchResult<T>;
      try {
        const written = await client.patch(target.name, target.patch, {
          ...own,
          ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
        });
        result = { target, ok: true, written };
      } catch (error) {
        result = { target, ok: false, error };
        if (stopAtError) stopped = true;
      }
      results.set(index, result);
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, list.length) }, worker));
  const ordered = [...results.entries()].sort(([a], [b]) => a - b).map(([, result]) => result);
  return {
    patched: ordered.filter((result) => result.ok).length,
    failed: ordered.flatMap((result) => (result.ok ? [] : [{ target: result.target, error: result.error }])),
    results: ordered,
    rest: list.filter((_, index) => !results.has(index)),
  };
}
