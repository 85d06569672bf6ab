import type { Clock } from '@kubecast/clock';
import { RuntimeOptionsError, SyncTimeoutError } from '../errors.ts';
import { awaitedWithin } from '../timing/deadline.ts';
import { shown } from '../queue/limiters.ts';
import type { ManagerReports } from './manager-reports.ts';

/** What a preparation gets of its manager. */
export interface PreparationContext {
  /** Aborted when the manager is told to stop, and when the time of the preparation, or of the whole sync, is over. */
  readonly signal: AbortSignal;
  /** Says in words what the preparation waits for, for /readyz and the log; '' when it waits for nothing. */
  readonly waitingFor: (reason: string) => void;
}

/** A step between the opening of the servers and the start of the informers: it makes what the informers need, a CRD for example. */
export interface Preparation {
  /** Names it in the log, in errors, and as a check of /readyz. */
  readonly name: string;
  /**
   * Resolves when the informers may start. If it rejects, the manager stops, and `run` rejects with its error. When the manager is told to stop, the
   * signal is aborted and the step is awaited like a reconcile.
   */
  readonly run: (context: PreparationContext) => Promise<void> | void;
  /** Milliseconds, after which `run` of the manager rejects with SyncTimeoutError. Default 0: until `syncTimeoutMs` of the manager. */
  readonly deadlineMs?: number;
}

/** The preparations of one manager, which run one after the other, each with a state that can be asked for. */
export class Preparations {
  readonly #steps: readonly Preparation[];
  readonly #clock: Clock;
  readonly #reports: ManagerReports;
  /** What keeps each step from having ended, in words; a step that has ended is left out. */
  readonly #waiting = new Map<string, string>();

  constructor(steps: readonly Preparation[], clock: Clock, reports: ManagerReports) {
    check(steps);
    this.#steps = steps;
    this.#clock = clock;
    this.#reports = reports;
    for (const { name } of steps) this.#waiting.set(name, 'has not begun');
  }

  get names(): readonly string[] {
    return this.#steps.map(({ name }) => name);
  }

  /** Why a step has not ended, in words; '' once it has. */
  trouble(name: string): string {
    return this.#waiting.get(name) ?? '';
  }

  /** What is waited for: the step that runs, or is the next to run. */
  get troubles(): readonly string[] {
    const [next] = this.#waiting;
    return next === undefined ? [] : [`${next[0]}: ${next[1]}`];
  }

  async run(signal: AbortSignal): Promise<void> {
    for (const step of this.#steps) {
      signal.throwIfAborted();
      await this.#run(step, signal);
    }
  }

  async #run({ name, run, deadlineMs = 0 }: Preparation, signal: AbortSignal): Promise<void> {
    const begun = this.#clock.now();
    let over = false;
    this.#waiting.set(name, 'is under way');
    const late = (): Error => new SyncTimeoutError(`the preparation ${name} did not end within ${deadlineMs} ms`, this.troubles);
    try {
      await awaitedWithin(this.#clock, { ms: deadlineMs === 0 ? Infinity : deadlineMs, signal, late }, async (own) => {
        await run({
          signal: own,
          waitingFor: (reason) => {
            if (over) return;
            this.#waiting.set(name, reason === '' ? 'is under way' : reason);
            this.#reports.report({ type: 'preparing', name, reason });
          },
        });
      });
      this.#waiting.delete(name);
      this.#reports.report({ type: 'prepared', name, ms: Math.round(this.#clock.now() - begun) });
    } finally {
      over = true;
    }
  }
}

function check(steps: unknown): void {
  if (!Array.isArray(steps))
    throw new RuntimeOptionsError(`manager: prepare is ${shown(steps)}; it must be a list of steps: [{ name, run }]`);
  for (const step of steps as readonly (Preparation | undefined)[]) {
    if (typeof step?.name !== 'string' || step.name === '') throw new RuntimeOptionsError('manager: a step of prepare has no name');
    const { name, run, deadlineMs = 0 } = step;
    if (typeof run !== 'function') throw new RuntimeOptionsError(`manager: run of the preparation ${name} must be a function`);
    if (typeof deadlineMs !== 'number' || !(deadlineMs >= 0))
      throw new RuntimeOptionsError(
        `manager: deadlineMs of the preparation ${name} is ${shown(deadlineMs)}; it must be a number of milliseconds, 0 or more`,
      );
    if (steps.filter((other) => (other as Preparation | undefined)?.name === name).length > 1)
      throw new RuntimeOptionsError(`manager: two preparations are named ${name}; each names a check of /readyz`);
  }
}
