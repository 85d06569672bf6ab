import type { Clock } from '@kubecast/clock';
import { loggable, type Logger, type LogLevel } from './logger.ts';

export interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

interface Told {
  /** What the last line said; '' after all was well again. */
  reason: string;
  line: Line;
  text: string;
  since: number;
  nextAt: number;
  intervalMs: number;
  /** Times that it came since the last line. */
  count: number;
  /** Whether the trouble stands now. */
  stands: boolean;
  /** Whether a line told of the trouble since the last line that told of its end. */
  told: boolean;
}

const FIRST_MS = 5_000;
const LONGEST_MS = 300_000;
const MOST_SUBJECTS = 1_024;
const BURST = 20;
const LINES_PER_SECOND = 1;

/**
 * Tells each change of a reason once, and what lasts at growing intervals: after 5 s, 10 s, 20 s, up to 5 minutes. Two reasons are the same if they
 * differ by numbers and quoted names alone: ports, times and keys change with each try. At most 20 lines at once, then one a second; the lines
 * that are left out are counted in the next one.
 */
export class ToldLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #subjects = new Map<string, Told>();
  #timer: { readonly at: number; readonly abort: AbortController } | undefined;
  #lines = BURST;
  #filledAt: number;
  #leftOut = 0;
  #stopped = false;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#filledAt = clock.now();
  }

  /** A line that is told as it is. */
  say(line: Line): void {
    this.#write(line, {});
  }

  /** A state that lasts until it is told otherwise; '' is well, and is told once by `wellMessage`. `delayMs`: told only if it lasts that long. */
  state(subject: string, reason: string, line: Line, options: { readonly wellMessage?: string; readonly delayMs?: number } = {}): void {
    if (this.#stopped) return;
    const told = this.#subjects.get(subject);
    if (reason === '') {
      if (told === undefined || !told.stands) return;
      told.stands = false;
      if (told.told && options.wellMessage !== undefined)
        this.#write(
          { level: 'info', message: options.wellMessage, ...(line.fields === undefined ? {} : { fields: line.fields }) },
          {
            lastedMs: Math.round(this.#clock.now() - told.since),
          },
        );
      told.told = false;
      return;
    }
    const now = this.#clock.now();
    const same = told?.reason === normal(reason);
    const next: Told = told ?? newTold();
    if (told === undefined) this.#remember(subject, next);
    if (!next.stands) next.since = now;
    next.count += next.stands && same ? 0 : 1;
    next.stands = true;
    next.line = line;
    next.text = reason;
    if (!same) {
      next.reason = normal(reason);
      next.intervalMs = FIRST_MS;
      next.nextAt = now + (options.delayMs ?? 0);
    }
    if (now >= next.nextAt) this.#tell(next);
    this.#arm(next.nextAt);
  }

  /** Something that happened. The same again (`sameAs`: the reason without what names the one thing) is counted, and told with the count at growing intervals. */
  event(subject: string, reason: string, line: Line, sameAs: string = reason): void {
    if (this.#stopped) return;
    const now = this.#clock.now();
    const key = JSON.stringify([subject, normal(sameAs)]);
    let told = this.#subjects.get(key);
    // After a quiet time twice as long as the interval it is news again.
    if (told === undefined || now - told.nextAt > told.intervalMs * 2) {
      told = newTold();
      this.#remember(key, told);
    }
    told.count += 1;
    told.line = line;
    told.text = reason;
    if (now >= told.nextAt) this.#tell(told);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.abort.abort();
    this.#timer = undefined;
  }

  #remember(key: string, told: Told): void {
    this.#subjects.delete(key);
    this.#subjects.set(key, told);
    if (this.#subjects.size <= MOST_SUBJECTS) return;
    for (const [other, known] of this.#subjects) {
      if (known.stands) continue;
      this.#subjects.delete(other);
      return;
    }
  }

  #tell(told: Told): void {
    const now = this.#clock.now();
    const lasts = told.stands ? Math.round(now - told.since) : 0;
    this.#write(told.line, {
      reason: told.text,
      ...(told.count > 1 ? { count: told.count } : {}),
      ...(lasts > 0 ? { lastsMs: lasts } : {}),
    });
    told.told = true;
    told.count = 0;
    told.nextAt = now + told.intervalMs;
    told.intervalMs = Math.min(LONGEST_MS, told.intervalMs * 2);
  }

  #write({ level, message, fields = {} }: Line, more: Readonly<Record<string, unknown>>): void {
    const now = this.#clock.now();
    this.#lines = Math.min(BURST, this.#lines + ((now - this.#filledAt) / 1000) * LINES_PER_SECOND);
    this.#filledAt = now;
    if (this.#lines < 1) {
      this.#leftOut += 1;
      return;
    }
    this.#lines -= 1;
    const all = Object.entries({ ...fields, ...more, ...(this.#leftOut > 0 ? { linesLeftOut: this.#leftOut } : {}) });
    this.#leftOut = 0;
    try {
      this.#log[level](Object.fromEntries(all.map(([name, value]) => [name, loggable(value)])), String(loggable(message)));
    } catch {
      // A log that cannot be written must not stop what it tells of.
    }
  }

  /** One timer for the first state that is to be told again. */
  #arm(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.abort.abort();
    const abort = new AbortController();
    this.#timer = { at, abort };
    this.#clock.sleep(Math.max(0, at - this.#clock.now()), abort.signal).then(
      () => {
        this.#timer = undefined;
        this.#again();
      },
      () => {},
    );
  }

  #again(): void {
    const now = this.#clock.now();
    let next = Infinity;
    for (const told of this.#subjects.values()) {
      if (!told.stands) continue;
      if (now >= told.nextAt) this.#tell(told);
      next = Math.min(next, told.nextAt);
    }
    if (next !== Infinity) this.#arm(next);
  }
}

function newTold(): Told {
  return {
    reason: '',
    line: { level: 'warn', message: '' },
    text: '',
    since: 0,
    nextAt: -Infinity,
    intervalMs: FIRST_MS,
    count: 0,
    stands: false,
    told: false,
  };
}

const normal = (reason: string): string =>
  reason
    .slice(0, 2_000)
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\d+/g, '#');
