import type { Frame, ResourceSource, WatchOptions } from '@kubecast/client';
import type { Clock } from '@kubecast/clock';
import { FrameReader } from './frame-reader.ts';

/** One open watch request: its frames, how long it was asked to live, and when it was last heard of. */
export class WatchStream {
  /** Clock.now() of the request. */
  readonly begun: number;
  /** The lifetime that the server was asked for. */
  readonly seconds: number;
  /** Clock.now() of the last batch, or of the request. */
  heardAt: number;
  readonly #clock: Clock;
  readonly #reader: FrameReader<readonly Frame[]>;
  #check: (() => number) | undefined;
  #unread: readonly Frame[] | undefined;

  /** @throws Fault if the source throws at once */
  constructor(source: ResourceSource, options: Omit<WatchOptions, 'timeoutSeconds'>, seconds: number, clock: Clock, signal: AbortSignal) {
    this.begun = clock.now();
    this.heardAt = this.begun;
    this.seconds = seconds;
    this.#clock = clock;
    this.#reader = new FrameReader((inner) => source.watchFrames({ ...options, timeoutSeconds: seconds }, inner), signal);
  }

  /** The watchdog: tells how long to wait until it is asked again, or throws the fault that ends the stream. A second call takes its place. */
  guard(check: () => number): void {
    const first = this.#check === undefined;
    this.#check = check;
    if (first) this.#reader.guard(this.#clock, () => (this.#check ?? check)());
  }

  /** The next batch, borrowed until the next call; undefined at a clean end. Throws a Fault. */
  async next(): Promise<readonly Frame[] | undefined> {
    const kept = this.#unread;
    this.#unread = undefined;
    if (kept !== undefined) return kept;
    const batch = await this.#reader.next();
    if (batch !== undefined) this.heardAt = this.#clock.now();
    return batch;
  }

  /** Puts back the rest of a batch: the next call of `next` gives it. */
  unread(frames: readonly Frame[]): void {
    if (frames.length > 0) this.#unread = frames;
  }

  close(): void {
    this.#reader.close();
  }
}
