import type { ModelRig, ModelServer } from '../../testing/index.ts';
import { RIG_FILE, RIG_URL } from '../../testing/index.ts';
import type { Restores } from './restores.ts';
import type { Restart } from '../schedule.ts';

/** Where the server is that was moved. */
const MOVED_URL = 'https://moved.example.com';

/** One file, with what the oracle knows of it and a reader need not. */
interface Saved {
  readonly bytes: Uint8Array;
  /** As it was saved. */
  readonly sound: boolean;
  /** Undefined: it does not say whose it is. */
  readonly owner: ModelServer | undefined;
  /** The server that was met as it was saved; with no owner, the objects are of this one or of one before. */
  readonly met: ModelServer;
  readonly url: string;
  /** How often that server had been restored; -1: it was being found out. */
  readonly restores: number;
}

/** What a restart begins with, and so what must hold. */
export interface Beginning {
  readonly file: Saved | undefined;
  /** The server is where the file says. */
  readonly inPlace: boolean;
  /** The file says that it is of the server that is met. */
  readonly own: boolean;
}

/** The files of an informer, and the servers that it meets with them. */
export class SavedFiles {
  readonly #rig: ModelRig;
  readonly #restores: Restores;
  readonly #servers: readonly [ModelServer, ModelServer];
  #saved: Saved | undefined;

  constructor(rig: ModelRig, other: ModelServer, restores: Restores) {
    this.#rig = rig;
    this.#restores = restores;
    this.#servers = [rig.server, other];
  }

  /** Looks whether a file was saved since. */
  note(): void {
    const { server, files, url } = this.#rig;
    const bytes = files.stored.get(RIG_FILE);
    if (bytes === undefined || bytes === this.#saved?.bytes) return;
    const text = new TextDecoder('latin1').decode(bytes);
    const owner = this.#servers.find((candidate) => text.includes(candidate.uid));
    // Saved before a restore was noticed, it is as good as from before.
    const of = owner ?? server;
    this.#saved = { bytes, sound: true, owner, met: server, url, restores: this.#restores.pending(of) ? -1 : of.restores };
  }

  /** Between two informers: puts the file there that the next one finds, and the server that it meets. */
  arrange({ file, meets = 'same', moved = false, at = 0 }: Restart): Beginning {
    const { api, files } = this.#rig;
    const before = this.#saved;
    this.note();
    let saved = file === 'none' ? undefined : file === 'crash' ? before : this.#saved;
    const now = api.server;
    const next = meets === 'other' ? (this.#servers.find((server) => server !== now) ?? now) : now;
    // Of a file from before a restore nobody can tell whether the server wrote past it since.
    if (file === 'crash' && saved !== undefined && saved.restores !== (saved.owner ?? saved.met).restores) saved = undefined;
    if (meets === 'back') this.#restores.restore(next, Math.max(next.oldest, next.rev - 1 - (at % 4)));
    api.serve(next);
    if (moved) this.#rig.url = this.#rig.url === RIG_URL ? MOVED_URL : RIG_URL;
    // At the same URL, one that does not say whose it is counts as the server's own.
    if (saved !== undefined && saved.owner === undefined && (saved.met !== next || meets === 'other'))
      this.#rig.url = saved.url === RIG_URL ? MOVED_URL : RIG_URL;
    this.#saved = saved && { ...saved, bytes: changed(saved.bytes, file, at), sound: saved.sound && file !== 'damaged' && file !== 'cut' };
    if (this.#saved === undefined) files.stored.delete(RIG_FILE);
    else files.stored.set(RIG_FILE, this.#saved.bytes);
    return { file: this.#saved, inPlace: saved?.url === this.#rig.url, own: saved !== undefined && saved.owner === next };
  }
}

function changed(bytes: Uint8Array, how: Restart['file'], at: number): Uint8Array {
  const place = Math.floor((bytes.length * at) / 1000);
  if (how === 'cut') return bytes.slice(0, place);
  if (how !== 'damaged') return bytes;
  const damaged = bytes.slice();
  damaged[place] = (damaged[place] ?? 0) ^ (1 << (at % 8));
  return damaged;
}

/**
 * What is wrong before the first request: a file that must be used and is not, or the other way round. `held`: what the informer before it showed at its
 * end, where its file holds all of that. `roomy`: the store has room for any file.
 */
export function wrongAtTheBeginning(
  begun: Beginning | undefined,
  unused: boolean,
  shown: readonly string[],
  held: readonly string[] | undefined,
  roomy: boolean,
): string[] {
  const { file, inPlace, own } = begun ?? {};
  const sound = file?.sound === true;
  const wrong: string[] = [];
  if (unused && shown.length > 0) wrong.push(`a file that is not used shows ${shown.join(', ')}`);
  if (inPlace === false && own === false && !unused) wrong.push('a file of another server at another URL is used');
  if (sound && inPlace === true && unused && roomy) wrong.push('a sound file of this URL is not used');
  if (sound && !unused && held !== undefined && shown.join('\n') !== held.join('\n'))
    wrong.push(`a file does not show what was saved:\n  saved ${held.join(', ')}\n  shows ${shown.join(', ')}`);
  return wrong;
}
