import type { FileHandle } from 'node:fs/promises';
import { ConcurrentMapError } from '../errors.ts';
import { DurableDamagedError, DurableHeldError, reasonOf } from './durable-errors.ts';
import {
  addToSum,
  entryFromText,
  keyFromDisk,
  keyToDisk,
  STATE_KEY,
  stateFromText,
  stateToText,
  type DiskState,
  type EntryText,
} from './entry-text.ts';
import { loadLevel, type LevelDatabase, type LevelModule, type LevelWrite } from './level-module.ts';
import { FolderFiles, isRefusal, noteAcknowledged } from './node-folder-files.ts';

/** Entries read at a time: 2,000 take some five milliseconds. */
const AT_ONCE = 2000;
const EMPTY: DiskState = { sequence: 0, count: 0, sum: 0 };

/** One write of an entry; no text: it is removed. */
export interface EntryWrite {
  readonly key: string;
  readonly text: string | undefined;
}

/** Given what there is in all, gives what takes each entry. */
export type EntryTaker = (state: DiskState) => (key: string, entry: EntryText) => void;

/** A folder that holds a map, open and held for this process. */
export class LevelFolder {
  readonly #level: LevelModule;
  readonly #files: FolderFiles;
  readonly #lock: LevelDatabase;
  readonly #note: FileHandle;
  #data: LevelDatabase | undefined;
  /** Acknowledgements that could not be noted: damage to what they acknowledge would not be seen. */
  unnoted = 0;

  private constructor(level: LevelModule, files: FolderFiles, lock: LevelDatabase, note: FileHandle, data: LevelDatabase) {
    this.#level = level;
    this.#files = files;
    this.#lock = lock;
    this.#note = note;
    this.#data = data;
  }

  /**
   * Opens a folder, or makes it, and gives each entry to what `taker` gives. Either all that was acknowledged is there, or an error says what is not, and the folder is as it was.
   * @throws DurableFolderError, DurableHeldError, DurableDamagedError, DurableFormatError, LevelMissingError
   */
  static async open(folder: string, taker: EntryTaker): Promise<{ readonly disk: LevelFolder; readonly state: DiskState }> {
    const level = await loadLevel();
    const files = new FolderFiles(folder);
    await files.make();
    const refused = (error: unknown): unknown => (error instanceof ConcurrentMapError ? error : files.refused(error));
    let lock: LevelDatabase;
    try {
      // Nothing is written into a folder of somebody else.
      await files.checkFormat();
      lock = await takeLock(level, files);
    } catch (error) {
      throw refused(error);
    }
    let note: FileHandle | undefined;
    try {
      if (!(await files.checkFormat())) await files.writeFormat();
      await files.putBack();
      const acknowledged = await files.readAcknowledged();
      const fresh = await files.isFresh(acknowledged);
      if (!fresh) await files.save();
      const { data, state } = await openData(level, files, fresh, acknowledged ?? 0, taker);
      try {
        note = await files.openAcknowledged(state.sequence);
        await files.dropSaved();
      } catch (error) {
        await data.close();
        await files.putBack();
        throw error;
      }
      return { disk: new LevelFolder(level, files, lock, note, data), state };
    } catch (error) {
      await note?.close();
      await lock.close();
      throw refused(error);
    }
  }

