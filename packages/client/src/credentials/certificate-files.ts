import type { Clock } from '@kubecast/clock';
import type { CredentialCounters, CredentialSource, TrustSource } from '../connection/connection.ts';
import { authoritiesOf, type KeyPair, keyPairOf } from './pem.ts';
import { ReloadedFiles } from './reloaded-files.ts';

/** How old what was read of a certificate may be: as long as client-go uses one for new connections. */
const maxAgeMs = 1000;

/** Where one half of a pair comes from: its text, or the file that holds it. */
export type PemPlace = { readonly text: string } | { readonly path: string };

interface Watched {
  readonly clock: Clock;
  /** Names the connection and the user or cluster in problems. */
  readonly place: string;
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** A client certificate and its key, read at once; throws an Error that names what is wrong, without a secret. */
export async function readKeyPair(cert: PemPlace, key: PemPlace): Promise<KeyPair> {
  const pair = await keyPairOf(await textAt(cert, 'the client certificate'), await textAt(key, 'the client key'));
  if (typeof pair === 'string') throw new Error(pair);
  return pair;
}

/** The certificate authorities of a file or a text; throws an Error that names what is wrong. */
export async function readAuthorities(from: PemPlace): Promise<string> {
  const authorities = await authoritiesOf(await textAt(from, 'the certificate authority'));
  if (authorities === '') throw new Error('the certificate authority holds no certificate in PEM');
  return authorities;
}

/**
 * A client certificate and its key in files that others replace: looked at again when a request comes and they are older than a second, and at once
 * when the server refused them. A pair that is half written is not taken: the last good one stays, and no request fails for it.
 */
export function certificateFiles(first: KeyPair, cert: PemPlace, key: PemPlace, of: Watched): CredentialSource {
  const files = new ReloadedFiles<KeyPair>({
    first,
    read: () => readKeyPair(cert, key),
    same: (a, b) => a.cert === b.cert && a.key === b.key,
    maxAgeMs,
    clock: of.clock,
    onProblem: (text) => of.onWarning?.(`${of.place}: ${text}. The last good ones stay in use`),
  });
  return {
    get: ({ fresh }) => files.get(fresh),
    get counters() {
      return { refreshes: 0, written: 0, notWritten: 0, ...files.counters };
    },
    get problem() {
      return files.problem === undefined ? undefined : `${of.place}: ${files.problem.message}`;
    },
  };
}

/** Certificate authorities in a file that others replace, looked at as a client certificate is. */
export function authorityFile(first: string, path: string, of: Watched): TrustSource {
  const files = new ReloadedFiles<string>({
    first,
    read: () => readAuthorities({ path }),
    same: (a, b) => a === b,
    maxAgeMs,
    clock: of.clock,
    onProblem: (text) => of.onWarning?.(`${of.place}: ${text}. The last good ones stay in use`),
  });
  return {
    get: ({ fresh }) => files.get(fresh),
    get counters() {
      return files.counters;
    },
    get problem() {
      return files.problem === undefined ? undefined : `${of.place}: ${files.problem.message}`;
    },
  };
}

/** Both at once: the certificate for TLS, the token or password of the other beside it. */
export function besideCertificate(certificate: CredentialSource, other: CredentialSource): CredentialSource {
  const both = [certificate, other];
  return {
    async get(options) {
      const [ofCertificate, ofOther] = await Promise.all([certificate.get(options), other.get(options)]);
      return { ...ofOther, ...ofCertificate };
    },
    get counters() {
      const sum: Record<keyof CredentialCounters, number> = { refreshes: 0, written: 0, notWritten: 0, reloads: 0, notReloaded: 0 };
      for (const { counters } of both)
        for (const name of Object.keys(sum) as (keyof CredentialCounters)[]) sum[name] += counters?.[name] ?? 0;
      return sum;
    },
    get problem() {
      return certificate.problem ?? other.problem;
    },
  };
}

async function textAt(place: PemPlace, what: string): Promise<string> {
  if ('text' in place) return place.text;
  const { readFile } = await import('node:fs/promises');
  try {
    return await readFile(place.path, 'utf8');
  } catch (cause) {
    throw new Error(`${what} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
