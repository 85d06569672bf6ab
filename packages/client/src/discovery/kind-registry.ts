import type { KubernetesObject, ResourceType } from '@kubecast/crd';
import { apiVersionOf } from '../calls/api-path.ts';
import { ConfigError } from '../errors.ts';

/** What names a kind: an object, or these two of it. */
export interface KindName {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
}

/** Asks a server for a kind that nobody has registered. */
export type KindLookup = (apiVersion: string, kind: string, signal?: AbortSignal) => Promise<ResourceType>;

/**
 * Which resource a kind is, by apiVersion and kind: those that were registered, and, where there is a server to ask, those that it serves.
 * A registered kind wins over what the server says, and costs no request.
 */
export class KindRegistry {
  readonly #registered = new Map<string, ResourceType>();
  readonly #found = new Map<string, ResourceType>();
  readonly #lookup: KindLookup | undefined;

  constructor(types: Iterable<ResourceType> = [], lookup?: KindLookup) {
    this.#lookup = lookup;
    for (const type of types) this.register(type);
  }

  /** Those that were registered. */
  get types(): readonly ResourceType[] {
    return [...this.#registered.values()];
  }

  /**
   * Adds a kind; disposing takes it away again. The same one twice is nothing new. Throws ConfigError where the kind is registered as another
   * resource.
   */
  register(type: ResourceType): Disposable {
    const key = keyOf(apiVersionOf(type), type.kind);
    const own = this.#registered.get(key);
    if (own !== undefined && (own.plural !== type.plural || own.scope !== type.scope))
      throw new ConfigError(
        `the kind ${type.kind} in ${apiVersionOf(type)} is registered as ${own.plural} (${own.scope}), and cannot be ${type.plural} (${type.scope}) too`,
      );
    this.#registered.set(key, type);
    return {
      [Symbol.dispose]: () => {
        if (this.#registered.get(key) === type) this.#registered.delete(key);
      },
    };
  }

  /** The resource of an object's kind, if it is registered or was found before. Asks nobody. */
  find(of: KindName): ResourceType | undefined {
    const key = keyOf(of.apiVersion ?? '', of.kind ?? '');
    return this.#registered.get(key) ?? this.#found.get(key);
  }

  /** The resource of an object's kind; asks the server where it is not registered. Throws DiscoveryError where it serves none. */
  async resolve<T extends KubernetesObject>(of: KindName, options: { readonly signal?: AbortSignal } = {}): Promise<ResourceType<T>> {
    const { apiVersion = '', kind = '' } = of;
    if (apiVersion === '' || kind === '')
      throw new ConfigError('an object without apiVersion and kind is of no kind that could be looked up');
    const key = keyOf(apiVersion, kind);
    const registered = this.#registered.get(key);
    if (registered !== undefined) return registered as ResourceType<T>;
    if (this.#lookup === undefined)
      throw new ConfigError(`the kind ${kind} in ${apiVersion} is not registered, and there is no server to ask for it`);
    try {
      // Asked each time: discovery has its own memory, and forgets a CRD that was made anew.
      const type = await this.#lookup(apiVersion, kind, options.signal);
      this.#found.set(key, type);
      return type as ResourceType<T>;
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code === 'CLIENT_DISCOVERY') this.#found.delete(key);
      throw error;
    }
  }
}

// Neither has a space in it.
function keyOf(apiVersion: string, kind: string): string {
  return `${apiVersion} ${kind}`;
}
