import type { Clock } from '@kubecast/clock';
import { digest } from '@kubecast/shared-memory';
import type { ObjectStore, ObjectStoreOptions } from '../object-store.ts';
import { createObjectStore, imageOf } from '../object-store.ts';
import type { ScopeId } from '../contract/record.ts';
import type { StoreImage } from '../records/store-image.ts';
import { checkNames } from '../contract/check-input.ts';
import { StoreError, StoreFileError } from '../store-error.ts';
import type { Writer } from '../contract/writer.ts';
import { systemClock } from '@kubecast/clock';

/*
 * A file, little-endian: eight bytes of magic; length and checksum of the header; the header, JSON padded to a multiple of eight; the rows
 * (place, hash, scope of each record, in key order); the segments, each a slab of whole records. The checksum of the rows is in the header, and
 * each record carries its own, which is compared when it is first read: a file of many records is of use before all of it was looked at.
 */
const MAGIC = 'KUBECST2';
const SEGMENT = 1 << 20;
const ROW = 3;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What the files need of a file system; `nodeFileSystem` makes one of node:fs/promises. */
export interface StoreFileSystem {
  /** Writes a new file, readable by its owner only (mode 0600), and returns when it is on the disk. */
  write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Puts a file in another's place at once, and returns when its folder is on the disk. */
  replace(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Undefined if there is no such file. */
  open(path: string): Promise<OpenFile | undefined>;
}

export interface OpenFile {
  readonly size: number;
  /** Fills the bytes from a position on; less only at the end. Returns how many. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export interface SaveOptions {
  /** Names the source: cluster, resource, selector, projection. A file of another identity is refused when loaded. */
  readonly identity: string;
  /** The resourceVersion up to which each scope was seen. */
  readonly versions: ReadonlyMap<ScopeId, string>;
  /** Must be true to save a store of Secrets. */
  readonly secrets?: boolean;
  readonly clock?: Clock;
}

export interface LoadedStore<T> {
  readonly store: ObjectStore<T>;
  readonly versions: ReadonlyMap<ScopeId, string>;
  /** Milliseconds since the epoch, by the saver's calendar. */
  readonly savedAt: number;
}

interface Header {
  readonly format: 2;
  readonly identity: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly seed: number;
  readonly savedAt: number;
  readonly scopes: readonly ScopeId[];
  readonly clusters: readonly string[];
  readonly versions: readonly (readonly [ScopeId, string])[];
  readonly count: number;
  readonly rowsDigest: number;
  /** Length of each segment. */
  readonly segments: readonly number[];
}

/**
 * Saves what the store holds at the call; writes that come while the file is written are not in it. The file is written aside, forced to the
 * disk and put in place at once: a crash leaves the old one or the new one. Saves of one
 * path by one process wait for each other, in the order of their calls; two processes must not save to one path.
 * @throws StoreFileError FILE_SECRETS for Secrets without `secrets: true`; FILE_WRITE if the file system refuses.
 * @throws StoreError OPTIONS_INVALID, which names the option, before anything is written.
 */
export async function saveStore<T>(store: Writer<T>, files: StoreFileSystem, path: string, options: SaveOptions): Promise<void> {
  checkSave(options);
  const image = imageOf(store);
  if (image.kind === 'Secret' && image.apiVersion === 'v1' && options.secrets !== true)
    throw new StoreFileError('FILE_SECRETS', `${path}: Secrets are not saved unless \`secrets: true\` asks for it`);
  const before = saving.get(path);
  const own = (async (): Promise<void> => {
    // What became of the other save is told to its caller.
    await before?.catch(() => undefined);
    await write(image, files, path, options);
  })();
  saving.set(path, own);
  try {
    await own;
  } finally {
    if (saving.get(path) === own) saving.delete(path);
  }
}

/** The last save of each path that is under way. */
const saving = new Map<string, Promise<void>>();

function checkSave(options: unknown): void {
  const { identity, versions } = (options ?? {}) as { readonly identity?: unknown; readonly versions?: unknown };
  if (typeof identity !== 'string' || !(versions instanceof Map))
    throw new StoreError('OPTIONS_INVALID', 'saveStore takes { identity, versions }: a text and a Map of the version of each scope');
  checkNames(options as object, ['identity', 'versions', 'secrets', 'clock'], 'the options of saveStore');
}

async function write(image: StoreImage, files: StoreFileSystem, path: string, options: SaveOptions): Promise<void> {
  const aside = `${path}.tmp`;
  try {
    await files.write(aside, encodeFile(image, options));
    await files.replace(aside, path);
  } catch (error) {
    await files.remove(aside).catch(() => undefined);
    throw new StoreFileError('FILE_WRITE', `${path}: the store could not be saved: ${(error as Error).message}`, { cause: error });
  }
}

async function* encodeFile(image: StoreImage, options: SaveOptions): AsyncIterableIterator<Uint8Array> {
  const clock = options.clock ?? systemClock;
  const rows = new Int32Array(image.records.length * ROW);
  const bounds: number[] = [];
  let used = 0;
  image.records.forEach((record, i) => {
    const size = record.slab.words[record.offset >> 2] as number;
    if (bounds.length === 0 || used + size > SEGMENT) {
      bounds.push(i);
      used = 0;
    }
    rows.set([((bounds.length - 1) << 17) | (used >> 3), record.hash, record.scope], i * ROW);
    used += size;
  });
  bounds.push(image.records.length);
  const segments = bounds.slice(0, -1).map((from, i) => lengthOf(image, from, bounds[i + 1] as number));
  const header: Header = {
    format: 2,
    identity: options.identity,
    apiVersion: image.apiVersion,
    kind: image.kind,
    seed: image.seed,
    savedAt: clock.wall(),
    scopes: image.scopes,
    clusters: image.clusters,
    versions: [...options.versions],
    count: image.records.length,
    rowsDigest: digest(rows),
    segments,
  };
  const json = encoder.encode(JSON.stringify(header));
  const padded = new Uint8Array(16 + ((json.length + 7) & ~7)).fill(0x20, 16);
  padded.set(encoder.encode(MAGIC));
  padded.set(json, 16);
  new Int32Array(padded.buffer, 8, 2).set([padded.length - 16, digest(new Int32Array(padded.buffer, 16))]);
  yield padded;
  yield new Uint8Array(rows.buffer);
  for (let i = 0; i + 1 < bounds.length; i += 1) {
    yield segmentOf(image, bounds[i] as number, bounds[i + 1] as number);
    // A large store must not keep its readers waiting while it is saved.
    await clock.yield();
  }
}

function lengthOf(image: StoreImage, from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to; i += 1) {
    const { slab, offset } = image.records[i] as StoreImage['records'][number];
    length += slab.words[offset >> 2] as number;
  }
  return length;
}

