import type { Delta } from '../contract/delta.ts';
import type { HandlerHandle, Informer } from '../contract/informer.ts';
import type { ModelRig, Thing } from '../testing/index.ts';
import type { HandlerKind } from './schedule.ts';

const even = (payload: number): boolean => payload % 2 === 0;

/** One handler of the oracle: it keeps what it was told, and notes each delta that cannot follow from those before. */
export class Witness {
  readonly kind: HandlerKind;
  readonly wrong: string[] = [];
  readonly handle: HandlerHandle | undefined;
  readonly #known = new Map<string, { readonly uid: string; readonly version: number; readonly payload: number }>();
  readonly #informer: Informer<Thing>;
  readonly #abort = new AbortController();
  readonly #rig: ModelRig;
  readonly #isForeign: (uid: string) => boolean;
  readonly #running = new Set<string>();
  #released = false;
  #hanging: (() => void)[] = [];
  #calls = 0;

  /** `isForeign`: whether it is known by now that the object of this UID is of another server. */
  constructor(kind: HandlerKind, rig: ModelRig, isForeign: (uid: string) => boolean) {
    this.kind = kind;
    this.#isForeign = isForeign;
    this.#rig = rig;
    this.#informer = rig.informer;
    if (kind === 'iterating') {
      this.handle = undefined;
      void this.#iterate();
      return;
    }
    this.handle = rig.informer.handle((delta) => this.#take(delta), {
      name: kind,
      ...(kind === 'filtered' ? { filter: (entry) => even(entry.value.spec.payload) } : {}),
      ...(kind === 'resyncing' ? { resyncMs: 7000 } : {}),
      ...(kind === 'tiny-buffer' ? { buffer: 1, workers: 1 } : {}),
      ...(kind === 'tiny-pin' ? { pinnedBytes: 1, workers: 1 } : {}),
      ...(kind === 'overflowing' ? { buffer: 2, workers: 1, overflow: 'resync' as const } : {}),
      ...(kind === 'slow' || kind === 'stuck' ? { workers: 2 } : {}),
      withPrevious: kind !== 'overflowing',
    });
  }

  /** From now on nothing hangs and nothing is slow. */
  release(): void {
    this.#released = true;
    for (const go of this.#hanging.splice(0)) go();
  }

  get gone(): boolean {
    return this.#abort.signal.aborted;
  }

  remove(): void {
    this.release();
    this.handle?.remove();
    this.#abort.abort();
  }

  /** What it would say stands there: `namespace/name uid@version payload`. */
  lines(): string[] {
    return [...this.#known].map(([id, { uid, version, payload }]) => `${id} ${uid}@${version} ${payload}`).sort();
  }

  sees(payload: number): boolean {
    return this.kind !== 'filtered' || even(payload);
  }

  async #iterate(): Promise<void> {
    for await (const delta of this.#informer.deltas({ signal: this.#abort.signal, withPrevious: true })) this.#note(delta);
  }

  #take(delta: Delta<Thing>): void | Promise<void> {
    const id = `${delta.entry.key.cluster}/${delta.entry.key.namespace}/${delta.entry.key.name}`;
    if (this.#running.has(id)) this.wrong.push(`${this.kind}: ${id} is handled twice at once`);
    const settles = this.#handle(delta);
    if (settles === undefined) return undefined;
    this.#running.add(id);
    return settles.finally(() => this.#running.delete(id));
  }

  #handle(delta: Delta<Thing>): undefined | Promise<void> {
    this.#note(delta);
    this.#calls += 1;
    if (this.kind === 'throwing' && this.#calls % 3 === 0) throw new Error('thrown by the oracle');
    if (this.kind === 'rejecting' && this.#calls % 3 === 0) return Promise.reject(new Error('rejected by the oracle'));
    if (this.kind === 'late-leaver' && this.#calls === 5) this.remove();
    if (this.#released) return undefined;
    if (this.kind === 'slow' || this.kind === 'tiny-buffer' || this.kind === 'tiny-pin' || this.kind === 'overflowing')
      return this.#rig.clock.sleep(200);
    if (this.kind === 'stuck') return new Promise((resolve) => this.#hanging.push(resolve));
    return undefined;
  }

  #note(delta: Delta<Thing>): void {
    const { entry, type } = delta;
    // The second cluster is compared by its view.
    if (entry.key.cluster !== '') return;
    const id = `${entry.key.namespace}/${entry.key.name}`;
    const version = Number(entry.version);
    const before = this.#known.get(id);
    const told = `${this.kind}: ${type} ${id} ${entry.uid}@${entry.version} (${delta.origin})`;
    if (type === 'added' && before !== undefined) this.wrong.push(`${told}, but ${before.uid}@${before.version} was known`);
    if (type !== 'added' && before?.uid !== entry.uid) this.wrong.push(`${told}, but ${String(before?.uid)} was known`);
    if (before !== undefined && version < before.version && delta.origin !== 'regressed')
      this.wrong.push(`${told}, but ${before.version} was known`);
    if (delta.origin === 'resync' && this.kind !== 'overflowing' && version !== before?.version) this.wrong.push(`${told} is no replay`);
    const { server } = this.#rig;
    if (type !== 'deleted' && this.#isForeign(entry.uid)) this.wrong.push(`${told}, but it is of another server`);
    if (type === 'deleted' && !server.owns(entry.uid) && delta.cause !== 'unknown' && delta.cause !== 'scope-removed')
      this.wrong.push(`${told} says ${String(delta.cause)}, but it is of another server`);
    if (delta.cause === 'deleted' && server.restores === 0 && server.state().get(id)?.uid === entry.uid)
      this.wrong.push(`${told} says deleted, but it stands`);
    if (type === 'deleted' && delta.cause === undefined) this.wrong.push(`${told} has no cause`);
    if (type === 'updated' && delta.previous !== undefined && Number(delta.previous.version) !== before?.version) {
      this.wrong.push(`${told} says that ${delta.previous.version} was handed out before, but ${String(before?.version)} was`);
    }
    if (type === 'deleted') this.#known.delete(id);
    else this.#known.set(id, { uid: entry.uid, version, payload: entry.value.spec.payload });
  }
}
