import { systemClock, type Clock } from '@kubecast/clock';
import { DurableDamagedError, DurablePendingError, DurableWriteError } from './durable-errors.ts';
import type { DiskState } from './entry-text.ts';
import type { EntryWrite, LevelFolder } from './node-level-folder.ts';

/** One batch holds at most so many writes and characters: what it takes the event loop stays well below 10 ms, unless one value is larger. */
const MOST_WRITES = 1000;
const MOST_CHARACTERS = 1 << 18;

interface Pending extends EntryWrite {
  /** What the disk must hold in all after it. */
  readonly state: DiskState;
  readonly bytes: number;
}

interface Waiter {
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface WriteQueueOptions {
  readonly name: string;
  readonly folder: string;
  readonly maxPendingBytes: number;
  readonly retryMs: number;
  readonly clock?: Clock;
}

/**
 * The writes that wait for the disk, in their order. All that wait when the disk is free become one batch (several, where they are many), which is forced to the
 * disk; the sequence of its last write is durable then. After a failure nothing is dropped: the same batch is tried again, when flushed() asks for it or something
 * is written `retryMs` later.
 */
export class WriteQueue {
  readonly #disk: Pick<LevelFolder, 'write' | 'reopen' | 'close'>;
  readonly #options: WriteQueueOptions;
  readonly #clock: Clock;
  readonly #pending: Pending[] = [];
  #head = 0;
  /** The batch that is being written, or that failed and is tried again as it is: how many of the pending writes. */
  #batch = 0;
  #onDisk: DiskState;
  #state: DiskState;
  #running: Promise<void> | undefined;
  #waiters: Waiter[] = [];
  #failure: DurableWriteError | undefined;
  #failedAt = 0;
  #reopen = false;
  #lost: DurableDamagedError | undefined;
  pendingBytes = 0;
  batches = 0;
  failures = 0;

  constructor(disk: Pick<LevelFolder, 'write' | 'reopen' | 'close'>, state: DiskState, options: WriteQueueOptions) {
    this.#disk = disk;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#onDisk = state;
    this.#state = state;
  }

  /** The last sequence that survives a kill of the process and a loss of power. */
  get durable(): number {
    return this.#onDisk.sequence;
  }

  get failure(): DurableWriteError | undefined {
    return this.#failure;
  }

  get pendingWrites(): number {
    return this.#pending.length - this.#head;
  }

  /** What the map holds in all, with the writes that wait. */
  get state(): DiskState {
    return this.#state;
  }

  /** @throws DurablePendingError when a write of this length would be more than may wait */
  check(key: string, text: string | undefined): number {
    const bytes = 2 * (key.length + (text?.length ?? 0));
    const { name, folder, maxPendingBytes } = this.#options;
    if (this.pendingBytes + bytes > maxPendingBytes) throw new DurablePendingError(name, folder, bytes, maxPendingBytes);
    return bytes;
  }

  /** Adds a write that check() let pass. `state` is what it leads to. */
  add(key: string, text: string | undefined, bytes: number, state: DiskState): void {
    this.#state = state;
    this.#pending.push({ key, text, bytes, state });
    this.pendingBytes += bytes;
    if (this.#failure !== undefined && this.#clock.now() - this.#failedAt < this.#options.retryMs) return;
    void this.#start();
  }

  /** Resolves when all writes up to a sequence are durable; rejects when the disk refuses one of them, and can be called again. */
  async flushed(sequence: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (sequence <= this.durable) return;
    if (this.#lost !== undefined) throw this.#failure ?? this.#lost;
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        sequence,
        resolve: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort);
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the signal's reason, or our own error
          reject(error);
        },
      };
      const abort = (): void => {
        this.#waiters = this.#waiters.filter((each) => each !== waiter);
        waiter.reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
      void this.#start();
    });
  }

  /** Writes what waits, and lets go of the folder. Rejects with the failure when something is not durable. */
  async close(): Promise<void> {
    await this.#running;
    if (this.pendingWrites > 0) await this.#start();
    try {
      await this.#disk.close();
    } catch (error) {
      if (this.pendingWrites === 0) throw error;
    }
    if (this.pendingWrites > 0) throw this.#failure ?? this.#lost ?? new Error('not all was written');
  }

  /** What is written in the same turn as the first write goes with it. */
  #start(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      await Promise.resolve();
      while (this.pendingWrites > 0) {
        if (this.#batch === 0) this.#batch = this.#nextBatch();
        const end = this.#head + this.#batch;
        const { state } = this.#pending[end - 1] as Pending;
        await this.#write(end, state);
        this.#done(end, state);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      // In the same step as the last look at what waits, so that a later write starts anew.
      this.#running = undefined;
    }
  }

  /** How many of the pending writes become one batch. */
  #nextBatch(): number {
    let characters = 0;
    let writes = 0;
    for (let at = this.#head; at < this.#pending.length && writes < MOST_WRITES; at += 1) {
      characters += (this.#pending[at] as Pending).bytes / 2;
      if (writes > 0 && characters > MOST_CHARACTERS) break;
      writes += 1;
    }
    return writes;
  }

  async #write(end: number, state: DiskState): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#reopen) {
      const found = await this.#disk.reopen();
      // The attempt that failed may have reached the disk after all. Opening made what stands there durable.
      if (isSame(found, state)) {
        this.#reopen = false;
        return;
      }
      if (!isSame(found, this.#onDisk)) {
        this.#lost = new DurableDamagedError(
          this.#options.folder,
          `it ends with the write ${found.sequence}, not ${this.#onDisk.sequence}`,
        );
        throw this.#lost;
      }
      this.#reopen = false;
    }
    this.batches += 1;
    await this.#disk.write(this.#pending.slice(this.#head, end), state);
  }

  #done(end: number, state: DiskState): void {
    for (let at = this.#head; at < end; at += 1) this.pendingBytes -= (this.#pending[at] as Pending).bytes;
    this.#head = end;
    this.#batch = 0;
    if (this.#head === this.#pending.length || this.#head > 4096) {
      this.#pending.splice(0, this.#head);
      this.#head = 0;
    }
    this.#onDisk = state;
    this.#failure = undefined;
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ sequence }) => sequence > state.sequence);
    for (const waiter of waiting) if (waiter.sequence <= state.sequence) waiter.resolve();
  }

  #failed(error: unknown): void {
    this.failures += 1;
    this.#reopen = true;
    this.#failedAt = this.#clock.now();
    const { name, folder } = this.#options;
    const failure = new DurableWriteError(name, folder, this.durable + 1, this.#state.sequence, error);
    this.#failure = failure;
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) waiter.reject(failure);
  }
}

function isSame(a: DiskState, b: DiskState): boolean {
  return a.sequence === b.sequence && a.count === b.count && a.sum === b.sum;
}
