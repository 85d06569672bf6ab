import { Backoff, type Clock } from '@kubecast/clock';
import type { Connection } from '../connection/connection.ts';
import type { RedisClient } from '../connection/connection-options.ts';
import { isCluster, readBatch, type ReadGroup } from '../connection/read-batch.ts';
import type { DueTimer } from './due/due-timer.ts';
import { judgeFailure, unreadable, type FailureVerdict } from './judge-failure.ts';
import { Lanes, type Batch, type LaneLimits } from './due/lanes.ts';
import type { LoaderCounts } from './loader-counters.ts';
import { readKeyOf, type Deferred, type Item } from './loader-item.ts';
import type { LoadFailureCode } from './wanted.ts';

/** From this suspicion on an item is asked for alone, whatever the size of batches. */
const ALONE = 8;
/** An item that was asked for alone in this many connections that were cut is tried again by its own back-off only. */
const UNREADABLE_FROM = 7;
/** From this failure on a value is read from the primary, if there is one. */
const PRIMARY_FROM_ATTEMPT = 2;

/** What is done with what was read. */
export interface ReadResults<P> {
  /** Whether an item still waits for its value, or for a look at it. */
  isOpen(item: Item<P>): boolean;
  answered(asked: Asked<P>, bytes: Buffer | null): void;
  /** The value of this item cannot be read. */
  failed(item: Item<P>, code: LoadFailureCode, message: string): void;
  /** Redis as a whole cannot answer now. The item stays queued. */
  away(item: Item<P>, message: string): void;
}

export interface BatchReaderOptions<P> {
  readonly clock: Clock;
  readonly timer: DueTimer;
  readonly connection: Connection;
  readonly primary: Connection | undefined;
  readonly lanes: LaneLimits;
  /** Commands in flight at once. */
  readonly inFlight: number;
  readonly counts: LoaderCounts;
  readonly results: ReadResults<P>;
}

/** One item of a batch. */
export interface Asked<P> {
  readonly item: Item<P>;
  /** That of the item when it was asked for. */
  readonly generation: number;
  /** Present where the key of its version was asked, undefined where the plain one was. */
  readonly deferred: Deferred<P> | undefined;
}

/** Reads queued items from Redis: in batches, several in flight, smaller ones after a failure, none while Redis is away. */
export class BatchReader<P> {
  readonly #options: BatchReaderOptions<P>;
  readonly #lanes: Lanes<P>;
  readonly #pause: Backoff;
  #inFlight = 0;
  #exclusive = false;
  #pausedUntil = -Infinity;
  #averageBytes = 1024;
  #reading = 0;
  #scheduled = false;
  #closed = false;

  constructor(options: BatchReaderOptions<P>) {
    this.#options = options;
    this.#lanes = new Lanes(options.lanes);
    this.#pause = new Backoff(options.clock, { baseMs: 200, maxMs: 10_000, resetAfterMs: 60_000 });
  }

  /** Items that are queued or being read. */
  get pending(): number {
    return this.#lanes.size + this.#reading;
  }

  /** Whether nothing is sent for now because Redis could not answer. */
  get isPaused(): boolean {
    return this.#options.clock.now() < this.#pausedUntil;
  }

  /** Puts an item into the next batches, or into those of its new state if it is queued already. */
  enqueue(item: Item<P>): void {
    this.#lanes.remove(item);
    item.phase = 'queued';
    this.#lanes.add(item, this.#options.primary !== undefined && item.attempts >= PRIMARY_FROM_ATTEMPT);
    this.schedule();
  }

  remove(item: Item<P>): void {
    this.#lanes.remove(item);
  }

  /** Starts batches in a microtask: everything that is queued in one turn goes into the same ones. */
  schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** Ends a pause: Redis is back, or somebody asks for another try. */
  resume(): void {
    this.#pausedUntil = -Infinity;
    this.schedule();
  }

  close(): void {
    this.#closed = true;
  }

