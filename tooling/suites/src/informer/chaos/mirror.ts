import { crc32 } from 'node:zlib';
import type { AppModel } from '@kubecast/crd';
import type { Delta, Handler, HandlerHandle, HandlerOptions, Informer } from '@kubecast/informer';
import { compareResourceVersions } from '@kubecast/store';
import type { Entry } from '@kubecast/store';

/** An object in few bytes, equal for equal bytes of its JSON. */
export function digest(uid: string, json: string): string {
  return `${uid} ${json.length} ${crc32(json).toString(16)}`;
}

export function digestOf(entry: Entry<AppModel>): string {
  return digest(entry.uid, JSON.stringify(entry.value));
}

interface Held {
  readonly uid: string;
  readonly version: string;
  readonly digest: string;
  /** The sum of the informer's epochs as it was told. */
  readonly epoch: number;
}

/**
 * What a handler was told, replayed into a map: at rest it must equal the server. It says at once where the telling is wrong: an add of
 * what is known, an update or a delete of what is not, an object that goes back without its saying so.
 */
export class Mirror {
  readonly name: string;
  readonly objects = new Map<string, Held>();
  readonly violations: string[] = [];
  readonly handle: HandlerHandle;
  /** Takes only these objects. */
  readonly filter: ((entry: Entry<AppModel>) => boolean) | undefined;
  readonly #informer: Informer<AppModel>;
  readonly #drops: boolean;

  constructor(informer: Informer<AppModel>, name: string, options: HandlerOptions<AppModel>, then?: Handler<AppModel>) {
    this.name = name;
    this.filter = options.filter;
    this.#informer = informer;
    this.#drops = options.overflow === 'resync';
    this.handle = informer.handle((delta, signal) => {
      this.#take(delta);
      return then?.(delta, signal);
    }, options);
  }

  /** Each object that stands, by its digest. */
  digests(): Map<string, string> {
    return new Map([...this.objects].map(([id, held]) => [id, held.digest]));
  }

  #take({ type, entry, origin }: Delta<AppModel>): void {
    const id = `${entry.key.namespace}/${entry.key.name}`;
    const held = this.objects.get(id);
    if (type === 'deleted') {
      if (held?.uid !== entry.uid) this.#violated(`${origin}: delete of ${id} ${entry.uid}, known is ${held?.uid ?? 'nothing'}`);
      this.objects.delete(id);
      return;
    }
    if (type === 'added' && held !== undefined && origin !== 'resync')
      this.#violated(`${origin}: add of ${id} ${entry.uid} at ${entry.version}, known is ${held.uid} at ${held.version}`);
    if (type === 'updated' && held?.uid !== entry.uid)
      this.#violated(`${origin}: update of ${id} ${entry.uid}, known is ${held?.uid ?? 'nothing'}`);
    const epoch = this.#informer.scopes().reduce((sum, scope) => sum + scope.epoch, 0);
    // With the policy 'resync' what was dropped comes by the replay, whatever its origin was; within an epoch nothing goes back for anybody.
    const may = origin === 'regressed' || (this.#drops && held?.epoch !== epoch);
    if (held?.uid === entry.uid && !may && compareResourceVersions(entry.version, held.version) === -1)
      this.#violated(`${origin}: ${id} goes back from ${held.version} to ${entry.version}`);
    this.objects.set(id, { uid: entry.uid, version: entry.version, digest: digestOf(entry), epoch });
  }

  #violated(what: string): void {
    this.violations.push(`${this.name}: ${what}`);
  }
}
