import type { ResourceType } from '@kubecast/crd';
import type { Informer } from '../contract/informer.ts';
import type { InformerOptions } from '../contract/informer-options.ts';
import { checkFields } from '../contract/option-checks.ts';
import { InformerStoppedError } from '../errors.ts';
import { checkInformerOptions } from './check-options.ts';
import { leaseOf } from './informer-lease.ts';
import { ObjectInformer } from './object-informer.ts';

/** What the informers of one factory have in common. */
export type FactoryOptions = Pick<
  InformerOptions<unknown>,
  'client' | 'source' | 'clock' | 'limits' | 'capabilities' | 'onReport' | 'resyncMs'
>;

/** What tells the informers of one factory apart. Equal ones share one watch and one view. */
export type SharedOptions<T> = Pick<InformerOptions<T>, 'namespaces' | 'labelSelector' | 'fieldSelector' | 'drop' | 'metadataOnly'>;

const COMMON: readonly (keyof FactoryOptions)[] = ['client', 'source', 'clock', 'limits', 'capabilities', 'onReport', 'resyncMs'];
const OWN: readonly (keyof SharedOptions<unknown>)[] = ['namespaces', 'labelSelector', 'fieldSelector', 'drop', 'metadataOnly'];
/** Any kind: the options that informers have in common are checked before there is one. */
const ANY: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', scope: 'Namespaced' };

export interface InformerFactory extends AsyncDisposable {
  /**
   * An informer of its own for the caller: its handlers, status listeners, iterations and waits are its own, and `stop()` ends only them. Behind it
   * stands one watch and one view for all that ask for the same kind, namespaces, selectors and projection; it runs from the first `start()` to
   * the last `stop()`. Its scopes cannot be changed, since they are shared.
   * @throws InformerOptionsError for options that cannot work; InformerStoppedError after the factory was stopped
   */
  informer<T>(type: ResourceType<T>, options?: SharedOptions<T>): Informer<T>;
  /** Watches that stand behind the informers handed out. */
  readonly shared: number;
  /** Informers handed out that were not stopped. */
  readonly leases: number;
  /** Stops everything that it handed out. */
  stop(): Promise<void>;
}

interface Shared {
  readonly informer: ObjectInformer<unknown>;
  readonly leases: Set<Informer<unknown>>;
}

/**
 * Makes a factory; nothing is read before an informer of it is started.
 * @throws InformerOptionsError for options that cannot work
 */
export function createInformerFactory(common: FactoryOptions): InformerFactory {
  checkFields('createInformerFactory', common, COMMON);
  checkInformerOptions('createInformerFactory', { ...common, type: ANY });
  const all = new Map<string, Shared>();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= Promise.all([...all.values()].flatMap(({ leases }) => [...leases].map((lease) => lease.stop()))).then(() => undefined);
    return stopped;
  };
  return {
    informer<T>(type: ResourceType<T>, options: SharedOptions<T> = {}): Informer<T> {
      if (stopped !== undefined) throw new InformerStoppedError('the factory was stopped; make another');
      checkFields('informer', options, OWN);
      const whole = { ...common, ...(options as SharedOptions<unknown>), type };
      checkInformerOptions('informer', whole);
      const key = keyOf(type, options);
      const shared: Shared = all.get(key) ?? { informer: new ObjectInformer<unknown>(whole), leases: new Set() };
      all.set(key, shared);
      const lease: Informer<T> = leaseOf(shared.informer as ObjectInformer<T>, async () => {
        shared.leases.delete(lease as Informer<unknown>);
        if (shared.leases.size > 0) return;
        if (all.get(key) === shared) all.delete(key);
        await shared.informer.stop();
      });
      shared.leases.add(lease as Informer<unknown>);
      return lease;
    },
    get shared() {
      return all.size;
    },
    get leases() {
      let leases = 0;
      for (const shared of all.values()) leases += shared.leases.size;
      return leases;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function keyOf<T>(type: ResourceType<T>, options: SharedOptions<T>): string {
  const { group, version, kind, plural, scope } = type;
  return JSON.stringify([
    group,
    version,
    kind,
    plural,
    scope,
    [...(options.namespaces ?? [''])].sort(),
    options.labelSelector ?? '',
    options.fieldSelector ?? '',
    options.drop ?? null,
    options.metadataOnly === true,
  ]);
}