function segmentOf(image: StoreImage, from: number, to: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(image, from, to));
  const words = new Int32Array(bytes.buffer);
  let at = 0;
  for (let i = from; i < to; i += 1) {
    const { slab, offset } = image.records[i] as StoreImage['records'][number];
    const size = slab.words[offset >> 2] as number;
    bytes.set(slab.bytes.subarray(offset, offset + size), at);
    // Table and slot change while a record stands; in the file they are those that the loaded store will give.
    words[(at >> 2) + 1] = 0;
    words[(at >> 2) + 2] = i;
    at += size;
  }
  return bytes;
}

/**
 * Makes a store of a saved file. Its length, its header and its keys are compared with their checksums before anything is shown: a file that was
 * cut, or changed there, is refused. Each record is compared when it is first read, or by `check`: one that was changed reads as absent and is
 * counted (`counters.damaged`); it is never shown wrong. Indexes are built anew by the extractors of `options`. Undefined if there is no such file.
 * @throws StoreFileError FILE_DAMAGED, FILE_FORMAT (another format), FILE_OTHER (another identity or kind), FILE_READ.
 */
export async function loadStore<T>(
  options: ObjectStoreOptions<T>,
  files: StoreFileSystem,
  path: string,
  identity: string,
): Promise<LoadedStore<T> | undefined> {
  let file: OpenFile | undefined;
  try {
    file = await files.open(path);
    return file && (await readStore(options, file, path, identity));
  } catch (error) {
    if (error instanceof StoreFileError) throw error;
    throw new StoreFileError('FILE_READ', `${path}: the file could not be read: ${(error as Error).message}`, { cause: error });
  } finally {
    await file?.close();
  }
}

async function readStore<T>(options: ObjectStoreOptions<T>, file: OpenFile, path: string, identity: string): Promise<LoadedStore<T>> {
  const damaged = (what: string): StoreFileError => new StoreFileError('FILE_DAMAGED', `${path}: ${what}; the file is not used`);
  let position = 0;
  const take = async (length: number, what: string): Promise<ArrayBuffer> => {
    if (position + length > file.size) throw damaged(`it ends within ${what}`);
    const buffer = new ArrayBuffer(length);
    if ((await file.read(new Uint8Array(buffer), position)) !== length) throw damaged(`it ends within ${what}`);
    position += length;
    return buffer;
  };
  const start = await take(16, 'its first bytes');
  const magic = decoder.decode(new Uint8Array(start, 0, 8));
  if (magic !== MAGIC) throw new StoreFileError('FILE_FORMAT', `${path}: this is no store file of a format that is known here`);
  const [headerLength = 0, headerDigest] = new Int32Array(start, 8, 2);
  if (headerLength <= 0 || headerLength % 8 !== 0) throw damaged('the length of its header is wrong');
  const headerBytes = await take(headerLength, 'its header');
  if (digest(new Int32Array(headerBytes)) !== headerDigest) throw damaged('the checksum of its header does not fit');
  const header = JSON.parse(decoder.decode(headerBytes)) as Header;
  if (header.identity !== identity)
    throw new StoreFileError('FILE_OTHER', `${path}: it holds ${JSON.stringify(header.identity)}, not ${JSON.stringify(identity)}`);
  if (header.apiVersion !== options.apiVersion || header.kind !== options.kind)
    throw new StoreFileError(
      'FILE_OTHER',
      `${path}: it holds ${header.apiVersion} ${header.kind}, not ${options.apiVersion} ${options.kind}`,
    );
  const rows = new Int32Array(await take(header.count * ROW * 4, 'its rows'));
  if (digest(rows) !== header.rowsDigest) throw damaged('the checksum of its rows does not fit');
  const segments: ArrayBuffer[] = [];
  for (const length of header.segments) segments.push(await take(length, 'its records'));
  if (position !== file.size) throw damaged('there is more behind its end');
  const store = createObjectStore<T>(options, { seed: header.seed, scopes: header.scopes, clusters: header.clusters, segments, rows });
  return { store, versions: new Map(header.versions), savedAt: header.savedAt };
}
