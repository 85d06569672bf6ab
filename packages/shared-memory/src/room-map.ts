/** Which units of a region are free: ranges in order, of which neighbours are one, so that what was given back in parts is given out as a whole. */
export class RoomMap {
  readonly #limit: number;
  /** Free ranges below `end`, ascending: where each begins, and how long it is. */
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  /** Units from here on were never given out. */
  #end = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get end(): number {
    return this.#end;
  }

  /** The first room of so many units; -1 if there is none. */
  take(units: number): number {
    for (let i = 0; i < this.#starts.length; i += 1) {
      const length = this.#lengths[i] as number;
      if (length < units) continue;
      const start = this.#starts[i] as number;
      if (length === units) {
        this.#starts.splice(i, 1);
        this.#lengths.splice(i, 1);
      } else {
        this.#starts[i] = start + units;
        this.#lengths[i] = length - units;
      }
      return start;
    }
    // What is free just before the end need only be made longer.
    const last = this.#starts.length - 1;
    const touches = last >= 0 && (this.#starts[last] as number) + (this.#lengths[last] as number) === this.#end;
    const start = touches ? (this.#starts[last] as number) : this.#end;
    if (start + units > this.#limit) return -1;
    if (touches) {
      this.#starts.pop();
      this.#lengths.pop();
    }
    this.#end = start + units;
    return start;
  }

  give(start: number, units: number): void {
    let at = 0;
    let high = this.#starts.length;
    while (at < high) {
      const middle = (at + high) >>> 1;
      if ((this.#starts[middle] as number) < start) at = middle + 1;
      else high = middle;
    }
    const joinsBefore = at > 0 && (this.#starts[at - 1] as number) + (this.#lengths[at - 1] as number) === start;
    const joinsAfter = at < this.#starts.length && start + units === this.#starts[at];
    if (joinsBefore) {
      this.#lengths[at - 1] = (this.#lengths[at - 1] as number) + units + (joinsAfter ? (this.#lengths[at] as number) : 0);
      if (!joinsAfter) return;
      this.#starts.splice(at, 1);
      this.#lengths.splice(at, 1);
    } else if (joinsAfter) {
      this.#starts[at] = start;
      this.#lengths[at] = (this.#lengths[at] as number) + units;
    } else {
      this.#starts.splice(at, 0, start);
      this.#lengths.splice(at, 0, units);
    }
  }

  /** Whether a room of so many units is left. */
  has(units: number): boolean {
    if (this.#lengths.some((length) => length >= units)) return true;
    const last = this.#starts.length - 1;
    const touches = last >= 0 && (this.#starts[last] as number) + (this.#lengths[last] as number) === this.#end;
    return (touches ? (this.#starts[last] as number) : this.#end) + units <= this.#limit;
  }
}
