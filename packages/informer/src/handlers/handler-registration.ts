import type { Clock } from '@kubecast/clock';
import type { Query, View } from '@kubecast/store';
import type { Handler, HandlerHandle, HandlerOptions } from '../contract/informer.ts';
import { InformerStoppedError } from '../errors.ts';
import { Listener } from './listener.ts';
import type { Scheduler } from './scheduler.ts';

/** A part of the view that is complete. */
export interface FilledScope {
  readonly query: Query;
  /** Tells at once what is left of a difference that is being told in slices. */
  finishWalk(): void;
}

/** What a registration needs of its informer. */
export interface RegistrationHost<T> {
  readonly view: View<T>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly hasSynced: boolean;
  filledRuns(): readonly FilledScope[];
}

/** A handler as its owner holds it. */
export class HandlerRegistration<T> implements HandlerHandle {
  readonly listener: Listener<T>;
  readonly synced: Promise<void>;
  readonly #host: RegistrationHost<T>;
  readonly #onRemoved: () => void;
  readonly #abort = new AbortController();
  #hasSynced = false;
  #resolve: () => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(handler: Handler<T>, options: HandlerOptions<T>, host: RegistrationHost<T>, resyncMs: number, onRemoved: () => void) {
    this.#host = host;
    this.#onRemoved = onRemoved;
    this.listener = new Listener<T>(handler, options, host.view, host.scheduler, () => this.check());
    this.synced = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody has to wait for it.
    this.synced.catch(() => undefined);
    const every = options.resyncMs ?? resyncMs;
    if (every > 0) void this.#resync(every);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get name(): string {
    return this.listener.name;
  }

  get counters(): HandlerHandle['counters'] {
    return this.listener.counters;
  }

  get waiting(): number {
    return this.listener.waiting;
  }

  get pinned(): number {
    return this.listener.pinned;
  }

  /** Looks whether the handler is synced by now. */
  check(): void {
    if (this.#hasSynced || this.listener.removed || !this.#host.hasSynced || !this.listener.initialDone) return;
    this.#hasSynced = true;
    this.#resolve();
  }

  /** It cannot become synced as things stand: who waits is told why. */
  fail(reason: unknown): void {
    if (!this.#hasSynced) this.#reject(reason);
  }

  remove(): void {
    if (this.listener.removed) return;
    const reason = new InformerStoppedError(`the handler ${JSON.stringify(this.listener.name)} was removed`);
    this.listener.remove(reason);
    this.#abort.abort(reason);
    this.#reject(reason);
    this.#onRemoved();
  }

  [Symbol.dispose](): void {
    this.remove();
  }

  async #resync(every: number): Promise<void> {
    const { clock } = this.#host;
    for (;;) {
      try {
        // A tenth of jitter either way, so that handlers and pods do not replay in step.
        await clock.sleep(every * (0.9 + 0.2 * clock.random()), this.#abort.signal);
      } catch {
        return;
      }
      if (!this.#hasSynced || this.listener.replaying('resync')) continue;
      for (const run of this.#host.filledRuns()) {
        // What the view shows and this handler was not told of yet is news, not a replay.
        run.finishWalk();
        this.listener.replay(run.query, 'resync', false, () => run.finishWalk());
      }
    }
  }
}
