/** How long it took until all was well again, by kind of fault. */
export class Recovery {
  readonly #byKind = new Map<string, number[]>();

  add(kind: string, ms: number): void {
    const times = this.#byKind.get(kind);
    if (times === undefined) this.#byKind.set(kind, [ms]);
    else times.push(ms);
  }

  /** Seconds, of each informer after each fault. */
  table(): Record<string, { readonly count: number; readonly min: number; readonly median: number; readonly max: number }> {
    return Object.fromEntries(
      [...this.#byKind].map(([kind, times]) => {
        const sorted = times.toSorted((a, b) => a - b);
        const at = (i: number): number => Math.round((sorted[i] ?? 0) / 10) / 100;
        return [kind, { count: sorted.length, min: at(0), median: at(Math.floor(sorted.length / 2)), max: at(sorted.length - 1) }];
      }),
    );
  }
}
