import { chmodSync, existsSync, fsyncSync, mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataFolderError } from '../errors.ts';
import type { SigningKeys } from '../auth/service-account-tokens.ts';
import type { Authority } from '../tls/authority.ts';
import { openJournal, replaceJournal, type Journal } from './journal.ts';
import type { Storage } from './storage.ts';
import type { StoredObject } from './stored-object.ts';

/** CA, token and keys of a server. Secret. */
export interface Identity {
  readonly authority: Authority;
  readonly token: string;
  /** What the tokens of service accounts are signed with. */
  readonly signing: SigningKeys;
}

/** Below this size a journal is never rewritten. */
const smallJournal = 16 << 20;

/**
 * The folder that keeps a server over restarts: `journal` with its objects, `identity.json` with its CA, token and signing keys, both
 * readable by their owner alone, and `lock` with the process that uses it.
 */
export class DataFolder {
  readonly #path: string;
  #journal: Journal | undefined;
  #storage: Storage | undefined;
  /** Size of the journal after it was last rewritten. */
  #base = 0;
  #locked = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** The stored identity, else a new one, which is stored. `token` replaces the stored one. */
  async identity(make: () => Promise<Identity>, token: string | undefined): Promise<Identity> {
    this.#makeFolder();
    const file = join(this.#path, 'identity.json');
    let stored: StoredIdentity | undefined;
    if (existsSync(file)) stored = readIdentity(file);
    // Folders of versions without signing keys get new ones.
    const known = stored?.signing === undefined ? { ...(await make()), ...stored } : (stored as Identity);
    const next = token === undefined ? known : { ...known, token };
    if (stored?.signing === undefined || next.token !== known.token) replaceFile(file, JSON.stringify(next));
    return next;
  }

  /** Loads the stored objects and writes every change from now on. */
  open(storage: Storage): void {
    this.#makeFolder();
    this.#lock();
    const path = join(this.#path, 'journal');
    let marked = 0;
    // After close and listen the objects are still in memory.
    const fresh = this.#storage === undefined;
    this.#storage = storage;
    this.#journal = openJournal(path, {
      put: (table, object) => {
        if (fresh) storage.load(table, object);
        marked = Math.max(marked, object.revision);
      },
      remove: (table, key, revision) => {
        if (fresh) storage.table(table).load(undefined, key);
        marked = Math.max(marked, revision);
      },
      mark: (revision) => {
        marked = Math.max(marked, revision);
      },
    });
    this.#base = this.#journal.size;
    if (fresh && marked > 0) storage.restarted(marked);
    this.#journal.mark(storage.revision);
    storage.logTo({
      put: (table, object) => {
        this.#journal?.put(table, object);
        this.#rewriteWhenLarge();
      },
      remove: (table, object) => {
        this.#journal?.remove(table, object);
        this.#rewriteWhenLarge();
      },
      rewrite: () => this.#rewrite(),
    });
  }

  close(): void {
    this.#storage?.logTo(undefined);
    this.#journal?.close();
    this.#journal = undefined;
    if (this.#locked) rmSync(join(this.#path, 'lock'), { force: true });
    this.#locked = false;
  }

  #rewriteWhenLarge(): void {
    const size = this.#journal?.size ?? 0;
    if (size < smallJournal || size < 2 * this.#base) return;
    // In a later turn of the event loop: the current write is not in the tables yet.
    this.#base = Number.POSITIVE_INFINITY;
    setImmediate(() => this.#rewrite());
  }

  #rewrite(): void {
    if (this.#journal === undefined || this.#storage === undefined) return;
    const path = join(this.#path, 'journal');
    const old = this.#journal;
    this.#journal = replaceJournal(path, this.#storage.revision, allObjects(this.#storage));
    old.close();
    this.#base = this.#journal.size;
  }

  #makeFolder(): void {
    try {
      mkdirSync(this.#path, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new DataFolderError(`the data folder ${this.#path} cannot be made: ${(error as Error).message}`, { cause: error });
    }
  }

  #lock(): void {
    const file = join(this.#path, 'lock');
    for (let tries = 0; ; tries++) {
      try {
        writeFileSync(file, String(process.pid), { mode: 0o600, flag: 'wx' });
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 2)
          throw new DataFolderError(`the data folder ${this.#path} cannot be locked: ${(error as Error).message}`, { cause: error });
      }
      const holder = Number(readFileSync(file, 'utf8'));
      if (holder > 0 && holder !== process.pid && isServer(holder)) {
        throw new DataFolderError(`the data folder ${this.#path} is in use by process ${holder}; stop it, or choose another folder`);
      }
      // Left over by a killed server.
      rmSync(file, { force: true });
    }
    this.#locked = true;
  }
}

/** Whether the process exists and may be a server of this package. Where the system shows it, a pid that was reused by another program does not count. */
function isServer(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return /node|bun|deno|kubecast/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return true;
  }
}

function* allObjects(storage: Storage): Generator<readonly [string, StoredObject]> {
  for (const table of storage.tables()) for (const object of table.current('')) yield [table.id, object];
}

type StoredIdentity = Omit<Identity, 'signing'> & Partial<Pick<Identity, 'signing'>>;

function readIdentity(file: string): StoredIdentity {
  try {
    const identity = JSON.parse(readFileSync(file, 'utf8')) as StoredIdentity;
    if (
      typeof identity.token !== 'string' ||
      typeof identity.authority.key !== 'string' ||
      typeof identity.authority.certificate !== 'string' ||
      (identity.signing !== undefined &&
        (typeof identity.signing.privateKey !== 'string' || typeof identity.signing.publicKey !== 'string'))
    )
      throw new Error('it lacks a part');
    chmodSync(file, 0o600);
    return identity;
  } catch (error) {
    // The parser's message may contain a part of the file, which is secret.
    throw new DataFolderError(
      `${file} cannot be read as the server's identity (CA and token); remove it to have a new one made, with new kubeconfigs`,
      { cause: error instanceof SyntaxError ? undefined : error },
    );
  }
}

function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  syncFile(`${file}.new`);
  renameSync(`${file}.new`, file);
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
