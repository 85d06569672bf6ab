/** Those who wait for each signal. A signal looks through its listeners whenever one is added, so a hundred thousand who wait with one signal share one listener. */
const waiting = new WeakMap<AbortSignal, Waiting>();

interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/** Calls back once, when the signal is aborted. Returns the undo, which leaves nothing on the signal. Callbacks must not throw. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const all = waiting.get(signal) ?? listenTo(signal);
  all.callbacks.add(callback);
  return () => {
    if (!all.callbacks.delete(callback) || all.callbacks.size > 0 || waiting.get(signal) !== all) return;
    waiting.delete(signal);
    signal.removeEventListener('abort', all.listener);
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    waiting.delete(signal);
    for (const callback of callbacks) callback();
  };
  const all = { callbacks, listener };
  waiting.set(signal, all);
  signal.addEventListener('abort', listener, { once: true });
  return all;
}
