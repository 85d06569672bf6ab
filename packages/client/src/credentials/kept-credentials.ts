import type { Credentials, CredentialSource } from '../connection/connection.ts';

/**
 * Credentials that are kept while they hold, and made anew when they do not or the server refused them: one renewal serves all who wait for it.
 * `held` gives undefined where nothing holds.
 */
export function keptCredentials(held: () => Credentials | undefined, renew: () => Promise<Credentials>): CredentialSource {
  let running: Promise<Credentials> | undefined;
  return {
    get({ fresh }): Promise<Credentials> {
      const credentials = running === undefined && !fresh ? held() : undefined;
      if (credentials !== undefined) return Promise.resolve(credentials);
      running ??= renew().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}
