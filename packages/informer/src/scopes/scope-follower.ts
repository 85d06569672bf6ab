import { LabelSelectorError, parseLabelSelector } from '@kubecast/store';
import type { LabelSelector } from '@kubecast/store';
import type { HandlerHandle, Informer } from '../contract/informer.ts';
import { checkCluster, checkFields, checkFunction, isDnsLabel, isDnsSubdomain, isObject, wrongOption } from '../contract/option-checks.ts';
import { InformerStoppedError, ScopeFailedError } from '../errors.ts';
import { Listeners } from './listeners.ts';
import { readScopeConfig } from './scope-config.ts';
import type { ScopeConfig } from './scope-config.ts';

/** Keeps the namespaces of an informer equal to what something in the cluster says, while both run. Dispose it to leave them as they are. */
export interface ScopeFollower extends Disposable {
  /**
   * `waiting`: nothing was said yet, and the informer watches what it was made for. `following`: it watches what is said now. `kept`: what is said
   * now cannot be used, or nothing is said any more, and it watches what was said last.
   */
  readonly state: 'waiting' | 'following' | 'kept';
  /** Why it waits or keeps, for an operator. */
  readonly reason: string;
  /** What it set last; `['']` is all namespaces. */
  readonly namespaces: readonly string[];
  /**
   * Resolves when the informer's namespaces were set for the first time. Rejects with InformerStoppedError when the follower is disposed before, or
   * an informer that it follows is stopped.
   */
  readonly ready: Promise<void>;
  /** Called after each change of state, reason or namespaces. Gives back its undo. */
  onChange(listener: (follower: ScopeFollower) => void): Disposable;
}

/** The informer that follows. */
type Follows = Pick<Informer<never>, 'setNamespaces'>;
/** An informer that is followed; its owner starts and stops it. */
type Followed<T> = Pick<Informer<T>, 'view' | 'handle' | 'hasSynced'>;

const NAMESPACES = ['namespaces', 'selector', 'cluster'];
const CONFIG_MAP = ['configMaps', 'namespace', 'name', 'namespaces', 'cluster'];

export interface FollowNamespacesOptions<N> {
  /** An informer of Namespaces, whole or metadata only. */
  readonly namespaces: Followed<N>;
  /** Which of them, by their labels. */
  readonly selector: string | LabelSelector;
  /** The cluster, where the informers have several. */
  readonly cluster?: string;
}

export interface FollowConfigMapOptions<C, N> {
  /** An informer that sees the ConfigMap; one of its namespace with the field selector `metadata.name=NAME` sees nothing else. */
  readonly configMaps: Followed<C>;
  readonly namespace: string;
  readonly name: string;
  /** An informer of Namespaces; needed where `scopeSelector` is used. */
  readonly namespaces?: Followed<N>;
  readonly cluster?: string;
}

/**
 * Watches in every namespace whose labels match, live: one that appears or is labelled is added with a list of its own, one that goes or is
 * labelled otherwise is taken away, the others are not touched. A namespace that is being deleted stays until it is gone.
 * @throws InformerOptionsError for options that cannot work; InformerStoppedError where one of the informers was stopped
 */
export function followNamespaces<N>(informer: Follows, options: FollowNamespacesOptions<N>): ScopeFollower {
  checkFields('followNamespaces', options, NAMESPACES);
  const { namespaces, selector, cluster = '' } = options;
  checkFollows(informer);
  checkFollowed('namespaces', namespaces);
  checkCluster('cluster', cluster);
  const config: ScopeConfig = {
    namespaces: undefined,
    selector: selectorOf(selector),
  };
  const follower = new Follower<N>(informer, cluster, namespaces, () => config);
  follower.follow(namespaces, 'namespaces that are followed');
  return follower;
}

/**
 * Watches in the namespaces that a ConfigMap names, live: see `readScopeConfig` for what is read of its data. While it cannot be read, and after
 * it was deleted, what it said last stays.
 * @throws InformerOptionsError for options that cannot work; InformerStoppedError where one of the informers was stopped
 */
export function followConfigMap<C extends { readonly data?: Readonly<Record<string, string>> }, N = unknown>(
  informer: Follows,
  options: FollowConfigMapOptions<C, N>,
): ScopeFollower {
  checkFields('followConfigMap', options, CONFIG_MAP);
  const { configMaps, namespace, name, namespaces, cluster = '' } = options;
  checkFollows(informer);
  checkFollowed('configMaps', configMaps);
  if (namespaces !== undefined) checkFollowed('namespaces', namespaces);
  if (!isDnsLabel(namespace)) throw wrongOption('namespace', namespace, 'give the namespace of the ConfigMap');
  if (!isDnsSubdomain(name)) throw wrongOption('name', name, 'give the name of the ConfigMap');
  checkCluster('cluster', cluster);
  const follower = new Follower<N>(informer, cluster, namespaces, () => {
    const entry = configMaps.view.entry({ cluster, namespace, name });
    if (entry === undefined)
      throw new Error(
        configMaps.hasSynced ? `there is no ConfigMap ${namespace}/${name}` : `the ConfigMap ${namespace}/${name} was not read yet`,
      );
    try {
      return readScopeConfig((entry.value as C).data);
    } catch (error) {
      throw new Error(`the ConfigMap ${namespace}/${name} at ${entry.version}: ${(error as Error).message}`, { cause: error });
    }
  });
  follower.follow(configMaps, `ConfigMap ${namespace}/${name}`);
  if (namespaces !== undefined) follower.follow(namespaces, 'namespaces that are followed');
  return follower;
}

