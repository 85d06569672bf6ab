import type { Answer } from './picture.ts';

export interface AppModelObject {
  readonly apiVersion: 'iidp.com/v1';
  readonly kind: 'AppModel';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly app?: string;
    readonly version?: string;
    readonly models?: readonly { readonly name: string; readonly version: string }[];
  };
}

export type Metadata = Readonly<Record<string, unknown>>;

export interface KubeAnswer {
  readonly status: number;
  readonly warnings: readonly string[];
  readonly json: Record<string, unknown>;
}

/** The API server as any of its users sees it: paths and JSON, nothing of ours in between that could hide a fault. */
export interface Kube {
  request(method: string, path: string, options?: { body?: unknown; contentType?: string }): Promise<KubeAnswer>;
}

/** Redis as its operator sees it. */
export interface RedisEyes {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** The data commands that the resolvers sent while `body` ran, as the server counted them: name and keys. */
  commandsOfResolvers(body: () => Promise<void>): Promise<readonly { readonly name: string; readonly keys: readonly string[] }[]>;
}

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Resolver {
  readonly name: string;
  readonly url: string;
}

/** What only a cluster that we started ourselves allows. */
export interface Faults {
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  stopRedis(): Promise<void>;
  startRedis(): Promise<void>;
  /** Starts the controller again with other flags. */
  restartController(args: readonly string[]): Promise<void>;
  /** Address in the EndpointSlices and the backend that it is dialled to. */
  readonly backends: readonly { readonly address: string; readonly name: string }[];
}

/** Everything that the scenario acts on and looks at. */
export interface World {
  readonly namespace: string;
  readonly resolvers: readonly Resolver[];
  readonly kube: Kube;
  readonly redis: RedisEyes;
  /** Absent on somebody's real cluster: steps that need a fault are then reported as skipped. */
  readonly faults?: Faults;
  /** Writes each model's metadata to Redis, then applies the AppModel, by the library. */
  publish(appModel: AppModelObject, metadata: Metadata): Promise<void>;
  /** The publisher's first half only: the values are in Redis, nothing is announced. */
  publishValues(appModel: AppModelObject, metadata: Metadata): Promise<void>;
  /** Runs a subcommand of the controller app. */
  controllerCommand(args: readonly string[]): Promise<CommandResult>;
  http(url: string, options?: { method?: string; body?: string; headers?: Record<string, string>; deadlineMs?: number }): Promise<Answer>;
  log(line: string): void;
}

export const modelUrl = (resolver: Resolver, namespace: string, model: string): string =>
  `${resolver.url}/v1/namespaces/${encodeURIComponent(namespace)}/models/${encodeURIComponent(model)}`;
export const appUrl = (resolver: Resolver, namespace: string, app: string): string =>
  `${resolver.url}/v1/namespaces/${encodeURIComponent(namespace)}/apps/${encodeURIComponent(app)}`;
export const appModelPath = (namespace: string, name = ''): string =>
  `/apis/iidp.com/v1/namespaces/${encodeURIComponent(namespace)}/appmodels${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
