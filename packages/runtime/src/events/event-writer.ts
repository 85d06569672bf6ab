import type { Clock } from '@kubecast/clock';
import { codeOf, statusOf } from '../objects/api-status.ts';
import { withDeadline } from '../timing/deadline.ts';

// client-go's numbers (tools/events/event_broadcaster.go).
const MOST_WAITING = 1_000;
const MOST_TRIES = 12;
const BETWEEN_TRIES_MS = 10_000;
const REQUEST_MS = 10_000;

type Outcome = 'written' | 'failed' | 'dropped';

/** Writes one thing after the other, so that a count never comes before its event. Waits out a server that is away. */
export class EventWriter {
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #cutOff = new AbortController();
  #waiting = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get full(): boolean {
    return this.#waiting >= MOST_WAITING;
  }

  /** `done` is called exactly once. */
  write(task: (signal: AbortSignal) => Promise<void>, done: (outcome: Outcome, error?: unknown) => void): void {
    this.#waiting += 1;
    const before = this.#tail;
    this.#tail = (async () => {
      await before;
      try {
        await this.#tries(task);
        done('written');
      } catch (error) {
        done(this.#cutOff.signal.aborted ? 'dropped' : 'failed', error);
      } finally {
        this.#waiting -= 1;
      }
    })();
  }

  async #tries(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#cutOff;
    for (let tried = 1; ; tried += 1) {
      try {
        await withDeadline(this.#clock, { what: 'writing an event', ms: REQUEST_MS, signal }, task);
        return;
      } catch (error) {
        if (tried >= MOST_TRIES || this.#ending.signal.aborted || !isPassing(error)) throw error;
      }
      // Its end is the end of the recorder: one more try, then it is over.
      await this.#clock.sleep(BETWEEN_TRIES_MS * (1 + 0.25 * this.#clock.random()), this.#ending.signal).catch(() => {});
    }
  }

  /** Resolves when everything that was given until now is written or given up. */
  idle(): Promise<void> {
    return this.#tail;
  }

  /** The same, by a deadline: what is not written then is dropped. Nothing is waited out any more. */
  async end(deadlineMs: number): Promise<void> {
    this.#ending.abort();
    const timer = new AbortController();
    this.#clock.sleep(deadlineMs, timer.signal).then(
      () => this.#cutOff.abort(new Error('the event recorder was stopped')),
      () => {},
    );
    await this.#tail;
    timer.abort();
  }
}

const PASSING_CODES: ReadonlySet<string> = new Set([
  'CLIENT_CONNECTION',
  'CLIENT_TIMEOUT',
  'CLIENT_TLS',
  'CLIENT_CREDENTIALS',
  'CLIENT_PROTOCOL',
  'RuntimeDeadline',
]);

/** Whether the same request may succeed later: the network or the server is away. What the program does wrong stays wrong. */
function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status === 429 || status >= 500;
  const code = codeOf(error);
  return PASSING_CODES.has(code) || /^E[A-Z]+$/u.test(code);
}
