/** What stands under a key. The loader reads strings only; lists and hashes exist so that tests can store a wrong type. */
export type Stored =
  | { readonly type: 'string'; readonly value: Buffer; readonly expiresAt?: number }
  | { readonly type: 'list'; readonly value: readonly Buffer[]; readonly expiresAt?: number }
  | { readonly type: 'hash'; readonly value: ReadonlyMap<string, Buffer>; readonly expiresAt?: number };

/** The keys of one database. Keys are bytes, held as latin1 text so that different bytes are different keys. */
export class RespDatabase {
  readonly #stored = new Map<string, Stored>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: Buffer): Stored | undefined {
    const name = key.toString('latin1');
    const stored = this.#stored.get(name);
    if (stored?.expiresAt !== undefined && stored.expiresAt <= this.#now()) {
      this.#stored.delete(name);
      return undefined;
    }
    return stored;
  }

  set(key: Buffer, stored: Stored): void {
    this.#stored.set(key.toString('latin1'), stored);
  }

  delete(key: Buffer): boolean {
    const had = this.get(key) !== undefined;
    this.#stored.delete(key.toString('latin1'));
    return had;
  }

  clear(): void {
    this.#stored.clear();
  }

  keys(): Buffer[] {
    return [...this.#stored.keys()].map((name) => Buffer.from(name, 'latin1')).filter((key) => this.get(key) !== undefined);
  }
}