  #pump(): void {
    if (this.#closed || this.#lanes.size === 0) return;
    const { connection, primary: primaryConnection, inFlight } = this.#options;
    const client = connection.open();
    const primary = this.#lanes.hasPrimary ? primaryConnection?.open() : undefined;
    if (client === undefined || !connection.isReady || this.isPaused) return;
    while (!this.#exclusive && this.#inFlight < inFlight) {
      const batch = this.#lanes.next(this.#inFlight, primaryConnection?.isReady === true, this.#averageBytes);
      if (batch === undefined) break;
      const isPrimary = batch.primary && primary !== undefined && primaryConnection !== undefined;
      void this.#read(batch, isPrimary ? primaryConnection : connection, isPrimary ? primary : client);
    }
  }

  async #read(batch: Batch<P>, connection: Connection, client: RedisClient): Promise<void> {
    const { counts, results } = this.#options;
    const byKey = new Map<string, Asked<P>[]>();
    for (const item of batch.items) {
      item.phase = 'reading';
      const asked = { item, generation: item.generation, deferred: item.deferred };
      const key = readKeyOf(item);
      const same = byKey.get(key);
      if (same === undefined) byKey.set(key, [asked]);
      else same.push(asked);
    }
    this.#inFlight += 1;
    this.#reading += batch.items.length;
    if (batch.exclusive) this.#exclusive = true;
    await readBatch(connection, client, [...byKey.keys()], (group) => {
      const asked = group.keys.map((key) => byKey.get(key) ?? []);
      for (const same of asked) this.#reading -= same.length;
      if (this.#closed) return;
      counts.commands += 1;
      if (batch.primary) counts.primaryReads += group.keys.length;
      if (group.values === undefined) return this.#groupFailed(asked.flat(), group, connection, client);
      counts.keysRead += group.keys.length;
      this.#pause.reset();
      for (const [index, bytes] of group.values.entries())
        for (const each of asked[index] ?? []) {
          this.#measure(bytes);
          results.answered(each, bytes);
        }
    });
    this.#inFlight -= 1;
    if (batch.exclusive) this.#exclusive = false;
    this.schedule();
  }

  #measure(bytes: Buffer | null): void {
    if (bytes === null) return;
    this.#options.counts.bytesRead += bytes.byteLength;
    this.#averageBytes += (bytes.byteLength - this.#averageBytes) / 64;
  }

  #groupFailed(asked: readonly Asked<P>[], group: ReadGroup, connection: Connection, client: RedisClient): void {
    const { counts } = this.#options;
    const verdict = judgeFailure(group.error, group.keys, isCluster(client));
    counts.failedCommands += 1;
    if (verdict.timedOut) counts.timeouts += 1;
    const single = group.keys.length === 1;
    if (!single && (verdict.cut || verdict.action === 'split')) counts.splits += 1;
    if (verdict.action === 'pause') {
      if (verdict.timedOut) connection.renew(client);
      this.#pauseAll();
    }
    for (const { item } of asked) this.#itemFailed(item, verdict, single);
  }

  #itemFailed(item: Item<P>, verdict: FailureVerdict, single: boolean): void {
    const { results } = this.#options;
    item.phase = 'idle';
    if (!results.isOpen(item)) return;
    if (verdict.action === 'each') return results.failed(item, verdict.code, verdict.message);
    if (verdict.action === 'split') {
      item.suspicion += verdict.code === 'Denied' ? ALONE : 1;
      return this.enqueue(item);
    }
    if (verdict.cut) item.suspicion += 1;
    if (verdict.cut && single && item.suspicion >= UNREADABLE_FROM)
      return results.failed(item, 'Unreadable', unreadable(readKeyOf(item), verdict.message));
    results.away(item, verdict.message);
    this.enqueue(item);
  }

  /** Nothing is sent until the back-off is over or the connection is ready again. */
  #pauseAll(): void {
    const now = this.#options.clock.now();
    if (now < this.#pausedUntil) return; // Of several batches that failed together one counts.
    this.#pausedUntil = now + this.#pause.next();
    this.#options.timer.at(this.#pausedUntil, () => this.schedule());
  }
}
