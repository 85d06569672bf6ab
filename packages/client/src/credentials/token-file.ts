import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import type { CredentialCounters, Credentials, CredentialSource } from '../connection/connection.ts';
import { hasControl } from '../connection/connection-from.ts';
import { CredentialsError } from '../errors.ts';
import { ReloadedFiles } from './reloaded-files.ts';

/**
 * A bearer token in a file that others rotate, such as a service account's. Read again after `maxAgeMs` (default 10 s; the kubelet
 * rotates at 80 % of a token's life, an hour by default) and at once when the server refused it. A file that is missing or empty for a moment,
 * as while it is rotated, leaves the last token in use until the server refuses it.
 */
export class TokenFile implements CredentialSource {
  readonly #path: string;
  readonly #fallback: string | undefined;
  readonly #files: ReloadedFiles<string>;

  /** `fallback`: the token to use as long as the file was never readable. */
  constructor(path: string, options: { readonly maxAgeMs?: number; readonly clock?: Clock; readonly fallback?: string } = {}) {
    this.#path = path;
    this.#fallback = options.fallback;
    this.#files = new ReloadedFiles({
      read: () => readToken(path),
      same: (a, b) => a === b,
      maxAgeMs: options.maxAgeMs ?? 10_000,
      clock: options.clock ?? systemClock,
    });
  }

  get counters(): CredentialCounters {
    return { refreshes: 0, written: 0, notWritten: 0, ...this.#files.counters };
  }

  get problem(): string | undefined {
    const { problem } = this.#files;
    return problem === undefined ? undefined : `the token file ${this.#path} cannot be used: ${problem.message}`;
  }

  async get(options: { readonly fresh: boolean }): Promise<Credentials> {
    try {
      const token = await this.#files.get(options.fresh);
      // The server refused the last token, and there is no other: why there is none is what helps.
      if (options.fresh && this.#files.problem !== undefined) throw this.#files.problem;
      return { token };
    } catch (cause) {
      if (this.#fallback !== undefined) return { token: this.#fallback };
      throw new CredentialsError(this.problem ?? `the token file ${this.#path} cannot be used`, { cause });
    }
  }
}

/** The mark of UTF-8 that editors put before a text is none of the token's; nor are spaces and line ends about it. */
async function readToken(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  let token: string;
  try {
    token = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)).trim();
  } catch (error) {
    if (error instanceof TypeError) throw new Error('it is no text in UTF-8', { cause: error });
    throw error;
  }
  if (hasControl(token))
    throw new Error('it holds line ends or other characters that no header can carry; if it is a text in UTF-16, write it in UTF-8');
  if (token === '') throw new Error('it is empty');
  return token;
}
