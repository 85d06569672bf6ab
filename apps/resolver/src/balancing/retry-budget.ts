import type { Clock } from '@kubecast/clock';

/** What each call adds to its app's budget: retries are at most a fifth of the calls. */
const PER_CALL = 0.2;
/** Retries that an app has without any call before, so that the first calls of a quiet app can be retried. */
const RESERVE = 10;
/** The reserve comes back at this pace. */
const RESERVE_PER_MS = 1 / 1_000;
/** No app saves up more than this. */
const MOST = 100;
/** Apps that are remembered; beyond that the one that was used longest ago is forgotten. */
const REMEMBERED = 10_000;

interface Account {
  tokens: number;
  at: number;
}

/**
 * How many calls may be sent a second time. Retries that are not bounded multiply the load on an app that is failing because of its load.
 * Each app has a budget of its own: a fifth of its calls, and at least one retry a second.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #accounts = new Map<string, Account>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a call of the app. */
  called(owner: string): void {
    const account = this.#account(owner);
    account.tokens = Math.min(MOST, account.tokens + PER_CALL);
  }

  /** Takes one retry from the budget of the app; false if it is used up. */
  take(owner: string): boolean {
    const account = this.#account(owner);
    if (account.tokens < 1) return false;
    account.tokens -= 1;
    return true;
  }

  #account(owner: string): Account {
    const now = this.#clock.now();
    let account = this.#accounts.get(owner);
    if (account === undefined) {
      account = { tokens: RESERVE, at: now };
      if (this.#accounts.size >= REMEMBERED) this.#accounts.delete(this.#accounts.keys().next().value as string);
      this.#accounts.set(owner, account);
      return account;
    }
    if (account.tokens < RESERVE) account.tokens = Math.min(RESERVE, account.tokens + (now - account.at) * RESERVE_PER_MS);
    account.at = now;
    return account;
  }
}
