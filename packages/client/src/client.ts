import type { InferApply, KubernetesObject, ResourceType } from '@kubecast/crd';
import { ApiCaller } from './calls/api-call.ts';
import { shown } from './calls/api-path.ts';
import type { CallRequest } from './calls/call-request.ts';
import { checkConnection } from './connection/check-connection.ts';
import { ConfigError, RequestError } from './errors.ts';
import type { Connection } from './connection/connection.ts';
import { Discovery } from './discovery/discovery.ts';
import { KindRegistry } from './discovery/kind-registry.ts';
import { LazyTransport } from './transport/lazy-transport.ts';
import { RequestBudget, type BudgetCounters, type BudgetOptions } from './calls/request-budget.ts';
import { ResourceClient } from './resources/resource-client.ts';
import { askRules, checkOptions, placeRules } from './resources/check-options.ts';
import type { CallOptions, UnknownObject } from './resources/resource-options.ts';
import { unknownOption } from './unknown-option.ts';
import type { Answer, Transport, TransportCounters, TransportOptions } from './transport/transport-options.ts';

export interface ClientOptions extends TransportOptions {
  /** The cluster's part of the keys in receipts. Default `''`. */
  readonly cluster?: string;
  /** The client-side rate limit. */
  readonly budget?: BudgetOptions;
  /** Called for each warning of the server, besides those that come with writes. Must not throw. */
  readonly onWarning?: (text: string, request: string) => void;
  /** Kinds that are known to `dynamic` without asking the server. */
  readonly kinds?: Iterable<ResourceType>;
  /** Instead of HTTPS to the connection's server: a transport of one's own. */
  readonly transport?: Transport;
}

/** What a question about the server itself takes. */
export type AskOptions = Pick<CallOptions, 'signal' | 'deadlineMs'>;

