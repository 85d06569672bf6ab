import { isBearerToken } from './auth/users.ts';
import { ApiServerError } from './errors.ts';
import type { Clock } from '@kubecast/clock';
import type { KubernetesRelease } from './release.ts';

export interface ApiServerOptions {
  /** 0, the default: a free one. */
  readonly port?: number;
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** More names or addresses that the certificate is made for. */
  readonly names?: readonly string[];
  /** Folder that keeps the objects, the CA and the token over a restart; in memory only without it. */
  readonly data?: string;
  /** The administrator's bearer token; made at random without it. */
  readonly token?: string;
  /** More users, by token. */
  readonly users?: readonly ApiServerUser[];
  /**
   * `RBAC`, the default: the administrator and system:masters may do everything, others what the stored roles and bindings give them.
   * `AlwaysAllow`: every known user may do everything, and requests without credentials are refused.
   */
  readonly authorization?: 'RBAC' | 'AlwaysAllow';
  /** The release to behave as, as far as clients fall back on it; '1.36' by default. */
  readonly kubernetes?: KubernetesRelease;
  /**
   * Built-in kinds to leave out, as `plural.group`: `endpointslices.discovery.k8s.io`. RBAC is enforced without its kinds too: then by the roles
   * that every cluster has, which no request can see or change.
   */
  readonly without?: readonly string[];
  /** Whether HTTP/2 is spoken with clients that ask for it (ALPN), beside HTTP/1.1; true by default, as on the real server. */
  readonly http2?: boolean;
  readonly clock?: Clock;
  /** Changes of one resource that a watch can resume over, and exact lists go back by; 20,000 by default. */
  readonly windowEvents?: number;
  /** Milliseconds between bookmarks of a watch; 60,000 by default, as on the real server. */
  readonly bookmarkMs?: number;
  /** Milliseconds for which the first lists and watches of a CRD get 429; 15 by default, as on the real server. */
  readonly storageInitMs?: number;
  /** Milliseconds that a read at a version of the future waits before 504; 3,000 by default, as on the real server. */
  readonly futureWaitMs?: number;
}

export interface ApiServerUser {
  readonly name: string;
  readonly token: string;
  readonly groups?: readonly string[];
  /** The user's uid, which differs from that of an earlier user of the same name; empty without it. */
  readonly uid?: string;
}

const known: { readonly [name in keyof Required<ApiServerOptions>]: true } = {
  port: true,
  host: true,
  names: true,
  data: true,
  token: true,
  users: true,
  authorization: true,
  kubernetes: true,
  without: true,
  http2: true,
  clock: true,
  windowEvents: true,
  bookmarkMs: true,
  storageInitMs: true,
  futureWaitMs: true,
};

/**
 * @throws ApiServerError ERR_APISERVER_OPTION for an option that is misspelt or of another type, and for tokens that no header carries or that two
 * users share
 */
export function checkOptions(options: ApiServerOptions): void {
  if (typeof (options as unknown) !== 'object' || (options as unknown) === null) refuse('the options of an API server must be an object');
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !Object.hasOwn(known, name))
      refuse(`there is no option ${JSON.stringify(name.slice(0, 100))}; there are ${Object.keys(known).join(', ')}`);
  const { port, authorization, token, users = [] } = options;
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) refuse('port must be a whole number from 0 to 65535');
  for (const name of ['host', 'data'] as const)
    if (options[name] !== undefined && (typeof options[name] !== 'string' || options[name] === ''))
      refuse(`${name} must be a text, or left out`);
  for (const name of ['windowEvents', 'bookmarkMs', 'storageInitMs', 'futureWaitMs'] as const)
    if (options[name] !== undefined && !(Number.isFinite(options[name]) && options[name] >= 0))
      refuse(`${name} must be a number, 0 or more`);
  if (authorization !== undefined && authorization !== 'RBAC' && authorization !== 'AlwaysAllow')
    refuse("authorization must be 'RBAC' or 'AlwaysAllow'");
  if (token !== undefined && !isBearerToken(token)) refuse(`token ${wrongToken}`);
  if (!Array.isArray(users)) refuse('users must be a list of { name, token }');
  const taken = new Set<string | undefined>([token]);
  for (const user of users as readonly ApiServerUser[]) {
    if (typeof (user as unknown) !== 'object' || (user as unknown) === null || typeof user.name !== 'string' || user.name === '')
      refuse('each of users must have a name and a token');
    if (!isBearerToken(user.token)) refuse(`the token of the user ${JSON.stringify(user.name)} ${wrongToken}`);
    if (taken.has(user.token)) refuse(`the user ${JSON.stringify(user.name)} has the token of another user; give each one of its own`);
    taken.add(user.token);
  }
}

const wrongToken = 'must be a text of letters, digits and punctuation of ASCII, without spaces: no header carries another';

function refuse(problem: string): never {
  throw new ApiServerError('ERR_APISERVER_OPTION', problem);
}
