import type { ResourceType } from '@kubecast/crd';
import { createInformer } from './create-informer.ts';
import { InformerOptionsError } from '../errors.ts';
import type { HandlerHandle, Informer } from '../contract/informer.ts';
import type { InformerOptions } from '../contract/informer-options.ts';

/** What the informers of one factory have in common. */
export type FactoryOptions = Pick<InformerOptions<unknown>, 'client' | 'source' | 'clock' | 'limits' | 'memory' | 'onReport' | 'resyncMs'>;

/** What tells the informers of one factory apart. Equal ones share one watch and one view. */
export type SharedOptions<T> = Pick<InformerOptions<T>, 'namespaces' | 'labelSelector' | 'fieldSelector' | 'drop' | 'metadataOnly'>;

export interface InformerFactory extends AsyncDisposable {
  /**
   * An informer of its own for the caller: its handlers are its own, and `stop()` takes only them away. Behind it stands one watch and one
   * view for all that ask for the same kind, namespaces, selectors and projection; it runs from the first `start()` to the last `stop()`.
   * Its scopes cannot be changed, since they are shared.
   */
  informer<T>(type: ResourceType<T>, options?: SharedOptions<T>): Informer<T>;
  /** Watches that stand behind the informers handed out. */
  readonly shared: number;
  /** Stops everything. */
  stop(): Promise<void>;
}

interface Shared {
  readonly informer: Informer<unknown>;
  leases: number;
}

/** Makes a factory; nothing is read before an informer of it is started. */
export function createInformerFactory(common: FactoryOptions): InformerFactory {
  const all = new Map<string, Shared>();
  const stop = async (): Promise<void> => {
    const stopping = [...all.values()].map((shared) => shared.informer.stop());
    all.clear();
    await Promise.all(stopping);
  };
  return {
    informer<T>(type: ResourceType<T>, options: SharedOptions<T> = {}): Informer<T> {
      const key = keyOf(type, options);
      let shared = all.get(key);
      if (shared === undefined) {
        shared = { informer: createInformer<unknown>({ ...common, ...(options as SharedOptions<unknown>), type }), leases: 0 };
        all.set(key, shared);
      }
      shared.leases += 1;
      const held = shared;
      return lease<T>(held.informer as Informer<T>, async () => {
        held.leases -= 1;
        if (held.leases > 0) return;
        if (all.get(key) === held) all.delete(key);
        await held.informer.stop();
      });
    },
    get shared() {
      return all.size;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function keyOf<T>(type: ResourceType<T>, options: SharedOptions<T>): string {
  const { group, version, plural } = type;
  return JSON.stringify([
    group,
    version,
    plural,
    [...new Set(options.namespaces ?? [''])].sort(),
    options.labelSelector ?? '',
    options.fieldSelector ?? '',
    options.drop ?? null,
    options.metadataOnly === true,
  ]);
}

function lease<T>(informer: Informer<T>, release: () => Promise<void>): Informer<T> {
  const own = new Set<HandlerHandle>();
  const ended = new AbortController();
  let stopped: Promise<void> | undefined;
  const shared = (): never => {
    throw new InformerOptionsError('the scopes of a shared informer cannot be changed; make one of your own by createInformer');
  };
  const stop = (): Promise<void> => {
    if (stopped !== undefined) return stopped;
    for (const handle of own) handle.remove();
    own.clear();
    ended.abort();
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
      return [...own];
    },
    get storeCounters() {
      return informer.storeCounters;
    },
    addIndex: (name, extract) => informer.addIndex(name, extract),
    scopes: () => informer.scopes(),
    whenSynced: (signal) => informer.whenSynced(signal),
    waitFor: (what, options) => informer.waitFor(what, options),
    markWrite: (key) => informer.markWrite(key),
    observeReceipt: (receipt, mark) => informer.observeReceipt(receipt, mark),
    onStatus: (listener) => informer.onStatus(listener),
    deltas: (options) =>
      informer.deltas({
        ...options,
        signal: options?.signal === undefined ? ended.signal : AbortSignal.any([ended.signal, options.signal]),
      }),
    handle(handler, options) {
      const handle = informer.handle(handler, options);
      if (stopped !== undefined) handle.remove();
      else own.add(handle);
      return handle;
    },
    save: () => informer.save(),
    setNamespaces: shared,
    addCluster: shared,
    removeCluster: shared,
    start() {
      if (stopped === undefined) informer.start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
