import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { isObject } from '@kubecast/crd';
import type { Storage } from '../storage/storage.ts';
import { objectKey } from '../storage/stored-object.ts';
import type { User } from './user.ts';
import { accountGroups, accountUser } from './service-account-names.ts';

/** Who issues tokens, and whom they are for unless they say so. */
export const issuer = 'https://kubernetes.default.svc';

/** PEM. Whoever has the private key can speak for every service account. */
export interface SigningKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

export interface TokenParts {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly seconds: number;
  /** With this Secret the token goes. */
  readonly secret?: { readonly name: string; readonly uid: string };
}

interface Claims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly nbf: number;
  readonly iss: string;
  readonly jti: string;
  readonly sub: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: { readonly name: string; readonly uid: string };
    readonly secret?: { readonly name: string; readonly uid: string };
  };
}

/** Tokens whose signature was seen to be good; what they say of time and objects is looked at each time. */
const remembered = 1_000;

/**
 * Issues and reads the tokens of service accounts: signed JWTs (ES256) with the claims of kube-apiserver. A token holds until its time is over, its
 * service account is gone or another of the same name, or the Secret that it is bound to is.
 */
export class ServiceAccountTokens {
  readonly #storage: Storage;
  readonly #wall: () => number;
  #private: KeyObject | undefined;
  #public: KeyObject | undefined;
  readonly #good = new Map<string, Claims>();

  constructor(storage: Storage, wall: () => number) {
    this.#storage = storage;
    this.#wall = wall;
  }

  /** The keys come with the server's identity, at its first start. */
  use(keys: SigningKeys): void {
    this.#private = createPrivateKey(keys.privateKey);
    this.#public = createPublicKey(keys.publicKey);
    this.#good.clear();
  }

  issue(parts: TokenParts): string {
    if (this.#private === undefined) throw new Error('the API server has no keys yet: listen first');
    const now = Math.floor(this.#wall() / 1000);
    const claims = {
      aud: parts.audiences,
      exp: now + parts.seconds,
      iat: now,
      iss: issuer,
      jti: crypto.randomUUID(),
      'kubernetes.io': {
        namespace: parts.namespace,
        ...(parts.secret === undefined ? {} : { secret: parts.secret }),
        serviceaccount: { name: parts.name, uid: parts.uid },
      },
      nbf: now,
      sub: accountUser(parts.namespace, parts.name),
    };
    const body = `${encoded({ alg: 'ES256', typ: 'JWT' })}.${encoded(claims)}`;
    return `${body}.${sign('sha256', Buffer.from(body), { key: this.#private, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  /** Whom the token stands for, and for which of these audiences; undefined for one that is not good here and now. */
  read(token: string, audiences: readonly string[] = [issuer]): { readonly user: User; readonly audiences: readonly string[] } | undefined {
    const claims = this.#good.get(token) ?? this.#verified(token);
    if (claims === undefined) return undefined;
    const now = this.#wall() / 1000;
    // A minute for clocks that differ, as on the real server.
    if (now > claims.exp + 60 || now < claims.nbf - 60) return undefined;
    const meant = audiences.filter((audience) => claims.aud.includes(audience));
    if (meant.length === 0) return undefined;
    const { namespace, serviceaccount, secret } = claims['kubernetes.io'];
    const there = (table: string, name: string, uid: string): boolean =>
      this.#storage.table(table).get(objectKey(namespace, name))?.uid === uid;
    if (!there('/serviceaccounts', serviceaccount.name, serviceaccount.uid)) return undefined;
    if (secret !== undefined && !there('/secrets', secret.name, secret.uid)) return undefined;
    return {
      audiences: meant,
      user: {
        name: claims.sub,
        uid: serviceaccount.uid,
        groups: [...accountGroups(namespace), 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] },
      },
    };
  }

  #verified(token: string): Claims | undefined {
    const [head = '', body = '', signature = '', ...more] = token.split('.');
    if (this.#public === undefined || more.length > 0 || signature === '') return undefined;
    const header = decoded(head);
    if (!isObject(header) || header['alg'] !== 'ES256') return undefined;
    const key = { key: this.#public, dsaEncoding: 'ieee-p1363' } as const;
    if (!verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) return undefined;
    // What this key signed was made here, so its form is known.
    const claims = decoded(body) as unknown as Claims;
    if (claims.iss !== issuer) return undefined;
    const [oldest] = this.#good.keys();
    if (this.#good.size >= remembered && oldest !== undefined) this.#good.delete(oldest);
    this.#good.set(token, claims);
    return claims;
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
