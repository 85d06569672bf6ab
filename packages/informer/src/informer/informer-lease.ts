import type { IndexExtractor } from '@kubecast/store';
import type { DeltasOptions, Handler, HandlerHandle, HandlerOptions, Informer, WaitOptions } from '../contract/informer.ts';
import { checkSignal } from '../contract/option-checks.ts';
import { InformerOptionsError, InformerStoppedError } from '../errors.ts';
import { checkWait } from '../freshness/check-wait.ts';
import { checkDeltas } from '../handlers/check-handler.ts';
import type { ObjectInformer } from './object-informer.ts';

/**
 * One user's part of a shared informer. Its handlers, listeners, iterations and waits are its own, and end with it; the view and the states are
 * everybody's. `release` is called once, when it is stopped.
 */
export function leaseOf<T>(informer: ObjectInformer<T>, release: () => Promise<void>): Informer<T> {
  const handlers = new Set<HandlerHandle>();
  const listeners = new Set<Disposable>();
  const ended = new AbortController();
  let stopped: Promise<void> | undefined;
  const assertRunning = (): void => {
    if (ended.signal.aborted) throw ended.signal.reason;
  };
  const untilEnd = (signal: AbortSignal | undefined): AbortSignal =>
    signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
  const shared = (): never => {
    assertRunning();
    throw new InformerOptionsError('the scopes of a shared informer cannot be changed; make one of your own by createInformer');
  };
  const stop = (): Promise<void> => {
    if (stopped !== undefined) return stopped;
    ended.abort(new InformerStoppedError('this use of a shared informer was stopped'));
    for (const handle of [...handlers]) handle.remove();
    for (const listener of listeners) listener[Symbol.dispose]();
    listeners.clear();
    stopped = release();
    return stopped;
  };
  return {
    get view() {
      return informer.view;
    },
    get hasSynced() {
      return informer.hasSynced;
    },
    get handlers() {
      return [...handlers];
    },
    get storeCounters() {
      return informer.storeCounters;
    },
    share: () => informer.share(),
    addIndex(name: string, extract: IndexExtractor<T>) {
      assertRunning();
      informer.addIndex(name, extract);
    },
    scopes: () => informer.scopes(),
    async whenSynced(signal?: AbortSignal) {
      checkSignal('signal', signal);
      if (!ended.signal.aborted || !informer.hasSynced) await informer.whenSynced(untilEnd(signal));
    },
    async waitFor(what, options: WaitOptions) {
      checkWait(what, options);
      const over = new AbortController();
      const ends = ended.signal.aborted ? over.signal : ended.signal;
      const waited = informer.waitFor(what, {
        ...options,
        signal: options.signal === undefined ? ends : AbortSignal.any([ends, options.signal]),
      });
      // What holds is told after the stop as well; what does not hold by then never will.
      over.abort(ended.signal.reason);
      await waited;
    },
    writeBarrier: (key) => informer.writeBarrier(key),
    observeReceipt: (receipt, barrier) => informer.observeReceipt(receipt, barrier),
    onStatus(listener) {
      assertRunning();
      const undo = informer.onStatus(listener);
      listeners.add(undo);
      return {
        [Symbol.dispose]: () => {
          listeners.delete(undo);
          undo[Symbol.dispose]();
        },
      };
    },
    deltas(options: DeltasOptions<T> = {}) {
      checkDeltas(options);
      return informer.deltas({ ...options, signal: untilEnd(options.signal) });
    },
    handle(handler: Handler<T>, options: HandlerOptions<T> = {}) {
      assertRunning();
      const handle: HandlerHandle = informer.register(handler, options, () => handlers.delete(handle));
      handlers.add(handle);
      return handle;
    },
    async save() {
      assertRunning();
      await informer.save();
    },
    setNamespaces: shared,
    addCluster: shared,
    removeCluster: shared,
    start() {
      assertRunning();
      informer.start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
