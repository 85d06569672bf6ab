import { timingSafeEqual } from 'node:crypto';
import { StatusError, unauthorized } from '../status/status-error.ts';
import type { User } from '../verbs/context.ts';

export const anonymous: User = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'] };

/** Who a bearer token stands for. */
export class Users {
  readonly #byToken = new Map<string, User>();

  add(token: string, name: string, groups: readonly string[]): void {
    this.#byToken.set(token, { name, uid: '', groups: [...groups, 'system:authenticated'] });
  }

  tokenOf(name: string): string | undefined {
    for (const [token, user] of this.#byToken) if (user.name === name) return token;
    return undefined;
  }

  /**
   * The user of an Authorization header; anonymous without a bearer token.
   * @throws StatusError 401 for a token that nobody has
   */
  authenticate(authorization: string | undefined): User {
    const match = /^Bearer +(\S+)/i.exec(authorization ?? '');
    if (match === null) return anonymous;
    const given = Buffer.from(match[1] as string);
    let found: User | undefined;
    // Every token is compared, in constant time each, so that the answer's time says nothing about them.
    for (const [token, user] of this.#byToken) {
      const known = Buffer.from(token);
      if (known.length === given.length && timingSafeEqual(known, given)) found = user;
    }
    if (found === undefined) throw unauthorized();
    return found;
  }
}

/** What anonymous may read: health and version. */
const open = /^\/(?:healthz|livez|readyz|version)(?:\/|$)/;

/** @throws StatusError 403 for anonymous, everywhere but at health and version. RBAC objects are not consulted. */
export function authorizePath(user: User, verb: string, pathname: string): void {
  if (user !== anonymous || open.test(pathname)) return;
  throw new StatusError(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${pathname}"`, {});
}
