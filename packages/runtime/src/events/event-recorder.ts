import type { Event, KubernetesObject, ResourceType } from '@kubecast/crd';
import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import { withDeadline } from '../timing/deadline.ts';
import { toMicroTime } from '../timing/micro-time.ts';

/** How events are written. `eventSink` makes one of a client. */
export interface EventSink {
  create(event: Event, signal: AbortSignal): Promise<void>;
  /** A JSON merge patch. */
  patch(namespace: string, name: string, patch: object, signal: AbortSignal): Promise<void>;
}

export interface EventRecorderOptions {
  readonly sink: EventSink;
  /** `iidp.com/controller`: who reports. */
  readonly controller: string;
  /** The process: the pod's name. At most 128 characters. */
  readonly instance: string;
  readonly clock?: Clock;
  /** Events about one object that may come at once. Default 25. */
  readonly burst?: number;
  /** Afterwards one each so many milliseconds. Default 300,000. */
  readonly refillMs?: number;
  /** Milliseconds between writes of the counts of what repeats. Default 60,000. */
  readonly flushMs?: number;
  readonly onError?: (error: unknown) => void;
}

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** Why, CamelCase; cut at 128 characters. */
  readonly reason: string;
  /** What was done or tried, CamelCase. */
  readonly action: string;
  /** For people; cut at 1,024 characters. */
  readonly note: string;
}

export interface EventCounters {
  readonly created: number;
  /** Repeats that were counted in a series. */
  readonly repeated: number;
  /** Over the object's budget, or over the queue's bound. */
  readonly dropped: number;
  readonly failed: number;
}

/** Records events (events.k8s.io/v1). Never waits and never throws: an event is a courtesy. */
export interface EventRecorder {
  record(type: ResourceType, object: Pick<KubernetesObject, 'metadata'>, event: EventNote): void;
  /** Writes what waits and the counts of all series. */
  flush(): Promise<void>;
  /** Flushes, then ends. Idempotent. */
  stop(): Promise<void>;
  readonly counters: EventCounters;
}

interface Series {
  readonly event: Event;
  count: number;
  lastSeen: number;
  written: number;
}

const MOST_SERIES = 1024;
const MOST_WAITING = 256;
const REQUEST_MS = 10_000;

/**
 * What repeats (same object by UID, type, reason, action and note) is one event with a count, written each `flushMs` and at the end. Each
 * object has a budget. At most 1,024 series are remembered and 256 writes wait.
 */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new SeriesRecorder(options);
}

class SeriesRecorder implements EventRecorder {
  readonly #o: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #series = new Map<string, Series>();
  readonly #budgets = new Map<string, { tokens: number; at: number }>();
  readonly #counters = { created: 0, repeated: 0, dropped: 0, failed: 0 };
  readonly #ending = new AbortController();
  #waiting = 0;
  #tail: Promise<void> = Promise.resolve();
  #flushing = false;
  #made = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
  }

  get counters(): EventCounters {
    return { ...this.#counters };
  }

  record(type: ResourceType, object: Pick<KubernetesObject, 'metadata'>, event: EventNote): void {
    if (this.#stopped !== undefined) return;
    const { namespace = '', name = '', uid = '' } = object.metadata;
    const note = cut(event.note, 1024);
    const key = JSON.stringify([uid, type.kind, namespace, name, event.type, event.reason, event.action, note]);
    const known = this.#series.get(key);
    if (known !== undefined) {
      known.count += 1;
      known.lastSeen = this.#clock.wall();
      this.#counters.repeated += 1;
      this.#flushSoon();
      return;
    }
    if (!this.#afford(JSON.stringify([type.kind, namespace, name, uid])) || this.#waiting >= MOST_WAITING) {
      this.#counters.dropped += 1;
      return;
    }
    const made = this.#make(type, object, event, note);
    this.#series.set(key, { event: made, count: 1, lastSeen: this.#clock.wall(), written: 1 });
    if (this.#series.size > MOST_SERIES) this.#series.delete(this.#series.keys().next().value as string);
    this.#send(
      () => this.#request((signal) => this.#o.sink.create(made, signal)),
      () => {
        this.#counters.created += 1;
      },
    );
  }

  #make(type: ResourceType, object: Pick<KubernetesObject, 'metadata'>, event: EventNote, note: string): Event {
    const { namespace = '', name = '', uid, resourceVersion } = object.metadata;
    const wall = this.#clock.wall();
    this.#made += 1;
    const unique = `${wall.toString(16)}${this.#made.toString(16).padStart(4, '0')}${Math.floor(this.#clock.random() * 0x10000)
      .toString(16)
      .padStart(4, '0')}`;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${name.slice(0, 253 - unique.length - 1)}.${unique}`, namespace: namespace === '' ? 'default' : namespace },
      eventTime: toMicroTime(wall),
      reportingController: this.#o.controller,
      reportingInstance: cut(this.#o.instance, 128),
      action: cut(event.action, 128),
      reason: cut(event.reason, 128),
      type: event.type,
      note,
      regarding: {
        apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
        kind: type.kind,
        name,
        ...(namespace === '' ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
    };
  }

  #afford(object: string): boolean {
    const { burst = 25, refillMs = 300_000 } = this.#o;
    const now = this.#clock.now();
    const budget = this.#budgets.get(object) ?? { tokens: burst, at: now };
    budget.tokens = Math.min(burst, budget.tokens + (now - budget.at) / refillMs);
    budget.at = now;
    this.#budgets.delete(object);
    this.#budgets.set(object, budget);
    if (this.#budgets.size > MOST_SERIES) this.#budgets.delete(this.#budgets.keys().next().value as string);
    if (budget.tokens < 1) return false;
    budget.tokens -= 1;
    return true;
  }

  /** One at a time and in order, so that a count never comes before its event. */
  #send(task: () => Promise<void>, done: () => void): void {
    this.#waiting += 1;
    const before = this.#tail;
    this.#tail = (async () => {
      await before;
      try {
        await task();
        done();
      } catch (error) {
        this.#counters.failed += 1;
        this.#o.onError?.(error);
      } finally {
        this.#waiting -= 1;
      }
    })();
  }

  #request(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return withDeadline(this.#clock, { what: 'writing an event', ms: REQUEST_MS }, task);
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
    for (const series of this.#series.values()) {
      if (series.count === series.written) continue;
      const { count, lastSeen, event } = series;
      series.written = count;
      const { namespace = '', name = '' } = event.metadata;
      this.#send(
        () =>
          this.#request((signal) =>
            this.#o.sink.patch(namespace, name, { series: { count, lastObservedTime: toMicroTime(lastSeen) } }, signal),
          ),
        () => {},
      );
    }
    await this.#tail;
  }

  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#ending.abort();
      await this.flush();
    })();
    return this.#stopped;
  }
}

/** By characters, never through a surrogate pair. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.charCodeAt(most - 2) >= 0xd800 && text.charCodeAt(most - 2) <= 0xdbff ? most - 2 : most - 1;
  return `${text.slice(0, end)}…`;
}
