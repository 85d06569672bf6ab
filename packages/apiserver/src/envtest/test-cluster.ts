import type { InstallOptions } from './install-crds.ts';
import type { ServiceAccountTokenOptions } from './service-account-token.ts';

/** May do everything. */
export const adminUser = 'kubecast-admin';
/** May only read discovery. */
export const nobodyUser = 'kubecast-nobody';
/** May do everything, by a client certificate. An embedded server on Bun does not see the certificate and treats the client as anonymous. */
export const certificateUser = 'kubecast-certificate';
/**
 * The service account `kubecast` in the namespace `default`, by a token of the TokenRequest API. May do what the
 * roles allow that are bound to it, and without any only look at discovery and ask who it is.
 */
export const serviceAccountUser = 'system:serviceaccount:default:kubecast';

/** A cluster for tests: the real kube-apiserver and etcd, or the embedded server. */
export interface TestCluster extends AsyncDisposable {
  readonly kind: 'real' | 'embedded';
  readonly url: string;
  readonly ca: string;
  /** Starts it and waits until it is ready. */
  start(): Promise<void>;
  /** Ends it and deletes its temporary files. */
  stop(): Promise<void>;
  /** The API server is gone at once, and its connections with it; what was written stays. */
  kill(): Promise<void>;
  /** Starts again what is not running, at the same address. */
  restart(): Promise<void>;
  token(user?: string): string;
  kubeconfig(user?: string): string;
  writeKubeconfig(path: string, user?: string): void;
  /**
   * A bearer token of a service account, by the TokenRequest API; the account is created if it is missing.
   * @throws ApiServerError for what the server refuses
   */
  serviceAccountToken(namespace: string, name: string, options?: ServiceAccountTokenOptions): Promise<string>;
  /**
   * Applies the CustomResourceDefinitions in these files and folders (YAML and JSON, other kinds are ignored) and
   * waits until they are served. Gives their names.
   * @throws ApiServerError for a path that is missing, unless told otherwise, and for what the server refuses
   */
  installCrds(paths: readonly string[], options?: InstallOptions): Promise<readonly string[]>;
}
