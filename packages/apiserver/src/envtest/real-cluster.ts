import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock, type Clock } from '@kubecast/clock';
import { ApiServerError } from '../errors.ts';
import { kubeconfigText } from '../kubeconfig.ts';
import { createAuthority, createSigningKeys, issueClientCertificate, issueServerCertificate, type Authority } from '../tls/authority.ts';
import { httpsCall } from './https-json.ts';
import { installCrds, type InstallOptions } from './install-crds.ts';
import { requestServiceAccountToken, type ServiceAccountTokenOptions } from './service-account-token.ts';
import { ServerProcess } from './server-process.ts';
import { adminUser, certificateUser, nobodyUser, serviceAccountUser, type TestCluster } from './test-cluster.ts';

export interface RealClusterOptions {
  /** Folder with kube-apiserver and etcd. */
  readonly assets: string;
  /** Further flags of kube-apiserver; they override those set here. */
  readonly apiServerFlags?: readonly string[];
  readonly clock?: Clock;
  /** Milliseconds that both have to become ready; 60,000 by default. */
  readonly readyMs?: number;
}

/** A real kube-apiserver with its etcd on free ports of 127.0.0.1, in a temporary folder that is deleted with it. RBAC is on; no controllers. */
export class RealCluster implements TestCluster {
  readonly kind = 'real';
  readonly #options: RealClusterOptions;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, string>([
    [adminUser, randomBytes(16).toString('hex')],
    [nobodyUser, randomBytes(16).toString('hex')],
  ]);
  #folder = '';
  #authority: Authority | undefined;
  #client: { readonly certificate: string; readonly key: string } | undefined;
  #ports: readonly number[] = [];
  #etcd: ServerProcess | undefined;
  #apiServer: ServerProcess | undefined;

  constructor(options: RealClusterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  async start(): Promise<void> {
    const { assets } = this.#options;
    this.#folder = mkdtempSync(join(tmpdir(), 'kubecast-envtest-'));
    this.#ports = await freePorts(3);
    const now = this.#clock.wall();
    this.#authority = await createAuthority(now);
    const serving = await issueServerCertificate(this.#authority, ['127.0.0.1', 'localhost', 'kubernetes.default.svc'], now);
    this.#client = await issueClientCertificate(this.#authority, certificateUser, ['system:masters'], now);
    const signing = await createSigningKeys();
    const files = {
      'ca.crt': this.#authority.certificate,
      'serving.crt': serving.certificate,
      'serving.key': serving.key,
      'sa.key': signing.privateKey,
      'sa.pub': signing.publicKey,
      'tokens.csv': `${this.token(adminUser)},${adminUser},1,"system:masters"\n${this.token(nobodyUser)},${nobodyUser},2\n`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#folder, name), text, { mode: 0o600 });
    this.#etcd = new ServerProcess('etcd', join(assets, 'etcd'), join(this.#folder, 'etcd.log'));
    this.#apiServer = new ServerProcess('kube-apiserver', join(assets, 'kube-apiserver'), join(this.#folder, 'kube-apiserver.log'));
    try {
      await this.restart();
      this.#tokens.set(serviceAccountUser, await this.serviceAccountToken('default', 'kubecast'));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Starts what is not running, keeps the objects, and waits until it is ready. */
  async restart(): Promise<void> {
    const [etcdPort, peerPort, port] = this.#ports;
    const file = (name: string): string => join(this.#folder, name);
    const etcd = this.#etcd as ServerProcess;
    const apiServer = this.#apiServer as ServerProcess;
    const client = `http://127.0.0.1:${etcdPort}`;
    const peer = `http://127.0.0.1:${peerPort}`;
    if (!etcd.running) {
      etcd.start([
        `--data-dir=${file('etcd')}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
        '--unsafe-no-fsync',
        '--quota-backend-bytes=8000000000',
        '--log-level=warn',
      ]);
    }
    if (!apiServer.running) {
      apiServer.start([
        `--etcd-servers=${client}`,
        `--secure-port=${port}`,
        '--bind-address=127.0.0.1',
        `--cert-dir=${file('certs')}`,
        `--tls-cert-file=${file('serving.crt')}`,
        `--tls-private-key-file=${file('serving.key')}`,
        `--client-ca-file=${file('ca.crt')}`,
        `--token-auth-file=${file('tokens.csv')}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${file('sa.pub')}`,
        `--service-account-signing-key-file=${file('sa.key')}`,
        '--service-cluster-ip-range=10.0.0.0/24',
        '--authorization-mode=RBAC',
        '--disable-admission-plugins=ServiceAccount',
        '--endpoint-reconciler-type=none',
        ...(this.#options.apiServerFlags ?? []),
      ]);
    }
    await this.#ready(etcd, apiServer);
  }

  async #ready(etcd: ServerProcess, apiServer: ServerProcess): Promise<void> {
    const deadline = this.#clock.now() + (this.#options.readyMs ?? 60_000);
    const target = { url: this.url, ca: this.ca, token: this.token() };
    for (;;) {
      const answer = await httpsCall(target, 'GET', '/readyz').catch(() => undefined);
      if (answer?.status === 200) {
        // The server is ready before the namespace `default` exists, which clients rely on.
        const namespace = await httpsCall(target, 'GET', '/api/v1/namespaces/default').catch(() => undefined);
        if (namespace?.status === 200) return;
      }
      if (!etcd.running) throw etcd.failure('has ended');
      if (!apiServer.running) throw apiServer.failure('has ended');
      if (this.#clock.now() > deadline) throw apiServer.failure('was not ready in time');
      await this.#clock.sleep(100);
    }
  }

  async stop(): Promise<void> {
    // On SIGTERM kube-apiserver waits a minute for its watches; its state is discarded here, so it is killed.
    await this.#apiServer?.end('SIGKILL');
    await this.#etcd?.end('SIGTERM');
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    this.#folder = '';
  }

  /** Kills the API server and leaves etcd running. */
  async kill(): Promise<void> {
    await this.#apiServer?.end('SIGKILL');
  }

  /** Kills etcd and leaves the API server running, whose requests then fail or wait. */
  async killEtcd(): Promise<void> {
    await this.#etcd?.end('SIGKILL');
  }

  /** Compacts etcd up to its newest revision through etcd's own API, without the API server. Returns that revision. */
  async compact(): Promise<string> {
    const { header } = await this.#etcdCall<{ header: { revision: string } }>('/v3/kv/range', { key: 'AA==' });
    await this.#etcdCall('/v3/kv/compaction', { revision: header.revision, physical: true });
    return header.revision;
  }

  /** Copies etcd's folder, with both stopped meanwhile. */
  async backup(to: string): Promise<void> {
    await this.#still();
    cpSync(join(this.#folder, 'etcd'), to, { recursive: true });
    await this.restart();
  }

  /** Restores a copy: versions continue from those of the copy. */
  async restore(from: string): Promise<void> {
    await this.#still();
    rmSync(join(this.#folder, 'etcd'), { recursive: true, force: true });
    cpSync(from, join(this.#folder, 'etcd'), { recursive: true });
    await this.restart();
  }

  /** Restores a copy under a running API server, whose cache still shows the newer state. */
  async restoreEtcd(from: string): Promise<void> {
    await this.#etcd?.end('SIGTERM');
    rmSync(join(this.#folder, 'etcd'), { recursive: true, force: true });
    cpSync(from, join(this.#folder, 'etcd'), { recursive: true });
    await this.restart();
  }

  serviceAccountToken(namespace: string, name: string, options?: ServiceAccountTokenOptions): Promise<string> {
    return requestServiceAccountToken({ url: this.url, ca: this.ca, token: this.token() }, namespace, name, options);
  }

  async #etcdCall<T>(path: string, body: unknown): Promise<T> {
    // Plain HTTP on the loopback, as the API server speaks to it.
    const answer = await fetch(`${this.etcdUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new ApiServerError('ERR_APISERVER_ENVTEST', `etcd answered ${path} with ${answer.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }

  async #still(): Promise<void> {
    // On SIGTERM kube-apiserver waits a minute for its watches.
    await this.#apiServer?.end('SIGKILL');
    await this.#etcd?.end('SIGTERM');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get url(): string {
    const port = this.#ports[2];
    if (port === undefined) throw new ApiServerError('ERR_APISERVER_STATE', 'the test cluster has no address yet: start it first');
    return `https://127.0.0.1:${port}`;
  }

  /** etcd's own address, plain HTTP, for tests that bypass the API server. */
  get etcdUrl(): string {
    const port = this.#ports[0];
    if (port === undefined) throw new ApiServerError('ERR_APISERVER_STATE', 'the test cluster has no etcd yet: start it first');
    return `http://127.0.0.1:${port}`;
  }

  get ca(): string {
    if (this.#authority === undefined) throw new ApiServerError('ERR_APISERVER_STATE', 'the test cluster has no CA yet: start it first');
    return this.#authority.certificate;
  }

  token(user: string = adminUser): string {
    const token = this.#tokens.get(user);
    if (token === undefined)
      throw new ApiServerError(
        'ERR_APISERVER_OPTION',
        `the test cluster has no token of ${JSON.stringify(user)}; it has ${[...this.#tokens.keys()].join(' and ')}`,
      );
    return token;
  }

  kubeconfig(user: string = adminUser): string {
    const client = user === certificateUser ? this.#client : undefined;
    if (client !== undefined) return kubeconfigText({ url: this.url, ca: this.ca, user, clientCertificate: client });
    return kubeconfigText({ url: this.url, ca: this.ca, user, token: this.token(user) });
  }

  writeKubeconfig(path: string, user?: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.kubeconfig(user), { mode: 0o600 });
  }

  installCrds(paths: readonly string[], options?: InstallOptions): Promise<readonly string[]> {
    return installCrds({ url: this.url, ca: this.ca, token: this.token() }, this.#clock, paths, options);
  }
}

/** Ports that are free now, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
