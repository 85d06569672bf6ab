import type { Clock } from '@kubecast/clock';

export interface ModelObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly rv: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly payload: number;
}

export interface ModelEvent {
  readonly rv: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** After the change; for DELETED its last content, under the version of the deletion. */
  readonly object: ModelObject;
  readonly previous?: ModelObject;
}

type State = Map<string, ModelObject>;

const idOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/**
 * An API server of one kind, as far as an informer can tell: versions, history, compaction, a watch cache that may lag, and a restore from an
 * older copy. It stands still but for what is done to it. `model-source.ts` serves it.
 */
export class ModelServer {
  readonly clock: Clock;
  /** The cluster's own name, which all its UIDs begin with; `''` where there is no second one to be told from. */
  readonly name: string;
  #rev: number;
  #uids = 0;
  #state: State = new Map();
  #events: ModelEvent[] = [];
  #floor: number;
  #oldest: number;
  #visible: number;
  #lagging = false;
  #restores = 0;
  #deafTo = -1;
  readonly #listeners = new Set<ModelListener>();

  /** Starts below 100, so that versions soon differ in length and texts no longer sort like numbers. */
  constructor(clock: Clock, startRev = 95, name = '') {
    this.clock = clock;
    this.name = name;
    this.#rev = startRev;
    this.#floor = startRev;
    this.#oldest = startRev;
    this.#visible = startRev;
  }

  /** The UID of its Namespace `kube-system`. */
  get uid(): string {
    return `${this.name}-kube-system`;
  }
  /** Whether an object of this UID was ever made here. */
  owns(uid: string): boolean {
    return uid.startsWith(this.#prefix);
  }
  get #prefix(): string {
    return this.name === '' ? '' : `${this.name}-`;
  }
  /** The version of the newest write. */
  get rev(): number {
    return this.#rev;
  }
  /** The oldest state that can be restored: from the last change of form on. */
  get oldest(): number {
    return this.#oldest;
  }
  /** Times that it was restored. */
  get restores(): number {
    return this.#restores;
  }
  /** What the watch cache has seen. */
  get visible(): number {
    return this.#visible;
  }
  /** Watches from here or below are never told anything any more; they are for `ModelApi` to answer with nonsense. -1: there are none. */
  get deafTo(): number {
    return this.#deafTo;
  }
  /** A watch from below is told that it is too old. */
  get floor(): number {
    return this.#floor;
  }

  put(namespace: string, name: string, payload: number, labels: Readonly<Record<string, string>> = { sel: 'yes' }): ModelObject {
    const id = idOf(namespace, name);
    const previous = this.#state.get(id);
    this.#rev += 1;
    if (previous === undefined) this.#uids += 1;
    const object: ModelObject = {
      namespace,
      name,
      uid: previous?.uid ?? `${this.#prefix}uid-${this.#uids}`,
      rv: this.#rev,
      labels,
      payload,
    };
    this.#state.set(id, object);
    this.#event(previous === undefined ? { rv: this.#rev, type: 'ADDED', object } : { rv: this.#rev, type: 'MODIFIED', object, previous });
    return object;
  }

  delete(namespace: string, name: string): ModelObject | undefined {
    const id = idOf(namespace, name);
    const previous = this.#state.get(id);
    if (previous === undefined) return undefined;
    this.#rev += 1;
    this.#state.delete(id);
    const object = { ...previous, rv: this.#rev };
    this.#event({ rv: this.#rev, type: 'DELETED', object, previous });
    return object;
  }

  /** Another kind's write: the version moves, nothing here changes. */
  otherWrite(): void {
    this.#rev += 1;
    this.#show();
  }

  /** Forgets the history: every older version is expired. Streams go on. */
  compact(): void {
    this.#floor = this.#rev;
  }

  /** Streams break, and watches from the versions so far bring nothing any more, though no answer says that they are too old. */
  deafen(): void {
    this.#deafTo = this.#rev;
    this.otherWrite();
    this.cut();
  }

  /** The API server starts again: streams break, and what was before is expired. */
  restart(): void {
    this.#floor = this.#rev;
    this.#visible = this.#rev;
    this.cut();
  }

  /**
   * The content shows other bytes under unchanged versions, as after a change of the CRD; streams end and older versions expire. With
   * `resumable` they do not: what was written in the old form before the streams ended has carried their readers past the change.
   */
  reshape(change: (payload: number) => number, resumable = false): void {
    for (const [id, object] of this.#state) this.#state.set(id, { ...object, payload: change(object.payload) });
    if (resumable) {
      this.#oldest = this.#rev;
      return this.end();
    }
    // One version on: even who stands at the newest must list again.
    this.#rev += 1;
    this.#floor = this.#rev;
    this.#visible = this.#rev;
    // The history is told in the new form; a copy from before would bring back the old CRD as well.
    this.#oldest = this.#rev;
    this.end();
  }

  /** etcd is restored from the copy taken at `rev`, and the API server started again. */
  restore(rev: number): void {
    this.#restores += 1;
    const state = this.stateAt(rev);
    this.#state = state;
    this.#events = this.#events.filter((event) => event.rv <= rev);
    this.#rev = rev;
    this.#visible = rev;
    this.#floor = rev;
    this.#lagging = false;
    this.#deafTo = -1;
    this.cut();
  }

  /** While it lags, the watch cache stands still; consistent reads see everything. */
  lag(on: boolean): void {
    this.#lagging = on;
    if (!on) this.#show();
  }

  /** Breaks every stream. */
  cut(): void {
    for (const listener of [...this.#listeners]) listener.broken();
  }

  /** Ends every stream cleanly. */
  end(): void {
    for (const listener of [...this.#listeners]) listener.ended();
  }

  state(): ReadonlyMap<string, ModelObject> {
    return new Map(this.#state);
  }

  /** The state as it was at a version of this history. */
  stateAt(rev: number): State {
    const state: State = new Map(this.#state);
    for (let i = this.#events.length - 1; i >= 0; i -= 1) {
      const event = this.#events[i];
      if (event === undefined || event.rv <= rev) break;
      const id = idOf(event.object.namespace, event.object.name);
      if (event.previous === undefined) state.delete(id);
      else state.set(id, event.previous);
    }
    return state;
  }

  /** Events after `rev`, as far as the watch cache has seen. */
  eventsAfter(rev: number): readonly ModelEvent[] {
    return this.#events.filter((event) => event.rv > rev && event.rv <= this.#visible);
  }

  listen(listener: ModelListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #event(event: ModelEvent): void {
    this.#events.push(event);
    this.#show();
  }

  #show(): void {
    if (this.#lagging) return;
    const from = this.#visible;
    this.#visible = this.#rev;
    for (const event of this.eventsAfter(from)) for (const listener of [...this.#listeners]) listener.event(event);
  }
}

export interface ModelListener {
  event(event: ModelEvent): void;
  broken(): void;
  ended(): void;
}

/** A state as lines, `namespace/name uid@version payload`, in the order of lists. */
export function wireState(state: ReadonlyMap<string, ModelObject>, match: (object: ModelObject) => boolean): string[] {
  return [...state]
    .filter(([, object]) => match(object))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, object]) => `${id} ${object.uid}@${object.rv} ${object.payload}`);
}
