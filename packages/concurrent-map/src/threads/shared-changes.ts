import type { Clock } from '@kubecast/clock';
import { ChangesLostError, MapDamagedError } from '../errors.ts';
import type { ChangeSource } from '../concurrent/change-source.ts';
import type { MapChange } from '../concurrent/versioned.ts';
import { DELETED, PREV_WORD, SEQ_LOW, STATE, UNIT_MASK, WAITERS } from '../cells/layout.ts';
import { LOOKS } from '../cells/lookup.ts';
import { RecordCopy } from '../cells/shared-records.ts';
import type { DeepReadonly } from '../stateful/frozen-copy.ts';
import { decode } from './json-value.ts';
import type { MapCore } from './map-core.ts';

/** A writer that is killed right after its change wakes nobody: then the wait ends after so many milliseconds. */
const LOOK_MS = 1_000;
/** Bytes of records that are decoded in one step. */
const STEP_BYTES = 1 << 20;

/** The changes that the map keeps, and the wait for the next. */
export class SharedChanges<V> implements ChangeSource<DeepReadonly<V>> {
  readonly #core: MapCore;
  readonly #clock: Clock;
  readonly #record = new RecordCopy();
  readonly #before = new RecordCopy();
  /** The state that after() saw. */
  #seen = 0;

  constructor(core: MapCore, clock: Clock) {
    this.#core = core;
    this.#clock = clock;
  }

  get sequence(): number {
    return this.#core.ring.settle();
  }

  /**
   * The changes after a sequence, in order, at most `limit` of them.
   * @throws ChangesLostError when the first of them is no longer kept.
   */
  after(sequence: number, limit: number): MapChange<DeepReadonly<V>>[] {
    const { ring } = this.#core;
    const last = ring.settle();
    this.#seen = last | 0;
    const changes: MapChange<DeepReadonly<V>>[] = [];
    let bytes = 0;
    for (let next = sequence + 1; next <= last && changes.length < limit && bytes < STEP_BYTES; next += 1) {
      const change = this.#read(next);
      if (!change) {
        if (changes.length > 0) break;
        throw new ChangesLostError(this.#core.name, sequence, ring.floor);
      }
      changes.push(change);
      bytes += this.#record.length * 4;
    }
    this.#record.trim();
    this.#before.trim();
    return changes;
  }

  onNext(callback: () => void): () => void {
    const { control } = this.#core;
    const stop = new AbortController();
    let waits = true;
    const end = (): void => {
      if (!waits) return;
      waits = false;
      Atomics.sub(control, WAITERS, 1);
      stop.abort();
    };
    const wake = (): void => {
      if (!waits) return;
      end();
      callback();
    };
    Atomics.add(control, WAITERS, 1);
    const wait = Atomics.waitAsync(control, STATE, this.#seen, LOOK_MS);
    if (wait.async) {
      void wait.value.then(wake);
      // A wait of Atomics does not keep a process alive, a timer does.
      this.#clock.sleep(LOOK_MS, stop.signal).then(wake, () => undefined);
    } else queueMicrotask(wake);
    return end;
  }

  /** One change; undefined: it is no longer kept. */
  #read(sequence: number): MapChange<DeepReadonly<V>> | undefined {
    const { ring, records } = this.#core;
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const word = ring.word(sequence);
      const isDeleted = (word & DELETED) !== 0;
      const isWhole = word !== 0 && records.copy(word & UNIT_MASK, this.#record);
      const replaced = isDeleted ? 0 : (this.#record.words[PREV_WORD] as number);
      const hasBefore = isWhole && replaced !== 0 && (replaced & DELETED) === 0;
      const isBeforeWhole = hasBefore && records.copy(replaced & UNIT_MASK, this.#before);
      // What was copied was still kept, if the change is now.
      if (ring.floor >= sequence) return undefined;
      if (!isWhole || isBeforeWhole !== hasBefore) continue;
      if (!isDeleted && this.#record.words[SEQ_LOW] !== (sequence | 0)) continue;
      const key = this.#core.textOf(this.#record);
      if (isDeleted) return { type: 'deleted', key, previous: decode<V>(this.#record), sequence };
      const value = decode<V>(this.#record);
      return { type: 'set', key, value, ...(hasBefore ? { previous: decode<V>(this.#before) } : {}), sequence };
    }
    throw new MapDamagedError(this.#core.name);
  }
}
