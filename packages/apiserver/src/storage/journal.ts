import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { DataFolderError } from '../errors.ts';
import { crc32 } from 'node:zlib';
import { readStored, type StoredObject } from './stored-object.ts';
import type { KubeObject } from '../served-resource.ts';

const header = 'kubecast-apiserver journal 1\n';

/**
 * The file that writes go to before they are answered: lines of a CRC-32 in hexadecimal, a blank and JSON. The operating system
 * has a line when `append` returns, so it survives the death of this process, though not that of the machine.
 */
export class Journal {
  readonly #file: number;
  readonly path: string;
  #size: number;

  constructor(path: string, file: number, size: number) {
    this.path = path;
    this.#file = file;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  put(table: string, object: StoredObject): void {
    this.append(putLine(table, object));
  }

  remove(table: string, object: StoredObject): void {
    this.append(frame(Buffer.from(JSON.stringify({ op: 'remove', table, key: object.key, revision: object.revision }))));
  }

  /** The first line of a new file. */
  begin(revision: number): void {
    this.append(Buffer.from(header));
    this.mark(revision);
  }

  /** The counter is at least this. */
  mark(revision: number): void {
    this.append(frame(Buffer.from(JSON.stringify({ op: 'mark', revision }))));
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Lines that are framed already. */
  append(line: Buffer): void {
    for (let at = 0; at < line.length;) at += writeSync(this.#file, line, at);
    this.#size += line.length;
  }
}

export function putLine(table: string, object: StoredObject): Buffer {
  const head = JSON.stringify({ op: 'put', table, version: object.version, revision: object.revision });
  return frame(Buffer.concat([Buffer.from(`${head.slice(0, -1)},"object":`), object.bytes, Buffer.from('}')]));
}

function frame(json: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} `), json, Buffer.from('\n')]);
}

export interface JournalReader {
  put(table: string, object: StoredObject): void;
  remove(table: string, key: string, revision: number): void;
  mark(revision: number): void;
}

/**
 * Reads a journal from its beginning and opens it for more. A last line that is cut off or damaged was never answered: it
 * is cut away. Damage before it is an error, because answered writes would be lost.
 * @throws DataFolderError for damage anywhere else, with its place; the file stays as it is
 */
export function openJournal(path: string, reader: JournalReader): Journal {
  const file = openSync(path, 'a+', 0o600);
  try {
    const size = replay(path, file, reader);
    return new Journal(path, file, size);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function replay(path: string, file: number, reader: JournalReader): number {
  let good = 0;
  let bad: { offset: number; line: number } | undefined;
  let line = 0;
  let total = 0;
  for (const { bytes, offset, ended } of lines(file)) {
    line++;
    total = offset + bytes.length + (ended ? 1 : 0);
    if (bad !== undefined) throw damaged(path, bad);
    const fine = ended && (line === 1 ? `${bytes.toString('latin1')}\n` === header : apply(bytes, reader));
    if (fine) good = total;
    else if (line === 1 && ended)
      throw new DataFolderError(`${path} is no journal of this version of the API server; move it away, or choose another data folder`);
    else bad = { offset, line };
  }
  if (good < total) ftruncateSync(file, good);
  if (good === 0) {
    writeSync(file, header);
    return header.length;
  }
  return good;
}

function damaged(path: string, bad: { offset: number; line: number }): DataFolderError {
  return new DataFolderError(
    `${path} is damaged at line ${bad.line} (byte ${bad.offset}), before its end; restore the file from a copy, or move the folder away to begin anew`,
  );
}

function apply(bytes: Buffer, reader: JournalReader): boolean {
  if (bytes.length < 10 || bytes[8] !== 0x20) return false;
  const json = bytes.subarray(9);
  if (bytes.toString('latin1', 0, 8) !== crc32(json).toString(16).padStart(8, '0')) return false;
  const entry = JSON.parse(json.toString('utf8')) as {
    op: string;
    table: string;
    version: string;
    revision: number;
    key: string;
    object: KubeObject;
  };
  if (entry.op === 'put') {
    const start = json.indexOf(',"object":') + 10;
    reader.put(entry.table, readStored(entry.object, entry.version, entry.revision, Buffer.from(json.subarray(start, json.length - 1))));
  } else if (entry.op === 'remove') reader.remove(entry.table, entry.key, entry.revision);
  else reader.mark(entry.revision);
  return true;
}

/** The lines of a file with their places; a last one without its line feed is not `ended`. */
function* lines(file: number): Generator<{ bytes: Buffer; offset: number; ended: boolean }> {
  const block = Buffer.allocUnsafe(1 << 22);
  let rest = Buffer.alloc(0);
  let offset = 0;
  for (let position = 0; ;) {
    const count = readSync(file, block, 0, block.length, position);
    if (count === 0) break;
    position += count;
    const data = rest.length === 0 ? block.subarray(0, count) : Buffer.concat([rest, block.subarray(0, count)]);
    let start = 0;
    for (let end = data.indexOf(10, start); end >= 0; end = data.indexOf(10, start)) {
      yield { bytes: data.subarray(start, end), offset, ended: true };
      offset += end + 1 - start;
      start = end + 1;
    }
    rest = Buffer.from(data.subarray(start));
  }
  if (rest.length > 0) yield { bytes: rest, offset, ended: false };
}

/** Writes a journal of these objects only, replaces the one at `path` atomically, and opens it for more. */
export function replaceJournal(path: string, revision: number, objects: Iterable<readonly [string, StoredObject]>): Journal {
  const next = `${path}.new`;
  const file = openSync(next, 'w', 0o600);
  try {
    const journal = new Journal(path, file, 0);
    journal.begin(revision);
    let pending: Buffer[] = [];
    let size = 0;
    for (const [table, object] of objects) {
      const line = putLine(table, object);
      pending.push(line);
      size += line.length;
      if (size < 1 << 20) continue;
      journal.append(Buffer.concat(pending));
      pending = [];
      size = 0;
    }
    journal.append(Buffer.concat(pending));
    fsyncSync(file);
    renameSync(next, path);
    return journal;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
