import type { Frame, ListPagesOptions, RawPage, ResourceSource, WatchOptions } from '@kubecast/client';
import type { Clock } from '@kubecast/clock';
import type { ServerCheck } from './server-check.ts';

export interface CheckedSourceOptions {
  /** Whether the objects in the view come from the file. */
  readonly fromFile: boolean;
  /** The schema fingerprint that the objects in the view were listed under. */
  readonly form: string | undefined;
  /** The file is of another server. */
  foreign(): void;
  /** The server shows the objects in another form than they were saved in, under the same versions. */
  otherForm(reason: string): void;
}

/**
 * A source of an informer that keeps a file. Before the first request of a scope that began with the file, the server is asked who it is, and whether
 * it still shows the objects as they were saved. It notes the schema fingerprint of each list, which is saved with the objects.
 */
export class CheckedSource implements ResourceSource {
  readonly form?: (signal: AbortSignal) => Promise<string | undefined>;
  readonly #source: ResourceSource;
  readonly #check: ServerCheck;
  readonly #o: CheckedSourceOptions;
  readonly #clock: Clock;
  #checked = false;
  #asked: string | undefined;
  #listing: string | undefined;
  #listed: string | undefined;

  constructor(source: ResourceSource, check: ServerCheck, clock: Clock, options: CheckedSourceOptions) {
    this.#source = source;
    this.#check = check;
    this.#clock = clock;
    this.#o = options;
    this.#listed = options.form;
    if (source.form !== undefined)
      this.form = async (signal) => {
        const form = await source.form?.(signal);
        this.#asked = form;
        return form;
      };
  }

  /** The schema fingerprint that the objects of this scope were listed under. */
  get listedUnder(): string | undefined {
    return this.#listed;
  }

  /** The last list stands in the view. */
  committed(): void {
    this.#listed = this.#listing;
  }

  async *listPages(options: ListPagesOptions, signal: AbortSignal): AsyncIterable<RawPage> {
    await this.#before(signal);
    // The reflector's probe is a list as well, of a name that nobody has.
    if (options.fieldSelector?.startsWith(PROBE) !== true) this.#listing = this.#asked;
    yield* this.#source.listPages(options, signal);
  }

  async *watchFrames(options: WatchOptions, signal?: AbortSignal): AsyncIterable<readonly Frame[]> {
    await this.#before(signal ?? new AbortController().signal);
    if (options.sendInitialEvents === true) this.#listing = this.#asked;
    yield* this.#source.watchFrames(options, signal ?? new AbortController().signal);
  }

  async #before(signal: AbortSignal): Promise<void> {
    if (this.#checked) return;
    try {
      // While objects of a file may stand in the view, nothing is read before it is known whose they are: what another server shows beside them would
      // be saved as theirs. Without a file there is nothing to mix up.
      await (this.#check.restored ? this.#check.ask(signal) : this.#check.askBriefly(this.#clock, signal));
    } catch (error) {
      if (this.#check.restored) throw error;
      return;
    }
    // Who was stopped as the answer came changes nothing any more: new scopes would outlive their informer.
    signal.throwIfAborted();
    this.#checked = true;
    if (this.#check.foreign) {
      // Also of a scope that began without the file: the versions that it must not show less than may be those of the file.
      this.#o.foreign();
      signal.throwIfAborted();
      return;
    }
    if (!this.#o.fromFile) return;
    const saved = this.#o.form;
    const form = saved === undefined ? undefined : await this.form?.(signal).catch(() => undefined);
    if (form !== undefined && form !== '' && form !== saved) {
      this.#o.otherForm('the server shows the objects in another form than that of the saved file; listing again');
      signal.throwIfAborted();
    }
  }
}

const PROBE = 'metadata.name=kubecast-nobody';
