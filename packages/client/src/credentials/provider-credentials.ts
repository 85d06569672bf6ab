import { type Credentials, type CredentialSource } from '../connection/connection.ts';
import { CredentialsError } from '../errors.ts';
import { redact } from '../redact.ts';

/**
 * Credentials of the old auth providers other than OIDC, by @kubernetes/client-node, which is loaded at the first use of one and not before:
 * its import costs more than everything else here together.
 */
export function providerCredentials(from: {
  readonly origin: string;
  readonly provider: { readonly name: string; readonly config: Readonly<Record<string, string>> };
  readonly what: string;
}): CredentialSource {
  let loaded: Promise<{ applyToHTTPSOptions(options: object): Promise<void> }> | undefined;
  const load = async (): Promise<{ applyToHTTPSOptions(options: object): Promise<void> }> => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const kubeconfig = new KubeConfig();
    const user = { name: 'user', authProvider: from.provider };
    kubeconfig.loadFromOptions({
      clusters: [{ name: 'cluster', server: 'https://localhost', skipTLSVerify: true }],
      users: [user as never],
      contexts: [{ name: 'context', cluster: 'cluster', user: 'user' }],
      currentContext: 'context',
    });
    return kubeconfig;
  };
  const ask = async (fresh: boolean): Promise<Credentials> => {
    try {
      // A new object has no cached credential.
      if (fresh) loaded = undefined;
      loaded ??= load();
      const options: { headers?: Record<string, string>; cert?: string | Buffer; key?: string | Buffer } = { headers: {} };
      await (await loaded).applyToHTTPSOptions(options);
      const authorization = options.headers?.['Authorization'] ?? options.headers?.['authorization'] ?? '';
      const token = authorization.startsWith('Bearer ') ? authorization.slice(7) : '';
      return {
        ...(token === '' ? {} : { token }),
        ...(options.cert === undefined || options.key === undefined ? {} : { cert: options.cert.toString(), key: options.key.toString() }),
      };
    } catch (cause) {
      loaded = undefined;
      // Without the cause: what a provider's command prints stands in it, and that may be a token.
      throw new CredentialsError(
        `${from.origin}: the auth provider of ${from.what} gave no credentials: ${redact(cause instanceof Error ? cause.message : String(cause)).slice(0, 500)}`,
      );
    }
  };
  // A thousand requests at once that lack a token are one run of the provider.
  let running: { readonly fresh: boolean; readonly credentials: Promise<Credentials> } | undefined;
  return {
    get({ fresh }): Promise<Credentials> {
      if (running !== undefined && (running.fresh || !fresh)) return running.credentials;
      const run = {
        fresh,
        credentials: ask(fresh).finally(() => {
          if (running === run) running = undefined;
        }),
      };
      running = run;
      return run.credentials;
    },
  };
}
