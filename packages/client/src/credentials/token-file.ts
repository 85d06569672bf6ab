import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import type { Credentials, CredentialSource } from '../connection/connection.ts';
import { CredentialsError } from '../errors.ts';

/**
 * A bearer token in a file that others rotate, such as a service account's. Read again after `maxAgeMs` (default 10 s; the kubelet
 * rotates at 80 % of a token's life, an hour by default) and at once when the server refused it.
 */
export class TokenFile implements CredentialSource {
  readonly #path: string;
  readonly #maxAgeMs: number;
  readonly #clock: Clock;
  #token = '';
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(path: string, options: { readonly maxAgeMs?: number; readonly clock?: Clock } = {}) {
    this.#path = path;
    this.#maxAgeMs = options.maxAgeMs ?? 10_000;
    this.#clock = options.clock ?? systemClock;
  }

  async get(options: { readonly fresh: boolean }): Promise<Credentials> {
    const now = this.#clock.now();
    if (options.fresh || now - this.#readAt >= this.#maxAgeMs) {
      try {
        const { readFile } = await import('node:fs/promises');
        const token = (await readFile(this.#path, 'utf8')).trim();
        if (token === '') throw new Error('it is empty');
        this.#token = token;
        this.#readAt = now;
      } catch (cause) {
        // While a rotation is under way the file may be missing for a moment; the last token is good until the server says no.
        if (this.#token === '' || options.fresh) {
          throw new CredentialsError(
            `the token file ${this.#path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
            { cause },
          );
        }
      }
    }
    return { token: this.#token };
  }
}