/** The version that the server tells (`/version`). */
export interface ServerVersion {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

/** What apply takes for a type: the definition's own form of it, else the type itself. */
export type ApplyTypeOf<R, T> = [InferApply<R>] extends [never] ? T : unknown extends InferApply<R> ? T : InferApply<R>;

/** One API server, as one user. Opens nothing before the first call; `close` (or `await using`) ends everything it opened. */
export interface KubernetesClient extends AsyncDisposable {
  readonly connection: Connection;
  readonly discovery: Discovery;
  /** Which resource a kind is: those of the options and those registered later, else what discovery finds. */
  readonly kinds: KindRegistry;
  readonly counters: TransportCounters & { readonly budget: BudgetCounters };
  /** A resource by its type: one that crd defines, or `{group, version, kind, plural, scope}`. */
  resource<
    R extends ResourceType<T>,
    T extends KubernetesObject = R extends ResourceType<infer O extends KubernetesObject> ? O : UnknownObject,
  >(
    type: R,
    options?: { readonly namespace?: string },
  ): ResourceClient<T, ApplyTypeOf<R, T>>;
  /** A resource by apiVersion and kind, registered (`kinds`) or found by discovery. Throws DiscoveryError where the server serves none. */
  dynamic<T extends KubernetesObject = UnknownObject>(
    of:
      | { readonly apiVersion: string; readonly kind: string }
      | { readonly group: string; readonly version: string; readonly plural: string },
    options?: { readonly namespace?: string; readonly signal?: AbortSignal },
  ): Promise<ResourceClient<T>>;
  /** Whether the server serves a resource: `serves('discovery.k8s.io/v1', 'endpointslices')`. */
  serves(groupVersion: string, plural: string, options?: AskOptions): Promise<boolean>;
  version(options?: AskOptions): Promise<ServerVersion>;
  /** Sends any request and gives its JSON: for paths that no resource covers. */
  request(request: CallRequest): Promise<unknown>;
  /** Sends any request and gives the open answer, a success. Read its chunks or cancel it. */
  raw(request: CallRequest): Promise<Answer>;
  /** Ends every request and stream of this client. */
  close(): void;
}

/** Makes a client. Opens nothing and reads nothing. Throws ConfigError for what is no Connection, and names the way to one. */
export function createClient(connection: Connection, options: ClientOptions = {}): KubernetesClient {
  checkConnection(connection);
  checkClientOptions(options);
  const transport = options.transport ?? new LazyTransport(connection, options);
  const budget = new RequestBudget(transport.clock, options.budget);
  const caller = new ApiCaller(transport, budget, options.onWarning);
  const discovery = new Discovery(caller);
  const kinds = new KindRegistry(options.kinds, (apiVersion, kind, signal) => discovery.byKind(apiVersion, kind, signal));
  const place = (namespace: string | undefined): { cluster: string; namespace: string; defaultNamespace: string } => ({
    cluster: options.cluster ?? '',
    namespace: namespace === undefined ? '' : namespace,
    defaultNamespace: connection.namespace,
  });
  const close = (): void => {
    budget.close();
    transport.close();
  };
  return {
    connection,
    discovery,
    kinds,
    get counters() {
      return { ...transport.counters, budget: budget.counters };
    },
    resource(type, options = {}) {
      checkOptions('client.resource', options, placeRules);
      return new ResourceClient(caller, type as never, place(options.namespace));
    },
    async dynamic<T extends KubernetesObject = UnknownObject>(
      of:
        | { readonly apiVersion: string; readonly kind: string }
        | { readonly group: string; readonly version: string; readonly plural: string },
      options: { readonly namespace?: string; readonly signal?: AbortSignal } = {},
    ) {
      checkOptions('client.dynamic', options, { ...placeRules, ...askRules });
      const { namespace, signal } = options;
      if (typeof of !== 'object' || of === null)
        throw new RequestError(`dynamic: ${shown(of)} names no kind; expected { apiVersion, kind }`);
      const type =
        'kind' in of
          ? await kinds.resolve(of, signal === undefined ? {} : { signal })
          : await discovery.byResource(of.group, of.version, of.plural, signal);
      return new ResourceClient<T>(caller, type as ResourceType<T>, place(namespace));
    },
    async serves(groupVersion, plural, options = {}) {
      checkOptions('client.serves', options, askRules);
      return discovery.serves(groupVersion, plural, options.signal, options.deadlineMs);
    },
    async version(options = {}) {
      checkOptions('client.version', options, askRules);
      const { signal, deadlineMs } = options;
      return (await caller.json({ method: 'GET', path: '/version', signal, requestMs: deadlineMs })).value as ServerVersion;
    },
    request: async (request) => (await caller.json(request)).value,
    raw: (request) => caller.open(request),
    close,
    [Symbol.asyncDispose]() {
      close();
      return Promise.resolve();
    },
  };
}

const optionNames: readonly (keyof ClientOptions)[] = [
  'http',
  'clock',
  'userAgent',
  'limits',
  'cluster',
  'budget',
  'onWarning',
  'kinds',
  'transport',
];

/** Throws ConfigError for options of a client that are of a wrong type or name. What they say is checked by whoever takes them. */
function checkClientOptions(options: ClientOptions): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigError('createClient: the options are no object; createClient(connection, { http: 2 }) is the form of them');
  const unknown = unknownOption(given, optionNames);
  if (unknown !== undefined) throw new ConfigError(`createClient: ${unknown}`);
  const { cluster, budget, limits, onWarning, kinds, transport } = given as Readonly<Record<string, unknown>>;
  if (cluster !== undefined && typeof cluster !== 'string') throw new ConfigError('createClient: cluster is no string');
  if (onWarning !== undefined && typeof onWarning !== 'function') throw new ConfigError('createClient: onWarning is no function');
  for (const [name, value] of Object.entries({ budget, limits, transport }))
    if (value !== undefined && (typeof value !== 'object' || value === null)) throw new ConfigError(`createClient: ${name} is no object`);
  const unknownBudget = unknownOption(budget ?? {}, ['perSecond', 'burst', 'reserved']);
  if (unknownBudget !== undefined) throw new ConfigError(`createClient: in the budget ${unknownBudget}`);
  if (kinds !== undefined && typeof (kinds as { readonly [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function')
    throw new ConfigError('createClient: kinds is no list of types');
}
