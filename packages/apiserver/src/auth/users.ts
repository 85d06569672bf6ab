import { timingSafeEqual } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { StatusError, unauthorized } from '../status/status-error.ts';
import type { User } from '../verbs/context.ts';

export const anonymous: User = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'] };

/** Who a client certificate of our CA names: its common name is the user, its organizations are the groups. */
export interface ShownCertificate {
  readonly user: string;
  readonly groups: readonly string[];
  /** Whether our CA signed it. */
  readonly trusted: boolean;
}

/**
 * The certificate that a client showed on this connection; undefined where it showed none. Bun's server does not tell what it was shown:
 * there every client is one without a certificate.
 */
export function shownCertificate(socket: object): ShownCertificate | undefined {
  const { getPeerCertificate, authorized } = socket as Partial<Pick<TLSSocket, 'getPeerCertificate' | 'authorized'>>;
  const subject = getPeerCertificate?.call(socket)?.subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  if (subject === undefined) return undefined;
  return { user: [subject.CN ?? ''].flat()[0] ?? '', groups: [subject.O ?? []].flat(), trusted: authorized === true };
}

/** Who a bearer token or a client certificate stands for. */
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
   * The user of a client certificate, else of an Authorization header; anonymous without either.
   * @throws StatusError 401 for a token that nobody has, and for a certificate of another CA without a token that somebody has
   */
  authenticate(authorization: string | undefined, certificate?: ShownCertificate): User {
    if (certificate?.trusted === true) return { name: certificate.user, uid: '', groups: [...certificate.groups, 'system:authenticated'] };
    const match = /^Bearer +(\S+)/i.exec(authorization ?? '');
    if (match === null) {
      if (certificate !== undefined) throw unauthorized();
      return anonymous;
    }
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
