import { ApiServerError } from '../errors.ts';
import { httpsCall, type HttpsAnswer } from './https-json.ts';

export interface ServiceAccountTokenOptions {
  /** Validity in seconds; the server grants at least 600; the default is a day. */
  readonly expirationSeconds?: number;
  /** A Secret of the same namespace; the token ends when the Secret is deleted. */
  readonly boundTo?: string;
  readonly signal?: AbortSignal;
}

/**
 * A bearer token of a service account, by the TokenRequest API; the account is created if it is missing.
 * @throws ApiServerError for what the server refuses
 */
export async function requestServiceAccountToken(
  server: { readonly url: string; readonly ca: string; readonly token: string },
  namespace: string,
  name: string,
  options: ServiceAccountTokenOptions = {},
): Promise<string> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const post = (path: string, body: object): Promise<HttpsAnswer> =>
    httpsCall(server, 'POST', path, JSON.stringify(body), 'application/json', options.signal);
  const made = await post(accounts, { metadata: { name } });
  if (made.status !== 201 && made.status !== 409) throw refused(`the service account ${namespace}/${name}`, made);
  const token = await post(`${accounts}/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      expirationSeconds: options.expirationSeconds ?? 86_400,
      ...(options.boundTo === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: options.boundTo } }),
    },
  });
  if (token.status !== 201) throw refused(`a token of the service account ${namespace}/${name}`, token);
  return (JSON.parse(token.text) as { status: { token: string } }).status.token;
}

function refused(what: string, answer: HttpsAnswer): ApiServerError {
  return new ApiServerError('ERR_APISERVER_ENVTEST', `the server gave no ${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
}