  /** Writes all of it or nothing, with the state that it leads to, and resolves when the disk has it. */
  async write(writes: readonly EntryWrite[], state: DiskState): Promise<void> {
    const data = this.#data;
    if (data === undefined) throw new Error('the folder is not open');
    const batch: LevelWrite[] = writes.map(({ key, text }) =>
      text === undefined ? { type: 'del', key: keyToDisk(key) } : { type: 'put', key: keyToDisk(key), value: text },
    );
    batch.push({ type: 'put', key: STATE_KEY, value: stateToText(state) });
    await data.batch(batch, { sync: true });
    await noteAcknowledged(this.#note, state.sequence).catch(() => void (this.unnoted += 1));
  }

  /** After a write that failed, LevelDB must not write on behind what may be half a record: it is opened anew. Gives what stands there. */
  async reopen(): Promise<DiskState> {
    const before = this.#data;
    this.#data = undefined;
    await before?.close();
    const data = new this.#level.ClassicLevel(this.#files.data);
    await data.open({ createIfMissing: false });
    const state = stateFromText((await data.get(STATE_KEY)) ?? '');
    if (state === undefined) {
      await data.close();
      throw new DurableDamagedError(this.#files.folder, 'what was written in all cannot be read');
    }
    this.#data = data;
    return state;
  }

  /** Lets go of the folder, whatever fails. */
  async close(): Promise<void> {
    const data = this.#data;
    this.#data = undefined;
    try {
      await data?.close();
    } finally {
      try {
        await this.#note.close();
      } finally {
        await this.#lock.close();
      }
    }
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && (error.cause as { readonly code?: unknown } | undefined)?.code === 'LEVEL_LOCKED';
}

/**
 * Node has no file locks, LevelDB does: an empty database beside the data holds the folder, and lets go of it when the process ends, however it does. It must not be
 * the data itself, since before that is opened its files are saved.
 */
async function takeLock(level: LevelModule, files: FolderFiles): Promise<LevelDatabase> {
  for (let again = false; ; again = true) {
    const lock = new level.ClassicLevel(files.lock);
    try {
      await lock.open({ createIfMissing: true });
      return lock;
    } catch (error) {
      if (isLocked(error)) throw new DurableHeldError(files.folder, error);
      if (again || isRefusal(error)) throw error;
      // It holds nothing: where it is damaged, another one does. destroy() takes the lock first.
      await level.ClassicLevel.destroy(files.lock);
    }
  }
}

async function openData(
  level: LevelModule,
  files: FolderFiles,
  fresh: boolean,
  acknowledged: number,
  taker: EntryTaker,
): Promise<{ readonly data: LevelDatabase; readonly state: DiskState }> {
  const data = new level.ClassicLevel(files.data);
  try {
    await data.open({ createIfMissing: fresh });
    return { data, state: await load(data, files.folder, acknowledged, taker) };
  } catch (error) {
    if (isLocked(error)) {
      // Some other program has it: its files are not ours to touch.
      await files.dropSaved();
      throw new DurableHeldError(files.folder, error);
    }
    await data.close();
    await files.putBack();
    if (error instanceof ConcurrentMapError || isRefusal(error)) throw error;
    throw new DurableDamagedError(files.folder, reasonOf(error), error);
  }
}

/** Reads all entries, and compares them in all with what was written. */
async function load(data: LevelDatabase, folder: string, acknowledged: number, taker: EntryTaker): Promise<DiskState> {
  const written = await data.get(STATE_KEY);
  const state = stateFromText(written ?? stateToText(EMPTY));
  if (state === undefined) throw new DurableDamagedError(folder, 'what was written in all cannot be read');
  if (state.sequence < acknowledged)
    throw new DurableDamagedError(folder, `it ends with the write ${state.sequence}, while ${acknowledged} were acknowledged`);
  const take = taker(state);
  const entries = data.iterator({ gt: STATE_KEY, highWaterMarkBytes: 1 << 20, fillCache: false });
  let count = 0;
  let sum = 0;
  // LevelDB reads what comes next while this thread looks at what came.
  let coming = entries.nextv(AT_ONCE);
  try {
    for (;;) {
      const some = await coming;
      if (some.length === 0) break;
      coming = entries.nextv(AT_ONCE);
      for (const pair of some) {
        const key = keyFromDisk(pair[0]);
        const entry = entryFromText(key, pair[1]);
        if (entry === undefined)
          throw new DurableDamagedError(folder, `the entry ${JSON.stringify(key.slice(0, 64))} is not what was written`);
        count += 1;
        sum = addToSum(sum, entry.hash);
        take(key, entry);
      }
    }
  } finally {
    await coming.catch(() => undefined);
    await entries.close();
  }
  if (state.count !== count || state.sum !== sum)
    throw new DurableDamagedError(folder, `${count} entries are there, not the ${state.count} that were written`);
  if (written === undefined) await data.batch([{ type: 'put', key: STATE_KEY, value: stateToText(EMPTY) }], { sync: true });
  return state;
}
