import type { Event, ResourceType } from '@kubecast/crd';
import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { EventError, RuntimeOptionsError } from '../errors.ts';
import { isConflict, isNotFound } from '../objects/api-status.ts';
import { toMicroTime } from '../timing/micro-time.ts';
import type { EventCounters, EventNote, EventRecorder, EventRecorderOptions, Regarded } from './event-contract.ts';
import { checkNote, checkReporter, cutBytes, makeEvent, type Reporter } from './event-fields.ts';
import { EventLimits } from './event-limits.ts';
import { EventWriter } from './event-writer.ts';

interface Series {
  readonly event: Event;
  count: number;
  /** When it was last recorded, by the calendar and by the monotonic clock. */
  seenWall: number;
  seenNow: number;
  written: number;
}

const MOST_SERIES = 1024;
/** A series ends after so long without a repeat (client-go's finishTime): the next one is a new event. */
const SERIES_MS = 360_000;

/**
 * What repeats (same object by UID, type, reason, action and note) is one event with a count, written each `flushMs` and at the end, until six
 * minutes pass without a repeat. From the tenth note of one kind on, notes are combined. Each object has a budget. At most 1,024 series
 * are remembered and 1,000 writes wait. A server that is away is tried again twelve times, ten seconds apart.
 *
 * @throws RuntimeOptionsError for a reporter that the server would refuse
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new SeriesRecorder(options);
}

class SeriesRecorder implements EventRecorder {
  readonly #o: EventRecorderOptions;
  readonly #reporter: Reporter;
  readonly #clock: Clock;
  readonly #limits: EventLimits;
  readonly #writer: EventWriter;
  readonly #series = new Map<string, Series>();
  readonly #counters = { created: 0, repeated: 0, combined: 0, dropped: 0, refused: 0, failed: 0, recreated: 0 };
  readonly #ending = new AbortController();
  #flushing = false;
  #made = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    const { burst = 25, refillMs = 300_000, flushMs = 60_000 } = options;
    for (const [name, value] of Object.entries({ burst, refillMs, flushMs }))
      if (!(Number.isFinite(value) && value > 0)) throw new RuntimeOptionsError(`event recorder: ${name} must be a number above 0`);
    this.#o = options;
    this.#reporter = checkReporter(options);
    this.#clock = options.clock ?? systemClock;
    this.#limits = new EventLimits(this.#clock, { burst, refillMs });
    this.#writer = new EventWriter(this.#clock);
  }

  get counters(): EventCounters {
    return { ...this.#counters };
  }

  record(type: ResourceType, object: Regarded, event: EventNote): void {
    if (this.#stopped !== undefined) {
      this.#counters.dropped += 1;
      return;
    }
    try {
      this.#record(type, object, checkNote(event));
    } catch (error) {
      this.#counters.refused += 1;
      this.#tell(error instanceof EventError ? error : new EventError(`an event cannot be made: ${String(error)}`));
    }
  }

  #record(type: ResourceType, object: Regarded, given: EventNote): void {
    const { namespace = '', name = '', uid = '' } = object.metadata;
    const about = JSON.stringify([type.group, type.kind, namespace, name, uid]);
    const kind = JSON.stringify([about, given.type, given.reason, given.action]);
    const combined = this.#limits.combines(kind, given.note);
    const event = combined ? { ...given, note: cutBytes(`(combined from similar events): ${given.note}`, 1024) } : given;
    const key = combined ? kind : JSON.stringify([kind, event.note]);
    const known = this.#series.get(key);
    if (known !== undefined && this.#clock.now() - known.seenNow <= SERIES_MS) {
      known.count += 1;
      this.#see(known);
      this.#counters.repeated += 1;
      if (combined) this.#counters.combined += 1;
      this.#flushSoon();
      return;
    }
    if (!this.#limits.afford(about) || this.#writer.full) {
      this.#counters.dropped += 1;
      return;
    }
    if (known !== undefined) this.#end(key, known);
    const made = makeEvent(this.#reporter, type, object, event, { wall: this.#clock.wall(), unique: this.#unique() });
    const series: Series = { event: made, count: 1, seenWall: 0, seenNow: 0, written: 1 };
    this.#see(series);
    this.#series.set(key, series);
    this.#forgetOldest();
    this.#writer.write(
      (signal) => this.#create(made, signal),
      (outcome, error) => {
        if (outcome === 'written') this.#counters.created += 1;
        if (outcome === 'written' && combined) this.#counters.combined += 1;
        this.#settle(outcome, error);
      },
    );
  }

  #see(series: Series): void {
    series.seenWall = this.#clock.wall();
    series.seenNow = this.#clock.now();
  }

  #unique(): string {
    this.#made += 1;
    const random = Math.floor(this.#clock.random() * 0x10000);
    return `${Math.max(0, Math.floor(this.#clock.wall())).toString(16)}${this.#made.toString(16).padStart(4, '0')}${random.toString(16).padStart(4, '0')}`;
  }

  /** An earlier try of the same request may have reached the server although its answer did not reach us. */
  async #create(event: Event, signal: AbortSignal): Promise<void> {
    try {
      await this.#o.sink.create(event, signal);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  #settle(outcome: 'written' | 'failed' | 'dropped', error: unknown): void {
    if (outcome === 'written') return;
    this.#counters[outcome] += 1;
    this.#tell(error);
  }

  #tell(error: unknown): void {
    try {
      this.#o.onError?.(error);
    } catch {
      // Whoever is told must not cost an event its place.
    }
  }

  #forgetOldest(): void {
    if (this.#series.size <= MOST_SERIES) return;
    const [key, oldest] = this.#series.entries().next().value as [string, Series];
    this.#end(key, oldest);
  }

  /** No repeat is counted in the series any more; its last count is written. */
  #end(key: string, series: Series): void {
    this.#writeCount(series);
    this.#series.delete(key);
  }

  #writeCount(series: Series): void {
    if (series.count === series.written) return;
    const { count, event } = series;
    const more = count - series.written;
    series.written = count;
    const told = { count, lastObservedTime: toMicroTime(series.seenWall) };
    const { namespace = '', name = '' } = event.metadata;
    this.#writer.write(
      async (signal) => {
        try {
          await this.#o.sink.patch(namespace, name, { series: told }, signal);
        } catch (error) {
          if (!isNotFound(error)) throw error;
          // Its time to live was over, or somebody deleted it.
          await this.#create({ ...event, series: told }, signal);
          this.#counters.recreated += 1;
        }
      },
      (outcome, error) => {
        // The next write tells these too.
        if (outcome === 'failed') series.written = Math.min(series.written, count - more);
        this.#settle(outcome, error);
      },
    );
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#clock
      .sleep(this.#o.flushMs ?? 60_000, this.#ending.signal)
      .then(() => {
        this.#flushing = false;
        return this.flush();
      })
      .catch(() => {});
  }

  async flush(): Promise<void> {
    const now = this.#clock.now();
    for (const [key, series] of this.#series) {
      if (now - series.seenNow > SERIES_MS) this.#end(key, series);
      else this.#writeCount(series);
    }
    await this.#writer.idle();
  }

  stop({ deadlineMs = 5_000 }: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#stopped ??= (async () => {
      this.#ending.abort();
      for (const series of this.#series.values()) this.#writeCount(series);
      await this.#writer.end(deadlineMs);
    })();
    return this.#stopped;
  }
}
