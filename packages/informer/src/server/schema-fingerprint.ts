import type { ResourceSource } from '@kubecast/client';
import type { Clock } from '@kubecast/clock';
import { Fault } from './fault.ts';

/**
 * A fingerprint of the schema in which a server shows its objects. A change of a CRD ends its watches, but only after a second in which events
 * still come in the old form (seen on 1.36), and the server grants a resume after them: an object that did not change since would be shown in the
 * old form for ever.
 */
export class SchemaFingerprint {
  readonly #source: ResourceSource;
  readonly #clock: Clock;
  readonly #lagMs: number;
  /** Before the objects were listed; `''`: the server did not know; undefined: not asked yet. */
  #form: string | undefined;

  constructor(source: ResourceSource, clock: Clock, lagMs: number) {
    this.#source = source;
    this.#clock = clock;
    this.#lagMs = lagMs;
  }

  /** Before a list: a change between both is then found as one too many, never as one too few. */
  async note(signal: AbortSignal): Promise<void> {
    const form = await this.#read(signal);
    if (form !== undefined) this.#form = form;
  }

  /** Throws the fault that asks for a list, if the form is another by now. */
  async check(signal: AbortSignal): Promise<void> {
    const form = await this.#read(signal);
    if (form === undefined || form === '') return;
    if (this.#form === undefined) this.#form = form;
    else if (form !== this.#form) throw new Fault('relist', 'the server shows the objects in another form under the same versions');
  }

  /** Once the old form cannot be shown any more. */
  checkLater(signal: AbortSignal, changed: (fault: Fault) => void): void {
    if (this.#source.form === undefined) return;
    const check = async (): Promise<void> => {
      await this.#clock.sleep(this.#lagMs, signal);
      await this.check(signal);
    };
    check().catch((error: unknown) => {
      if (!signal.aborted && error instanceof Fault) changed(error);
    });
  }

  /** Never rejects, and ends with the signal. */
  #read(signal: AbortSignal): Promise<string | undefined> {
    if (this.#source.form === undefined || signal.aborted) return Promise.resolve(undefined);
    let asked: Promise<string | undefined>;
    try {
      asked = this.#source.form(signal).catch(() => undefined);
    } catch {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      const stop = (): void => resolve(undefined);
      signal.addEventListener('abort', stop, { once: true });
      void asked.then((form) => {
        signal.removeEventListener('abort', stop);
        resolve(form);
      });
    });
  }
}
