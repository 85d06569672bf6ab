import { UseOrder, type CacheEntry } from './cache-entry.ts';
import { FrequencySketch } from './frequency-sketch.ts';

/** The part of the quota in which every new entry stands before it is weighed against the others. */
const WINDOW = 0.01;
/** An entry of more than this part of the quota, and of several times what entries weigh, is weighed against the others as it comes: the window is not for it. */
const LARGE = 0.1;
const LARGE_TIMES = 8;
/** The part of the main space for entries that were used again. */
const PROTECTED = 0.8;

/**
 * Which entries of one tenant stay when its quota is full: W-TinyLFU (Einziger, Friedman and Manes, 2017). New entries pass through a small window; whoever
 * leaves it stays only if it was used more often lately than the least recently used entry of the main space. A scan of things that are asked for once therefore
 * evicts nothing that is asked for often.
 */
export class AdmissionPolicy<V> {
  readonly #window = new UseOrder<V>();
  readonly #probation = new UseOrder<V>();
  readonly #protected = new UseOrder<V>();
  readonly #sketch = new FrequencySketch(64);
  readonly #evict: (entry: CacheEntry<V>) => void;
  #quota: number;
  #entries = 0;

  /** `evict` is told of each entry that must go, after it left the policy. */
  constructor(quota: number, evict: (entry: CacheEntry<V>) => void) {
    this.#quota = quota;
    this.#evict = evict;
  }

  get weight(): number {
    return this.#window.weight + this.#probation.weight + this.#protected.weight;
  }

  set quota(quota: number) {
    this.#quota = quota;
    this.#fit();
  }

  add(entry: CacheEntry<V>): void {
    this.#entries += 1;
    this.#sketch.ensure(this.#entries);
    this.#sketch.count(entry.hash);
    if (entry.weight > this.#quota * LARGE && entry.weight * this.#entries > LARGE_TIMES * this.weight) {
      this.#intoMain(entry);
      return;
    }
    entry.segment = 'window';
    this.#window.add(entry);
    this.#fit();
  }

  used(entry: CacheEntry<V>): void {
    this.#sketch.count(entry.hash);
    if (entry.segment === 'window') this.#window.used(entry);
    else if (entry.segment === 'protected') this.#protected.used(entry);
    else {
      this.#probation.remove(entry);
      entry.segment = 'protected';
      this.#protected.add(entry);
      this.#demote();
    }
  }

  /** The entry was written anew, with another weight. */
  reweigh(entry: CacheEntry<V>, weight: number): void {
    const order = this.#orderOf(entry);
    order.remove(entry);
    entry.weight = weight;
    order.add(entry);
    this.#sketch.count(entry.hash);
    this.#demote();
    this.#fit();
  }

  remove(entry: CacheEntry<V>): void {
    this.#orderOf(entry).remove(entry);
    this.#entries -= 1;
  }

  #orderOf(entry: CacheEntry<V>): UseOrder<V> {
    return entry.segment === 'window' ? this.#window : entry.segment === 'probation' ? this.#probation : this.#protected;
  }

  /** Entries beyond the protected part go back to probation, least recently used first. */
  #demote(): void {
    const most = this.#quota * (1 - WINDOW) * PROTECTED;
    for (let entry = this.#protected.oldest; entry && this.#protected.weight > most; entry = this.#protected.oldest) {
      this.#protected.remove(entry);
      entry.segment = 'probation';
      this.#probation.add(entry);
    }
  }

  /** Moves what does not fit into the window to the main space, and evicts until the quota holds. */
  #fit(): void {
    const windowMost = Math.max(1, this.#quota * WINDOW);
    // The newest entry stays in the window even if it is larger than the window: it is weighed when the next one comes.
    for (let entry = this.#window.oldest; entry?.newer && this.#window.weight > windowMost; entry = this.#window.oldest) {
      this.#window.remove(entry);
      this.#intoMain(entry);
    }
    while (this.weight > this.#quota) {
      const victim = this.#probation.oldest ?? this.#protected.oldest ?? this.#window.oldest;
      if (!victim) return;
      this.remove(victim);
      this.#evict(victim);
    }
  }

  /** An entry that stands in no list. When the quota is full it takes the place of others only if it was asked for more often than each of them; else it goes. */
  #intoMain(candidate: CacheEntry<V>): void {
    candidate.segment = 'probation';
    const frequency = this.#sketch.frequency(candidate.hash);
    let freed = this.#quota - this.weight;
    let victim = this.#probation.oldest ?? this.#protected.oldest;
    let victims = 0;
    for (; freed < candidate.weight && victim !== undefined; victims += 1) {
      if (this.#sketch.frequency(victim.hash) >= frequency) break;
      freed += victim.weight;
      victim = victim.newer ?? (victim.segment === 'probation' ? this.#protected.oldest : undefined);
    }
    if (freed < candidate.weight) {
      this.#entries -= 1;
      this.#evict(candidate);
      return;
    }
    for (; victims > 0; victims -= 1) {
      const gone = this.#probation.oldest ?? this.#protected.oldest;
      if (gone === undefined) break;
      this.remove(gone);
      this.#evict(gone);
    }
    this.#probation.add(candidate);
  }
}
