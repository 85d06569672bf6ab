import { timingSafeEqual } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { unauthorized } from '../status/status-error.ts';
import type { User } from './user.ts';
import { issuer, type ServiceAccountTokens } from './service-account-tokens.ts';

export const anonymous: User = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'] };

/** The user of a client certificate of this CA: the common name is the user name, the organizations are the groups. */
export interface ShownCertificate {
  readonly user: string;
  readonly groups: readonly string[];
  /** Whether our CA signed it. */
  readonly trusted: boolean;
}

/**
 * The client certificate of this connection; undefined without one. Bun's server does not expose client certificates, so there it is always
 * undefined.
 */
export function shownCertificate(socket: object): ShownCertificate | undefined {
  const { getPeerCertificate, authorized } = socket as Partial<Pick<TLSSocket, 'getPeerCertificate' | 'authorized'>>;
  const subject = getPeerCertificate?.call(socket)?.subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  if (subject === undefined) return undefined;
  return { user: [subject.CN ?? ''].flat()[0] ?? '', groups: [subject.O ?? []].flat(), trusted: authorized === true };
}

/** Whether a header can carry it as a bearer token, whole: without spaces, line ends and other characters than those of ASCII that are shown. */
export function isBearerToken(token: unknown): boolean {
  return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token);
}

/** Finds the user of a bearer token or a client certificate. */
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
   * @throws StatusError 401 for an unknown token, and for a certificate of another CA without a known token
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

  /** The user of a token, and the audiences it is for if it names any. */
  ofToken(token: string, audiences?: readonly string[]): { readonly user: User; readonly audiences: readonly string[] } | undefined {
    const given = Buffer.from(token);
    let found: User | undefined;
    // All tokens are compared, each in constant time, so that the time of the answer reveals nothing about them.
    for (const [token, user] of this.#byToken) {
      const known = Buffer.from(token);
      if (known.length === given.length && timingSafeEqual(known, given)) found = user;
    }
    return found === undefined ? this.#accounts.read(token, audiences) : { user: found, audiences: audiences ?? [issuer] };
  }
}
