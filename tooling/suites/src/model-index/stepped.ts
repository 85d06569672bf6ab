import { appModelApi, createPublisher, type AppModelApi, type AppModelResource, type Publisher } from '@kubecast/model-index';
import type { ValuePublisher } from '@kubecast/redis-loader';

/** A publisher that stops before each thing that it does to the outside, until it is told to go on. */
export class SteppedPublisher {
  readonly publisher: Publisher;
  #waiting: { readonly step: string; readonly go: () => void; readonly crash: (why: Error) => void } | undefined;
  #arrived: () => void = () => {};
  #ended = false;
  #outcome: Promise<unknown> = Promise.resolve();

  constructor(appModels: AppModelResource, values: ValuePublisher) {
    const api = appModelApi(appModels);
    const stepped: AppModelApi = {
      get: async (...args) => {
        await this.#gate('read');
        return api.get(...args);
      },
      apply: async (object, options) => {
        await this.#gate(options.dryRun ? 'dry run' : 'apply');
        return api.apply(object, options);
      },
    };
    const own: ValuePublisher = Object.assign(Object.create(values) as ValuePublisher, {
      keyOf: values.keyOf.bind(values),
      look: async (...args: Parameters<ValuePublisher['look']>) => {
        await this.#gate('look');
        return values.look(...args);
      },
      publishAll: async (...args: Parameters<ValuePublisher['publishAll']>) => {
        await this.#gate('write');
        return values.publishAll(...args);
      },
      rollback: async (...args: Parameters<ValuePublisher['rollback']>) => {
        await this.#gate('go back');
        return values.rollback(...args);
      },
    });
    own.holds = values.holds.bind(values);
    this.publisher = createPublisher({ appModels: stepped, values: own, namespace: 'meta-test' });
  }

  /** What it stopped before; '' once it has ended. */
  get step(): string {
    return this.#waiting?.step ?? '';
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** 'published', or the code of its error. */
  get outcome(): Promise<unknown> {
    return this.#outcome;
  }

  /** Begins, up to its first step. */
  async begin(task: (publisher: Publisher) => Promise<unknown>): Promise<void> {
    const next = new Promise<void>((resolve) => (this.#arrived = resolve));
    this.#outcome = task(this.publisher).then(
      () => 'published',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
    void this.#outcome.then(() => {
      this.#ended = true;
      this.#arrived();
    });
    await next;
  }

  /** Does the step before which it stopped, and what follows up to the next one. */
  async next(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#ended) return;
    const next = new Promise<void>((resolve) => (this.#arrived = resolve));
    this.#waiting = undefined;
    waiting.go();
    await next;
  }

  async finish(): Promise<void> {
    while (!this.#ended) await this.next();
  }

  /** Never does the step before which it stopped, nor anything after it: as if its process had been killed there. */
  crash(): void {
    this.#waiting = undefined;
    this.#ended = true;
  }

  #gate(step: string): Promise<void> {
    if (this.#ended) return new Promise(() => {});
    return new Promise((resolve, reject) => {
      this.#waiting = { step, go: resolve, crash: reject };
      this.#arrived();
    });
  }
}
