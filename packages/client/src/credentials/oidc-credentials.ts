import type { Clock } from '@kubecast/clock';
import { connectionFrom } from '../connection/connection-from.ts';
import type { Credentials, CredentialSource } from '../connection/connection.ts';
import { ConfigError, CredentialsError } from '../errors.ts';
import { Http1Wire } from '../transport/http1-wire.ts';
import { HttpTransport } from '../transport/http-transport.ts';
import { aheadMs, expiryOf } from './jwt-expiry.ts';
import { keptCredentials } from './kept-credentials.ts';
import { textOf } from '../kubeconfig/fields.ts';
import { readText } from '../transport/read-body.ts';
import { redact } from '../redact.ts';
import type { TransportRequest } from '../transport/transport-options.ts';
import type { OidcTokens, TokenPlace } from './write-back.ts';

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
  /** `''`: none. */
  readonly proxyUrl: string;
  /** Where the tokens came from, and new ones are written to; absent: they are kept in memory alone. */
  readonly file?: TokenPlace;
  readonly onWarning?: (text: string) => void;
}

/** How often, and how long apart, the file is looked at for the tokens of another process that asked the issuer first. */
const looks = 5;
const lookMs = 200;

/** What one answer of an issuer may hold. */
const answerBytes = 1024 * 1024;

/**
 * ID tokens of an OpenID Connect issuer: the kubeconfig's while it holds, then those that the issuer gives for the refresh token
 * (OpenID Connect Core 12), as kubectl does it. What the issuer gives is written back to the file, so that a refresh token that it replaced
 * serves after a restart too; one that another process wrote there meanwhile is taken. A file that cannot be written ends no request: it is
 * counted, and told to `onWarning`.
 */
export function oidcCredentials(config: OidcConfig): CredentialSource {
  let tokens: OidcTokens = { idToken: config.idToken, refreshToken: config.refreshToken };
  const counters = { refreshes: 0, written: 0, notWritten: 0, reloads: 0, notReloaded: 0 };
  const holds = (): boolean => tokens.idToken !== '' && config.clock.wall() < expiryOf(tokens.idToken) - aheadMs;
  /** Whether the file has other tokens than those that are known here, which are known then. */
  const reread = async (): Promise<boolean> => {
    const found = config.file === undefined ? undefined : await (await import('./write-back.ts')).readTokens(config.file);
    if (found === undefined || found.refreshToken === '' || found.refreshToken === tokens.refreshToken) return false;
    tokens = found;
    return true;
  };
  /** Another process may have used the same token a moment before: then what it was given comes into the file. */
  const takenFromFile = async (): Promise<boolean> => {
    for (let look = 0; look < looks; look++) {
      if (config.file === undefined) return false;
      if (look > 0) await config.clock.sleep(lookMs);
      if (await reread()) return true;
    }
    return false;
  };
  const refresh = async (): Promise<Credentials> => {
    const refused = tokens.idToken;
    const why = refused === '' ? 'there is no ID token' : holds() ? 'the server refused the ID token' : 'the ID token has expired';
    if ((await reread()) && holds() && tokens.idToken !== refused) return { token: tokens.idToken };
    for (;;) {
      const lacking = [
        ...(config.clientId === '' ? ['client-id'] : []),
        ...(tokens.refreshToken === '' ? ['refresh-token'] : []),
        ...(config.issuer === '' ? ['idp-issuer-url'] : []),
      ];
      if (lacking.length > 0)
        throw failed(config, `${why}, and there is no ${lacking.join(' and no ')} to get another one by; log in again`);
      const used = tokens.refreshToken;
      let answer: Readonly<Record<string, unknown>>;
      try {
        answer = await exchange(config, used);
      } catch (error) {
        if (!(error instanceof RefusedError) || !(await takenFromFile())) throw error;
        if (holds()) return { token: tokens.idToken };
        continue;
      }
      const token = textOf(answer['id_token']);
      if (token === '')
        throw failed(
          config,
          'the issuer answered without an ID token: the login did not ask for the scope openid, or it gives none on a refresh',
        );
      tokens = { idToken: token, refreshToken: textOf(answer['refresh_token']) || used };
      counters.refreshes++;
      if (config.file !== undefined) await writeBack(config, config.file, used, tokens, counters);
      return { token };
    }
  };
  const kept = keptCredentials(() => (holds() ? { token: tokens.idToken } : undefined), refresh);
  return {
    get counters() {
      return { ...counters };
    },
    get: (options) => kept.get(options),
  };
}

async function writeBack(
  config: OidcConfig,
  file: TokenPlace,
  old: string,
  tokens: OidcTokens,
  counters: { written: number; notWritten: number },
): Promise<void> {
  try {
    const { writeTokens } = await import('./write-back.ts');
    if (await writeTokens(file, old, tokens, config.clock)) counters.written++;
  } catch (error) {
    counters.notWritten++;
    config.onWarning?.(
      `${config.origin}: the tokens of ${config.what} could not be written back to ${file.path}: ${error instanceof Error ? error.message : String(error)}. After a restart the user may have to log in again`,
    );
  }
}

/** The issuer itself said no. */
class RefusedError extends CredentialsError {}

/** Asks the issuer where its tokens are given, and there for one. */
async function exchange(config: OidcConfig, refreshToken: string): Promise<Readonly<Record<string, unknown>>> {
  const issuer = config.issuer.replace(/\/+$/, '');
  const found = await ask(config, `${issuer}/.well-known/openid-configuration`, { method: 'GET' });
  // OpenID Connect Discovery 4.3: else one issuer could speak for another.
  if (textOf(found['issuer']).replace(/\/+$/, '') !== issuer)
    throw failed(config, `${issuer} says that it is ${JSON.stringify(found['issuer'])}; correct idp-issuer-url`);
  const endpoint = textOf(found['token_endpoint']);
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
    throw failed(config, 'idp-issuer-url, or what the issuer calls its token_endpoint, is no URL');
  }
  const shown = `${parsed.origin}${parsed.pathname}`;
  // The refresh token and the secret go there.
  if (parsed.protocol !== 'https:') throw failed(config, `${shown} is not https`);
  const { ca, clock } = config;
  const connection = connectionFrom({
    server: parsed.origin,
    ...(ca === undefined ? {} : { ca }),
    ...(config.proxyUrl === '' ? {} : { proxyUrl: config.proxyUrl }),
  });
  const transport = new HttpTransport(connection, { clock }, (parts) => new Http1Wire(parts));
  try {
    const answer = await transport.open({ ...request, path: `${parsed.pathname}${parsed.search}` });
    const body = await readText(answer, answerBytes, shown);
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      value = undefined;
    }
    const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    if (answer.statusCode !== 200)
      // RFC 6749 5.2: `error` is a code; the description is the issuer's own text, and may repeat what it was sent.
      throw new RefusedError(
        failed(
          config,
          `${shown} answered ${redact([answer.statusCode, textOf(fields['error']), textOf(fields['error_description'])].filter((part) => part !== '').join(' '), secretsOf(config, request.body))}`,
        ).message,
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

function secretsOf(config: OidcConfig, body: TransportRequest['body']): string[] {
  const sent = typeof body === 'string' ? (new URLSearchParams(body).get('refresh_token') ?? '') : '';
  return [config.clientSecret, config.idToken, sent];
}

function formEncoded(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}
