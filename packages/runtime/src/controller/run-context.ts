import { linkedController } from '../timing/deadline.ts';
import type { KeptStates, KeyStates } from './kept-states.ts';
import type { ReconcileContext } from './reconcile.ts';

/** What a run is told of itself, and the hands by which its controller ends it. */
export interface RunningContext<S> {
  readonly context: ReconcileContext<S>;
  abort(reason: unknown): void;
  /** The run has ended: its signal is no longer tied to the controller's. */
  end(): void;
}

/**
 * The signal and the states are made when they are first asked for: many runs never wait, and a signal costs more than they do. `fence` throws when leadership is over,
 * also before its signal tells.
 */
export function runContext<S>(
  outer: AbortSignal,
  of: Omit<ReconcileContext, 'signal' | 'check' | 'states'>,
  kept: { readonly states: KeptStates<S>; readonly id: string },
  fence: () => void = () => {},
): RunningContext<S> {
  let linked: { readonly controller: AbortController; readonly unlink: () => void } | undefined;
  let aborted: { readonly reason: unknown } | undefined;
  let states: KeyStates<S> | undefined;
  const signal = (): AbortSignal => {
    if (linked === undefined) {
      linked = linkedController(outer);
      if (aborted !== undefined) linked.controller.abort(aborted.reason);
    }
    return linked.controller.signal;
  };
  return {
    context: {
      ...of,
      // Properties of its own, so that a copy of the context has them too.
      get signal() {
        return signal();
      },
      get states() {
        states ??= kept.states.of(kept.id, signal);
        return states;
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
