import { InputError } from '../../errors.ts';
import type { Clock } from '@kubecast/clock';
import type { DueTimer } from '../due/due-timer.ts';
import type { Item, Look } from '../loader-item.ts';

/** When a value that cannot prove its version is looked at again after it was announced: it may have been written after that. */
export const defaultRecheckMs: readonly number[] = [1_000, 5_000, 30_000];

/** @throws InputError */
export function recheckTimes(given: readonly number[] = defaultRecheckMs): readonly number[] {
  const fits =
    Array.isArray(given) && given.every((after, index) => Number.isFinite(after) && after > (index === 0 ? 0 : (given[index - 1] ?? 0)));
  if (!fits) throw new InputError('recheckMs must be a list of milliseconds that grow; an empty one for none');
  return [...given];
}

export interface RechecksOptions<P> {
  readonly clock: Clock;
  readonly timer: DueTimer;
  /** Milliseconds after the announcement, growing. */
  readonly afterMs: readonly number[];
  /** Puts an item into the next batches. */
  readonly look: (item: Item<P>) => void;
  /** Told of each item that needs looks. */
  readonly onAdd: (item: Item<P>) => void;
}

/** The values that are served although they cannot prove their version, and when each is looked at again. */
export class Rechecks<P> {
  readonly #options: RechecksOptions<P>;
  readonly #byKey = new Map<string, Item<P>[]>();

  constructor(options: RechecksOptions<P>) {
    this.#options = options;
  }

  /** Whether there is no value that needs a look. */
  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** The item holds a value that cannot prove to be the announced one: the looks begin anew. */
  add(item: Item<P>): void {
    // What is held now may have been on its way already when somebody asked for another look.
    const again = item.look?.again === true;
    this.remove(item);
    const { key } = item;
    const items = this.#byKey.get(key);
    if (items === undefined) this.#byKey.set(key, [item]);
    else items.push(item);
    item.look = { key, since: this.#options.clock.now(), times: 0, due: false, again: false };
    this.#next(item, item.look);
    this.#options.onAdd(item);
    if (again) this.#look(item);
  }

  remove(item: Item<P>): void {
    const { look } = item;
    if (look === undefined) return;
    item.look = undefined;
    const left = (this.#byKey.get(look.key) ?? []).filter((each) => each !== item);
    if (left.length === 0) this.#byKey.delete(look.key);
    else this.#byKey.set(look.key, left);
  }

  /** Looks at all of them now. */
  all(): void {
    for (const items of this.#byKey.values()) for (const item of items) this.#look(item);
  }

  /** Looks at what stands under one key now. */
  key(key: string): void {
    for (const item of this.#byKey.get(key) ?? []) this.#look(item);
  }

  /** The answer to a look has come. */
  looked(item: Item<P>): void {
    const { look } = item;
    if (look === undefined) return;
    look.due = look.again;
    look.again = false;
    if (look.due) this.#options.look(item);
  }

  #next(item: Item<P>, look: Look): void {
    const { clock, timer, afterMs } = this.#options;
    const after = afterMs[look.times];
    if (after === undefined) return;
    look.times += 1;
    // Many pods hear of one announcement at the same moment: up to a tenth earlier spreads their looks.
    timer.at(look.since + after * (1 - clock.random() / 10), () => {
      if (item.look !== look) return;
      this.#look(item);
      this.#next(item, look);
    });
  }

  #look(item: Item<P>): void {
    const { look } = item;
    if (look === undefined) return;
    if (item.phase === 'reading') look.again = true;
    else if (!look.due) {
      look.due = true;
      this.#options.look(item);
    }
  }
}
