import { timingSafeEqual } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { unauthorized } from '../status/status-error.ts';
import type { User } from './user.ts';
import { issuer, type ServiceAccountTokens } from './service-account-tokens.ts';

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
  readonly #accounts: ServiceAccountTokens;

  constructor(accounts: ServiceAccountTokens) {
    this.#accounts = accounts;
  }

  add(token: string, name: string, groups: readonly string[], uid: string = ''): void {
    this.#byToken.set(token, { name, uid, groups: [...groups, 'system:authenticated'] });
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
    const found = this.ofToken(match[1] as string);
    if (found === undefined) throw unauthorized();
    return found.user;
  }

  /** Whom a token stands for, and for which of the audiences where it says so. */
  ofToken(token: string, audiences?: readonly string[]): { readonly user: User; readonly audiences: readonly string[] } | undefined {
    const given = Buffer.from(token);
    let found: User | undefined;
    // Every token is compared, in constant time each, so that the answer's time says nothing about them.
    for (const [token, user] of this.#byToken) {
      const known = Buffer.from(token);
      if (known.length === given.length && timingSafeEqual(known, given)) found = user;
    }
    return found === undefined ? this.#accounts.read(token, audiences) : { user: found, audiences: audiences ?? [issuer] };
  }
}
