import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { dirname } from 'node:path';
import { systemClock, type Clock } from '@kubecast/clock';
import { Access } from './auth/access.ts';
import { alwaysAllow } from './auth/authorizer.ts';
import { AggregatedRoles } from './auth/rbac/aggregated-roles.ts';
import { ensurePolicy } from './auth/rbac/bootstrap-policy.ts';
import { RbacAuthorizer } from './auth/rbac/rbac-authorizer.ts';
import { ServiceAccountTokens } from './auth/service-account-tokens.ts';
import { Users } from './auth/users.ts';
import { CrdLifecycle } from './crds/crd-lifecycle.ts';
import { ApiServerError, ListenError } from './errors.ts';
import { Faults } from './faults/faults.ts';
import { RequestHandler } from './http/request-handler.ts';
import { createTlsServer } from './http/tls-server.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { checkOptions } from './options.ts';
import type { ApiServerOptions } from './options.ts';
import { releaseOf } from './release.ts';
import { Registry } from './routing/registry.ts';
import { servedBuiltins } from './routing/builtins.ts';
import { Allocations } from './storage/allocations.ts';
import { DataFolder, type Identity } from './storage/data-folder.ts';
import { Storage } from './storage/storage.ts';
import {
  createAuthority,
  createSigningKeys,
  issueClientCertificate,
  issueServerCertificate,
  type IssuedCertificate,
} from './tls/authority.ts';
import type { KubeObject } from './served-resource.ts';
import { seedObject } from './verbs/writes/seed.ts';
import { ensureNamespaces } from './verbs/system-namespaces.ts';

/** What the server counted since it was created. */
export interface ApiServerCounters {
  /** Requests by `verb resource.group`, `other` for paths that name no resource. */
  readonly requests: Readonly<Record<string, number>>;
  /** Answers by HTTP code. */
  readonly answers: Readonly<Record<string, number>>;
  readonly openWatches: number;
  readonly watchEvents: number;
  readonly objects: number;
  readonly revision: number;
}

export interface ApiServer extends AsyncDisposable {
  /** Starts to serve; a second start after a close goes on with the same objects, CA and tokens. */
  listen(): Promise<void>;
  /** Ends watches cleanly, finishes the running requests, and closes every connection. Objects are kept. */
  close(): Promise<void>;
  /** `https://127.0.0.1:PORT`; throws before the first listen. */
  readonly url: string;
  /** The CA's certificate, PEM; throws before the first listen. */
  readonly ca: string;
  /** The text of a kubeconfig for the administrator or another user of the options. Holds the token. */
  kubeconfig(user?: string): string;
  /** Writes the kubeconfig to a file that only its owner may read; creates the folder. */
  writeKubeconfig(file: string, user?: string): void;
  /** The bearer token of the administrator or another user. */
  token(user?: string): string;
  /** A new client certificate and key, PEM, for this user and these groups. Rejects before the first listen. */
  clientCertificate(user: string, groups?: readonly string[]): Promise<IssuedCertificate>;
  /**
   * Puts objects straight into the store, in this process, as another writer of etcd would: each under the next revision, and watchers hear of
   * it. Nothing is defaulted, validated, admitted or tracked. For fixtures, and for load that requests could not make.
   * @throws ApiServerError ERR_APISERVER_SEED for an object without a name, of a kind that is not served, or that needs a request; those before it
   * are stored
   */
  seed(objects: Iterable<object>): void;
  readonly faults: Faults;
  readonly counters: ApiServerCounters;
}

/** An embedded Kubernetes API server. Nothing is read, written or opened before {@link ApiServer.listen}. */
export function createApiServer(options: ApiServerOptions = {}): ApiServer {
  return new EmbeddedApiServer(options);
}

export const adminUser = 'kubecast-admin';