function selectorOf(selector: unknown): LabelSelector {
  if (typeof selector === 'string') {
    try {
      return parseLabelSelector(selector);
    } catch (error) {
      if (!(error instanceof LabelSelectorError)) throw error;
      throw wrongOption('selector', selector, `give a label selector: ${error.message}`, error);
    }
  }
  if (!isObject(selector) || !Array.isArray(selector['requirements']))
    throw wrongOption('selector', selector, 'give a label selector, as a text or parsed');
  return selector as unknown as LabelSelector;
}

function checkFollows(informer: unknown): void {
  if (!isObject(informer) || typeof informer['setNamespaces'] !== 'function')
    throw wrongOption('informer', informer, 'give the informer whose namespaces are to be set');
}

function checkFollowed(option: string, informer: unknown): void {
  if (!isObject(informer) || typeof informer['handle'] !== 'function') throw wrongOption(option, informer, 'give an informer of that kind');
}

class Follower<N> implements ScopeFollower {
  readonly #informer: Follows;
  readonly #cluster: string;
  readonly #namespaces: Followed<N> | undefined;
  readonly #config: () => ScopeConfig;
  readonly #handles: HandlerHandle[] = [];
  readonly #listeners = new Listeners<ScopeFollower>();
  readonly ready: Promise<void>;
  #readyNow: () => void = () => undefined;
  #neverReady: (reason: unknown) => void = () => undefined;
  #queued = false;
  #disposed = false;
  #state: ScopeFollower['state'] = 'waiting';
  #reason = 'nothing was read yet';
  #set: readonly string[] = [];

  constructor(informer: Follows, cluster: string, namespaces: Followed<N> | undefined, config: () => ScopeConfig) {
    this.#informer = informer;
    this.#cluster = cluster;
    this.#namespaces = namespaces;
    this.#config = config;
    this.ready = new Promise((resolve, reject) => {
      this.#readyNow = resolve;
      this.#neverReady = reject;
    });
    // Nobody has to wait for it.
    this.ready.catch(() => undefined);
  }

  get state(): ScopeFollower['state'] {
    return this.#state;
  }

  get reason(): string {
    return this.#reason;
  }

  get namespaces(): readonly string[] {
    return this.#set;
  }

  /** Looks again after each of its changes, and once it is complete. */
  follow<T>(followed: Followed<T>, name: string): void {
    const handle = followed.handle(() => this.#soon(), { name });
    this.#handles.push(handle);
    void handle.synced.then(
      () => this.#soon(),
      (error: unknown) => this.#unfollowed(name, error),
    );
  }

  /** An informer that was followed is stopped, or failed for good: what it said last stays. */
  #unfollowed(name: string, error: unknown): void {
    if (this.#disposed) return;
    const failed = error instanceof ScopeFailedError;
    const reason = failed ? `the informer of the ${name} failed: ${error.message}` : `the informer of the ${name} was stopped`;
    this.#neverReady(failed ? error : new InformerStoppedError(reason));
    this.#become(this.#state === 'waiting' ? 'waiting' : 'kept', reason);
  }

  onChange(listener: (follower: ScopeFollower) => void): Disposable {
    checkFunction('listener', listener ?? null);
    return this.#listeners.add(listener);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#neverReady(new InformerStoppedError('the follower was disposed'));
    for (const handle of this.#handles) handle.remove();
    this.#listeners.clear();
  }

  /** A thousand namespaces that come at once are one change of scope. */
  #soon(): void {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      if (!this.#disposed) this.#look();
    });
  }

  #look(): void {
    try {
      const wanted = this.#wanted();
      const same = wanted.length === this.#set.length && wanted.every((name, at) => name === this.#set[at]);
      if (this.#state === 'waiting' || !same) this.#informer.setNamespaces(wanted, this.#cluster);
      const told = !same || this.#state !== 'following';
      this.#set = wanted;
      this.#readyNow();
      if (told) this.#become('following', '');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Nothing can be set any more.
      if (error instanceof InformerStoppedError) this.#neverReady(error);
      const state = this.#state === 'waiting' ? 'waiting' : 'kept';
      if (state !== this.#state || reason !== this.#reason) this.#become(state, reason);
    }
  }

  #wanted(): readonly string[] {
    const { namespaces, selector } = this.#config();
    if (selector === undefined) return namespaces === undefined ? [''] : [...namespaces].sort();
    if (this.#namespaces === undefined)
      throw new Error('a scopeSelector is given, but no informer of Namespaces to apply it to (`namespaces`)');
    // Half a list of them would take the others away for a moment.
    if (!this.#namespaces.hasSynced) throw new Error('the Namespaces were not all read yet');
    const names: string[] = [];
    for (const { key } of this.#namespaces.view.select({ cluster: this.#cluster, labels: selector }))
      if (namespaces === undefined || namespaces.has(key.name)) names.push(key.name);
    return names.sort();
  }

  #become(state: ScopeFollower['state'], reason: string): void {
    this.#state = state;
    this.#reason = reason;
    this.#listeners.tell(this);
  }
}
