import { linkedController } from '../timing/deadline.ts';
import type { ReconcileContext } from './reconcile.ts';

/** What a run is told of itself, and the hands by which its controller ends it. */
export interface RunningContext {
  readonly context: ReconcileContext;
  abort(reason: unknown): void;
  /** The run has ended: its signal is no longer tied to the controller's. */
  end(): void;
}

/**
 * The signal is made when it is first asked for: many runs never wait, and a signal costs more than they do. `fence` throws when leadership is over,
 * also before its signal tells.
 */
export function runContext(
  outer: AbortSignal,
  of: Omit<ReconcileContext, 'signal' | 'check'>,
  fence: () => void = () => {},
): RunningContext {
  let linked: { readonly controller: AbortController; readonly unlink: () => void } | undefined;
  let aborted: { readonly reason: unknown } | undefined;
  return {
    context: {
      ...of,
      // A property of its own, so that a copy of the context has it too.
      get signal() {
        if (linked === undefined) {
          linked = linkedController(outer);
          if (aborted !== undefined) linked.controller.abort(aborted.reason);
        }
        return linked.controller.signal;
      },
      check() {
        if (aborted !== undefined) throw aborted.reason;
        outer.throwIfAborted();
        fence();
      },
    },
    abort(reason) {
      aborted ??= { reason };
      linked?.controller.abort(reason);
    },
    end: () => linked?.unlink(),
  };
}
