import { extname } from 'node:path';

/** A map of texts that takes part. One file in `contestants` each, whose default export opens it for a number of entries. */
export interface MapContestant {
  /** Answers at once. The calls of the others are awaited. */
  readonly sync: boolean;
  get(key: string): string | undefined | Promise<string | undefined>;
  set(key: string, value: string): unknown;
  /** Resolves when what was set is in its place: in memory, in the other thread, in the file. */
  flush?(): Promise<unknown>;
  /** Bytes that it holds outside of the heap of this thread. */
  bytes?(): number;
  /** What makes a map durable; absent where nothing does. */
  readonly durable?: DurableContestant;
  close(): void | Promise<void>;
}

export interface DurableContestant {
  /** Writes, and resolves (or returns) when get() shows the value. */
  put(key: string, value: string): unknown;
  /** Resolves when everything that was put is on the disk. */
  flushed(): Promise<unknown>;
}

export type OpenContestant = (entries: number) => MapContestant | Promise<MapContestant>;

/** @throws if there is no file of that name */
export async function openContestant(name: string, entries: number): Promise<MapContestant> {
  const { default: open } = (await import(`./contestants/${name}${extname(import.meta.filename)}`)) as { readonly default: OpenContestant };
  return open(entries);
}
