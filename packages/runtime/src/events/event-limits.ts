import type { Clock } from '@kubecast/clock';

const MOST_KNOWN = 4096;

/** Remembers the keys that were used last, and forgets the others. */
class Recent<V> {
  readonly #known = new Map<string, V>();

  use(key: string, make: () => V): V {
    const value = this.#known.get(key) ?? make();
    this.#known.delete(key);
    this.#known.set(key, value);
    if (this.#known.size > MOST_KNOWN) this.#known.delete(this.#known.keys().next().value as string);
    return value;
  }
}

export interface EventLimitOptions {
  readonly burst: number;
  readonly refillMs: number;
}

/** What keeps one object's events from flooding the server: client-go's event correlator (tools/record/events_cache.go). */
export class EventLimits {
  readonly #clock: Clock;
  readonly #o: EventLimitOptions;
  readonly #budgets = new Recent<{ tokens: number; at: number }>();
  readonly #similar = new Recent<{ notes: Set<string>; at: number }>();

  constructor(clock: Clock, options: EventLimitOptions) {
    this.#clock = clock;
    this.#o = options;
  }

  /** Whether the object may have one more event. Takes it from its budget. */
  afford(object: string): boolean {
    const { burst, refillMs } = this.#o;
    const now = this.#clock.now();
    const budget = this.#budgets.use(object, () => ({ tokens: burst, at: now }));
    budget.tokens = Math.min(burst, budget.tokens + (now - budget.at) / refillMs);
    budget.at = now;
    if (budget.tokens < 1) return false;
    budget.tokens -= 1;
    return true;
  }

  /** Whether the note is the tenth or a later one of an event that differs from others by its note alone; ten quiet minutes end that. */
  combines(event: string, note: string): boolean {
    const now = this.#clock.now();
    const similar = this.#similar.use(event, () => ({ notes: new Set<string>(), at: now }));
    if (now - similar.at > SIMILAR_MS) similar.notes.clear();
    similar.at = now;
    similar.notes.add(note);
    if (similar.notes.size < MOST_SIMILAR) return false;
    similar.notes.delete(similar.notes.values().next().value as string);
    return true;
  }
}

const MOST_SIMILAR = 10;
const SIMILAR_MS = 600_000;
