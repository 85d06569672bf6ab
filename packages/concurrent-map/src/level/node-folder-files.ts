import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DurableDamagedError, DurableFolderError, DurableFormatError, reasonOf } from './durable-errors.ts';
import { sealed, unsealed } from './entry-text.ts';

export const FORMAT = 1;

/** What a DurableMap puts into its folder. `map.json` comes first, and `acknowledged` last, when the map is whole. */
const NAMES: ReadonlySet<string> = new Set([
  'map.json',
  'map.json.new',
  'lock',
  'data',
  'saved',
  'saved.new',
  'saved.old',
  'acknowledged',
  'acknowledged.new',
]);

/** What is refused by the system, rather than damaged. */
const REFUSED =
  /permission denied|not permitted|read-only|no space|too large|quota|too many open|cannot allocate|E(?:ACCES|PERM|ROFS|NOSPC|DQUOT|FBIG|MFILE|NFILE)/i;

export function isRefusal(error: unknown): boolean {
  return REFUSED.test(reasonOf(error));
}

/** The files of one map's folder, but for what LevelDB keeps in `data`. */
export class FolderFiles {
  readonly folder: string;
  readonly data: string;
  readonly lock: string;
  readonly #saved: string;

  constructor(folder: string) {
    this.folder = folder;
    this.data = join(folder, 'data');
    this.lock = join(folder, 'lock');
    this.#saved = join(folder, 'saved');
  }

  /** Makes the folder where there is none. */
  async make(): Promise<void> {
    try {
      await makeFolders(this.folder);
      await readdir(this.folder);
    } catch (error) {
      throw this.refused(error);
    }
  }

  /** The error for what the system refused. */
  refused(error: unknown): DurableFolderError {
    return new DurableFolderError(
      this.folder,
      reasonOf(error),
      'give a folder that this process may read and write, with room in it',
      error,
    );
  }

  /**
   * Whether a map stands here already. Writes nothing.
   * @throws DurableFolderError where something else stands, DurableFormatError for another format, DurableDamagedError where map.json is gone or cut
   */
  async checkFormat(): Promise<boolean> {
    const names = await readdir(this.folder);
    if (!names.includes('map.json')) {
      const other = names.find((name) => !NAMES.has(name));
      if (other !== undefined)
        throw new DurableFolderError(
          this.folder,
          `it holds something else (${JSON.stringify(other)})`,
          'give an empty folder, or one that does not exist',
        );
      if (names.includes('data')) throw new DurableDamagedError(this.folder, 'map.json is missing');
      return false;
    }
    const text = await readFile(join(this.folder, 'map.json'), 'utf8');
    let found: { readonly kubecast?: unknown; readonly format?: unknown };
    try {
      found = JSON.parse(text) as typeof found;
      if (found.kubecast !== 'durable-map') throw new Error(`it says ${JSON.stringify(text.slice(0, 64))}`);
    } catch (error) {
      throw new DurableDamagedError(this.folder, `map.json is not what a map wrote: ${reasonOf(error)}`, error);
    }
    if (found.format !== FORMAT) throw new DurableFormatError(this.folder, found.format, FORMAT);
    return true;
  }

  async writeFormat(): Promise<void> {
    const aside = join(this.folder, 'map.json.new');
    await rm(aside, { force: true });
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ kubecast: 'durable-map', format: FORMAT })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, join(this.folder, 'map.json'));
    await syncFolder(this.folder);
  }

  /** The last sequence that was acknowledged, as far as it was noted; undefined: the making of the map did not end. */
  async readAcknowledged(): Promise<number | undefined> {
    let text: string;
    try {
      text = await readFile(join(this.folder, 'acknowledged'), 'latin1');
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'ENOENT') return undefined;
      throw error;
    }
    const sequence = Number(unsealed(text) ?? Number.NaN);
    if (!Number.isSafeInteger(sequence))
      throw new DurableDamagedError(this.folder, 'the file "acknowledged" is not what a map wrote (remove it to open what else there is)');
    return sequence;
  }

  /**
   * Notes the sequence in the file `acknowledged`, and gives it for the notes to come. One that was not there gets its name with the note in it: a process may
   * be killed between the two.
   */
  async openAcknowledged(sequence: number): Promise<FileHandle> {
    const path = join(this.folder, 'acknowledged');
    const aside = `${path}.new`;
    const isThere = (await readdir(this.folder)).includes('acknowledged');
    if (!isThere) await rm(aside, { force: true });
    const file = await (isThere ? open(path, 'r+') : open(aside, 'wx+', 0o600));
    try {
      await noteAcknowledged(file, sequence);
      if (!isThere) await rename(aside, path);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Whether `data` is yet to be made. When a map was there, what is left of it is not made over: LevelDB would begin anew where its file CURRENT is missing,
   * and remove all others.
   */
  async isFresh(acknowledged: number | undefined): Promise<boolean> {
    const names = await readdir(this.data).catch((): string[] => []);
    if (names.includes('CURRENT')) return false;
    if (acknowledged !== undefined) throw new DurableDamagedError(this.folder, 'the file CURRENT is missing in "data"');
    for (const name of names) {
      if (!/\.(?:ldb|sst|log)$/.test(name)) continue;
      if ((await stat(join(this.data, name))).size > 0) throw new DurableDamagedError(this.folder, 'the file CURRENT is missing in "data"');
    }
    return true;
  }

  /**
   * LevelDB drops what it cannot read when it opens, and removes files that it does not know. So before it does, its files are linked into `saved`, and only
   * removed from there when everything that was written was found. A `saved` that is left over is of an open that was killed: it holds what stood before.
   */
  async save(): Promise<void> {
    const aside = `${this.#saved}.new`;
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { mode: 0o700 });
    for (const name of await readdir(this.data)) {
      if (name === 'LOCK' || name === 'LOG' || name === 'LOG.old') continue;
      const [from, to] = [join(this.data, name), join(aside, name)];
      // Where there are no hard links, a copy does.
      await link(from, to).catch(() => copyFile(from, to));
    }
    await rename(aside, this.#saved);
  }

  /** Puts back what stood before the open. */
  async putBack(): Promise<void> {
    const names = await readdir(this.folder);
    if (!names.includes('saved')) return;
    await rm(this.data, { recursive: true, force: true });
    await rename(this.#saved, this.data);
  }

  /** All is well: what was saved may go. */
  async dropSaved(): Promise<void> {
    const names = await readdir(this.folder);
    const old = `${this.#saved}.old`;
    if (names.includes('saved.old')) await rm(old, { recursive: true, force: true });
    if (!names.includes('saved')) return;
    await rename(this.#saved, old);
    await rm(old, { recursive: true, force: true });
  }
}

/** Notes a sequence by one write over the last one. It goes to the system, not to the disk: it is there after a kill, and older at worst after a loss of power. */
export async function noteAcknowledged(file: FileHandle, sequence: number): Promise<void> {
  const bytes = new TextEncoder().encode(sealed(String(sequence).padStart(16)));
  await file.write(bytes, 0, bytes.length, 0);
}

/** As mkdir -p, which Node does without an end where a folder such as /proc says that it is not there. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolders(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

/** So that a rename is on the disk. Where folders cannot be opened (Windows), the system does it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  if (folder === undefined) return;
  try {
    await folder.sync();
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'EPERM') throw error;
  } finally {
    await folder.close();
  }
}