class EmbeddedApiServer implements ApiServer {
  readonly faults: Faults;
  readonly #options: ApiServerOptions;
  readonly #clock: Clock;
  readonly #storage: Storage;
  readonly #registry = new Registry();
  readonly #tokens: ServiceAccountTokens;
  readonly #users: Users;
  /** Fills ClusterRoles with an aggregationRule, as kube-controller-manager does; undefined without RBAC. */
  readonly #aggregated: AggregatedRoles | undefined;
  readonly #lifecycle: CrdLifecycle;
  readonly #handler: RequestHandler;
  readonly #sockets = new Set<Socket>();
  readonly #folder: DataFolder | undefined;
  #identity: Identity | undefined;
  #server: Server | undefined;
  #stopping: AbortController | undefined;
  #closing: Promise<void> = Promise.resolve();
  #port: number;
  #state: 'new' | 'starting' | 'open' | 'closing' | 'closed' = 'new';

  constructor(options: ApiServerOptions) {
    checkOptions(options);
    this.#options = options;
    this.#port = options.port ?? 0;
    this.#clock = options.clock ?? systemClock;
    this.#storage = new Storage({ windowEvents: options.windowEvents ?? 20_000 });
    this.#folder = options.data === undefined ? undefined : new DataFolder(options.data);
    const release = releaseOf(options.kubernetes ?? '1.36');
    for (const resource of servedBuiltins(this.#storage, release, options.without)) this.#registry.add(resource);
    this.#lifecycle = new CrdLifecycle(this.#storage, this.#registry, () => this.#clock.wall());
    const enforced = (options.authorization ?? 'RBAC') === 'RBAC';
    this.#tokens = new ServiceAccountTokens(this.#storage, () => this.#clock.wall());
    this.#users = new Users(this.#tokens);
    this.#aggregated = enforced ? new AggregatedRoles(this.#storage) : undefined;
    this.faults = new Faults({ storage: this.#storage, registry: this.#registry, sockets: this.#sockets });
    this.#handler = new RequestHandler({
      core: {
        storage: this.#storage,
        registry: this.#registry,
        clock: this.#clock,
        release,
        allocator: new Allocations(this.#storage),
        bookmarkMs: options.bookmarkMs ?? 60_000,
        storageInitMs: options.storageInitMs ?? 15,
        futureWaitMs: options.futureWaitMs ?? 3_000,
        tokens: this.#tokens,
      },
      access: new Access({
        users: this.#users,
        authorizer: enforced ? new RbacAuthorizer(this.#storage) : alwaysAllow,
        anonymous: enforced,
      }),
      faults: this.faults,
    });
  }

  async listen(): Promise<void> {
    if (this.#state !== 'new' && this.#state !== 'closed')
      throw new ApiServerError('ERR_APISERVER_STATE', `the API server cannot be started while it is ${this.#state}`);
    const first = this.#state === 'new';
    this.#state = 'starting';
    try {
      if (first) await this.#prepare();
      else this.#storage.restarted();
      this.#folder?.open(this.#storage);
      ensureNamespaces(this.#storage, this.#clock.wall());
      if (this.#aggregated !== undefined) ensurePolicy(this.#storage, this.#clock.wall());
      this.#aggregated?.start();
      this.#lifecycle.start();
      await this.#open();
      this.#state = 'open';
    } catch (error) {
      this.#lifecycle.stop();
      this.#aggregated?.stop();
      this.#folder?.close();
      this.#state = first ? 'new' : 'closed';
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    const made = async (): Promise<Identity> => ({
      authority: await createAuthority(this.#clock.wall()),
      token: this.#options.token ?? randomBytes(24).toString('base64url'),
      signing: await createSigningKeys(),
    });
    const identity = this.#folder === undefined ? await made() : await this.#folder.identity(made, this.#options.token);
    this.#identity = identity;
    this.#tokens.use(identity.signing);
    this.#users.add(identity.token, adminUser, ['system:masters']);
    for (const user of this.#options.users ?? []) this.#users.add(user.token, user.name, user.groups ?? [], user.uid);
  }

  async #open(): Promise<void> {
    const identity = this.#identity as Identity;
    const host = this.#options.host ?? '127.0.0.1';
    const names = [
      ...new Set([
        '127.0.0.1',
        '::1',
        'localhost',
        'kubernetes',
        'kubernetes.default.svc',
        ...(host === '0.0.0.0' || host === '::' ? [] : [host]),
        ...(this.#options.names ?? []),
      ]),
    ];
    const certificate = await issueServerCertificate(identity.authority, names, this.#clock.wall());
    const stopping = new AbortController();
    const server = await createTlsServer(
      {
        cert: certificate.certificate,
        key: certificate.key,
        // Client certificates are optional, as on the real server: most clients send a token.
        ca: identity.authority.certificate,
        requestCert: true,
        rejectUnauthorized: false,
      },
      this.#options.http2 ?? true,
      this.#sockets,
      (request, response) => void this.#handler.handle(request, response, stopping.signal),
    );
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, this.#port));
      server.once('error', failed);
      server.listen(this.#port, host, () => {
        server.off('error', failed);
        resolve();
      });
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#stopping = stopping;
  }

  close(): Promise<void> {
    // A second call of close waits for the first one.
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#closing = this.#close();
    }
    return this.#closing;
  }

  async #close(): Promise<void> {
    const server = this.#server as Server;
    this.#lifecycle.stop();
    this.#aggregated?.stop();
    this.#stopping?.abort(new ApiServerError('ERR_APISERVER_STATE', 'the API server is stopping'));
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await this.#handler.idle(1_000);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#folder?.close();
    this.#state = 'closed';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get url(): string {
    this.#known();
    const host = this.#options.host ?? '127.0.0.1';
    const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
    return `https://${shown}:${this.#port}`;
  }

  get ca(): string {
    return this.#known().authority.certificate;
  }

  token(user: string = adminUser): string {
    this.#known();
    const token = this.#users.tokenOf(user);
    if (token === undefined)
      throw new ApiServerError('ERR_APISERVER_OPTION', `there is no user ${JSON.stringify(user)}; name it in the option users`);
    return token;
  }

  async clientCertificate(user: string, groups: readonly string[] = []): Promise<IssuedCertificate> {
    return issueClientCertificate(this.#known().authority, user, groups, this.#clock.wall());
  }

  kubeconfig(user: string = adminUser): string {
    return kubeconfigText({ url: this.url, ca: this.ca, user, token: this.token(user) });
  }

  writeKubeconfig(file: string, user: string = adminUser): void {
    const text = this.kubeconfig(user);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  }

  seed(objects: Iterable<object>): void {
    if (typeof objects !== 'object' || (objects as object | null) === null || !(Symbol.iterator in objects))
      throw new ApiServerError('ERR_APISERVER_SEED', 'seed takes a list of objects');
    for (const object of objects) seedObject(this.#registry, this.#storage, this.#clock, object as KubeObject);
  }

  get counters(): ApiServerCounters {
    let objects = 0;
    for (const table of this.#storage.tables()) objects += table.size;
    return { ...this.#handler.counters(), objects, revision: this.#storage.revision };
  }

  #known(): Identity {
    if (this.#identity === undefined || this.#server === undefined)
      throw new ApiServerError('ERR_APISERVER_STATE', 'the API server has no address yet: listen first');
    return this.#identity;
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (error.code === 'EADDRINUSE')
    return new ListenError(`port ${port} on ${host} is taken by another process; choose another, or 0 for a free one`, { cause: error });
  if (error.code === 'EACCES')
    return new ListenError(`listening on ${place} is not permitted; ports below 1024 often need a privilege`, { cause: error });
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new ListenError(`${host} is no address of this machine; use 127.0.0.1 or 0.0.0.0`, { cause: error });
  return new ListenError(`the API server cannot listen on ${place}: ${error.message}`, { cause: error });
}
