import type { DeepReadonly, KeptState, StatefulMap } from '@kubecast/concurrent-map';
import { RuntimeOptionsError } from '../errors.ts';

/** The states that a controller keeps under the key of one run. Each belongs to the UID of its object. */
export interface KeyStates<S> {
  /** The state of the object with this UID, frozen, with its version; undefined where there is none. */
  get(uid: string): KeptState<S> | undefined;
  /** Keeps a state over the version that was read; undefined: the object had none. @throws ConflictError when another write was there first */
  set(uid: string, state: S, expected: number | undefined): Promise<number>;
  /** Forgets the state over the version that was read. @throws ConflictError when another write was there first */
  delete(uid: string, expected: number): Promise<void>;
  /**
   * Keeps what `change` makes of the state; undefined forgets it. It is called again when another write was there first, at most five times; then the
   * ConflictError is thrown. The run's signal ends it.
   */
  update(
    uid: string,
    change: (current: DeepReadonly<S> | undefined) => S | undefined | PromiseLike<S | undefined>,
  ): Promise<KeptState<S> | undefined>;
}

/** The states of one controller, and which of its keys run now. */
export class KeptStates<S> {
  readonly #controller: string;
  readonly #map: StatefulMap<S> | undefined;
  /** The keys that run, each with the UIDs that ended during the run: what the run writes for them after that ends with the run. */
  readonly #running = new Map<string, string[] | undefined>();

  constructor(controller: string, map: StatefulMap<S> | undefined) {
    if (map !== undefined && (['get', 'set', 'delete', 'update', 'end'] as const).some((name) => typeof map?.[name] !== 'function'))
      throw new RuntimeOptionsError(`controller ${controller}: states must be a StatefulMap of @kubecast/concurrent-map`);
    this.#controller = controller;
    this.#map = map;
  }

  begins(id: string): void {
    if (this.#map !== undefined) this.#running.set(id, undefined);
  }

  /** The run of the key has ended. Undefined where nothing is to be awaited. */
  ends(id: string): Promise<unknown> | undefined {
    const map = this.#map;
    const ended = this.#running.get(id);
    this.#running.delete(id);
    return map === undefined || ended === undefined ? undefined : Promise.all(ended.map((uid) => map.end(id, uid)));
  }

  /** What a run of the key is given. */
  of(id: string, signal: () => AbortSignal): KeyStates<S> {
    const map = this.#map;
    if (map === undefined) return none(this.#controller);
    return {
      get: (uid) => map.get(id, uid),
      set: (uid, state, expected) => map.set(id, uid, state, expected),
      delete: (uid, expected) => map.delete(id, uid, expected),
      update: (uid, change) => map.update(id, uid, change, { signal: signal() }),
    };
  }

  /** The object is gone. */
  async gone(id: string, uid: string): Promise<void> {
    if (this.#map === undefined) return;
    if (this.#running.has(id)) this.#running.set(id, [...(this.#running.get(id) ?? []), uid]);
    await this.#map.end(id, uid);
  }
}

function none(controller: string): KeyStates<never> {
  const refuse = (): never => {
    throw new RuntimeOptionsError(
      `controller ${controller}: it keeps no states; give it the option \`states: new StatefulMap({ name })\` of @kubecast/concurrent-map`,
    );
  };
  return { get: refuse, set: refuse, delete: refuse, update: refuse };
}
