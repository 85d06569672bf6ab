import { deepFreeze, type DeepReadonly } from '../stateful/frozen-copy.ts';
import type { EntryText } from './entry-text.ts';
import type { Versioned } from '../concurrent/versioned.ts';

/** An entry of the memory index. One that was read from the disk is parsed when it is first asked for. */
export class HeldEntry<V> implements Versioned<DeepReadonly<V>> {
  readonly version: number;
  readonly hash: number;
  #text: string | undefined;
  readonly #at: number;
  #value: DeepReadonly<V> | undefined;

  private constructor(version: number, hash: number, text: string | undefined, at: number, value: DeepReadonly<V> | undefined) {
    this.version = version;
    this.hash = hash;
    this.#text = text;
    this.#at = at;
    this.#value = value;
  }

  static ofText<V>({ version, hash, text, at }: EntryText): HeldEntry<V> {
    return new HeldEntry<V>(version, hash, text, at, undefined);
  }

  static ofValue<V>(version: number, hash: number, value: DeepReadonly<V>): HeldEntry<V> {
    return new HeldEntry<V>(version, hash, undefined, 0, value);
  }

  get value(): DeepReadonly<V> {
    if (this.#text !== undefined) {
      this.#value = deepFreeze(JSON.parse(this.#text.slice(this.#at))) as DeepReadonly<V>;
      this.#text = undefined;
    }
    return this.#value as DeepReadonly<V>;
  }
}
