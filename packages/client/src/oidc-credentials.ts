import type { Clock } from '@kubecast/store';
import { connectionFrom } from './connection-from.ts';
import type { Credentials, CredentialSource } from './connection.ts';
import { ConfigError, CredentialsError } from './errors.ts';
import { Http1Wire } from './http1-wire.ts';
import { HttpTransport } from './http-transport.ts';
import { aheadMs, expiryOf } from './jwt-expiry.ts';
import { readText } from './read-body.ts';
import type { TransportRequest } from './transport-options.ts';

/** What the `oidc` auth provider of a kubeconfig holds; the names are kubectl's. */
export interface OidcConfig {
  readonly origin: string;
  /** Names the user in errors. */
  readonly what: string;
  readonly idToken: string;
  readonly refreshToken: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** PEM; the only authorities that are trusted to speak for the issuer. */
  readonly ca: string | undefined;
  readonly clock: Clock;
}

/** What one answer of an issuer may hold. */
const answerBytes = 1024 * 1024;

/**
 * ID tokens of an OpenID Connect issuer: the kubeconfig's while it holds, then those that the issuer gives for the refresh token
 * (OpenID Connect Core 12), as kubectl does it. A refresh token that the issuer replaces is kept here, and not written back to the file.
 */
export function oidcCredentials(config: OidcConfig): CredentialSource {
  let { idToken, refreshToken } = config;
  let running: Promise<Credentials> | undefined;
  const refresh = async (): Promise<Credentials> => {
    const lacking = [
      ...(config.clientId === '' ? ['client-id'] : []),
      ...(refreshToken === '' ? ['refresh-token'] : []),
      ...(config.issuer === '' ? ['idp-issuer-url'] : []),
    ];
    if (lacking.length > 0)
      throw failed(config, `the ID token has expired, and there is no ${lacking.join(' and no ')} to get another one by; log in again`);
    const answer = await exchange(config, refreshToken);
    const token = text(answer['id_token']);
    if (token === '')
      throw failed(
        config,
        'the issuer answered without an ID token: the login did not ask for the scope openid, or it gives none on a refresh',
      );
    refreshToken = text(answer['refresh_token']) || refreshToken;
    idToken = token;
    return { token };
  };
  return {
    get({ fresh }): Promise<Credentials> {
      if (running !== undefined) return running;
      if (!fresh && idToken !== '' && config.clock.wall() < expiryOf(idToken) - aheadMs) return Promise.resolve({ token: idToken });
      running = refresh().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

/** Asks the issuer where its tokens are given, and there for one. */
async function exchange(config: OidcConfig, refreshToken: string): Promise<Readonly<Record<string, unknown>>> {
  const issuer = config.issuer.replace(/\/+$/, '');
  const found = await ask(config, `${issuer}/.well-known/openid-configuration`, { method: 'GET' });
  // OpenID Connect Discovery 4.3: else one issuer could speak for another.
  if (text(found['issuer']).replace(/\/+$/, '') !== issuer)
    throw failed(config, `${issuer} says that it is ${JSON.stringify(found['issuer'])}; correct idp-issuer-url`);
  const endpoint = text(found['token_endpoint']);
  const methods = found['token_endpoint_auth_methods_supported'];
  // RFC 6749 2.3.1: by the header, unless the issuer takes it in the body only.
  const inBody = Array.isArray(methods) && !methods.includes('client_secret_basic') && methods.includes('client_secret_post');
  const secret = config.clientSecret;
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
  if (secret === '' || inBody) form.set('client_id', config.clientId);
  if (secret !== '' && inBody) form.set('client_secret', secret);
  const basic = Buffer.from(`${formEncoded(config.clientId)}:${formEncoded(secret)}`).toString('base64');
  return ask(config, endpoint, {
    method: 'POST',
    contentType: 'application/x-www-form-urlencoded',
    body: form.toString(),
    ...(secret === '' || inBody ? {} : { headers: { authorization: `Basic ${basic}` } }),
  });
}

async function ask(config: OidcConfig, url: string, request: Omit<TransportRequest, 'path'>): Promise<Readonly<Record<string, unknown>>> {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw failed(config, `${JSON.stringify(url)} is no URL`);
  }
  // The refresh token and the secret go there.
  if (parsed.protocol !== 'https:') throw failed(config, `${url} is not https`);
  const { ca, clock } = config;
  const connection = connectionFrom({ server: parsed.origin, ...(ca === undefined ? {} : { ca }) });
  const transport = new HttpTransport(connection, { clock }, (parts) => new Http1Wire(parts));
  try {
    const answer = await transport.open({ ...request, path: `${parsed.pathname}${parsed.search}` });
    const body = await readText(answer, answerBytes, url);
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      value = undefined;
    }
    const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    if (answer.statusCode !== 200)
      // RFC 6749 5.2: `error` is a code; the description is the issuer's own text.
      throw failed(
        config,
        `${url} answered ${[answer.statusCode, text(fields['error']), text(fields['error_description'])].filter((part) => part !== '').join(' ')}`,
      );
    return fields;
  } catch (cause) {
    if (cause instanceof CredentialsError || cause instanceof ConfigError) throw cause;
    throw failed(config, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    transport.close();
  }
}

function failed(config: OidcConfig, why: string, cause?: unknown): CredentialsError {
  return new CredentialsError(`${config.origin}: no ID token for ${config.what}: ${why}`, cause === undefined ? {} : { cause });
}

function formEncoded(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
