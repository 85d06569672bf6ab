import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '@kubecast/clock';
import { createApiServer, type ApiServer } from '../api-server.ts';
import type { ApiServerOptions } from '../options.ts';
import type { IssuedCertificate } from '../tls/authority.ts';
import { installCrds, type InstallOptions } from './install-crds.ts';
import { requestServiceAccountToken, type ServiceAccountTokenOptions } from './service-account-token.ts';
import { kubeconfigText } from '../kubeconfig.ts';
import { certificateUser, nobodyUser, serviceAccountUser, type TestCluster } from './test-cluster.ts';

/** The embedded server as a test cluster; its objects are in memory and survive `kill` and `restart`. */
export class EmbeddedCluster implements TestCluster {
  readonly kind = 'embedded';
  /** The server itself, for its faults and counters. */
  readonly server: ApiServer;
  #certificate: IssuedCertificate | undefined;
  #accountToken: string | undefined;
  readonly #hasAccounts: boolean;
  readonly #clock: NonNullable<ApiServerOptions['clock']>;

  constructor(options: ApiServerOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#hasAccounts = options.without?.includes('serviceaccounts') !== true;
    this.server = createApiServer({
      ...options,
      users: [...(options.users ?? []), { name: nobodyUser, token: randomBytes(16).toString('hex') }],
    });
  }

  async start(): Promise<void> {
    await this.server.listen();
    this.#certificate ??= await this.server.clientCertificate(certificateUser, ['system:masters']);
    if (this.#hasAccounts) this.#accountToken ??= await this.serviceAccountToken('default', 'kubecast');
  }

  stop(): Promise<void> {
    return this.server.close();
  }

  async kill(): Promise<void> {
    this.server.faults.dropConnections();
    await this.server.close();
  }

  restart(): Promise<void> {
    return this.server.listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get url(): string {
    return this.server.url;
  }

  get ca(): string {
    return this.server.ca;
  }

  token(user?: string): string {
    return user === serviceAccountUser && this.#accountToken !== undefined ? this.#accountToken : this.server.token(user);
  }

  kubeconfig(user?: string): string {
    if (user === certificateUser && this.#certificate !== undefined)
      return kubeconfigText({ url: this.url, ca: this.ca, user, clientCertificate: this.#certificate });
    if (user === serviceAccountUser) return kubeconfigText({ url: this.url, ca: this.ca, user, token: this.token(user) });
    return this.server.kubeconfig(user);
  }

  writeKubeconfig(path: string, user?: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.kubeconfig(user), { mode: 0o600 });
  }

  serviceAccountToken(namespace: string, name: string, options?: ServiceAccountTokenOptions): Promise<string> {
    return requestServiceAccountToken({ url: this.url, ca: this.ca, token: this.token() }, namespace, name, options);
  }

  installCrds(paths: readonly string[], options?: InstallOptions): Promise<readonly string[]> {
    return installCrds({ url: this.url, ca: this.ca, token: this.token() }, this.#clock, paths, options);
  }
}
