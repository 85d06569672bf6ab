import { Cluster } from 'ioredis';
import type { RedisClient } from './connection-options.ts';
import type { Connection } from './connection.ts';
import { keySlot } from './key-slot.ts';

/** One command's worth of keys: their values in the same order, or why none came. */
export interface ReadGroup {
  readonly keys: readonly string[];
  /** Bytes, null where there is nothing (or nothing that is a string). */
  readonly values?: readonly (Buffer | null)[];
  readonly error?: unknown;
}

/**
 * Reads keys as bytes: one MGET, in a cluster one command for each slot, and hands over each answer as it comes: a node that is slow
 * keeps the values of the others from nobody. No pipelines there: while a slot moves, a pipeline with a moved key reads nil for keys
 * that exist. Never rejects.
 */
export async function readBatch(
  connection: Connection,
  client: RedisClient,
  keys: readonly string[],
  onGroup: (group: ReadGroup) => void,
): Promise<void> {
  if (!(client instanceof Cluster)) return onGroup(await readGroup(connection, client, keys));
  const prefix = client.options.keyPrefix ?? '';
  const bySlot = new Map<number, string[]>();
  for (const key of keys) {
    const slot = keySlot(Buffer.from(prefix + key));
    const group = bySlot.get(slot);
    if (group === undefined) bySlot.set(slot, [key]);
    else group.push(key);
  }
  await Promise.all([...bySlot.values()].map(async (group) => onGroup(await readGroup(connection, client, group))));
}

/** Whether the keys of a batch may lie on several servers. */
export function isCluster(client: RedisClient): boolean {
  return client instanceof Cluster;
}

async function readGroup(connection: Connection, client: RedisClient, keys: readonly string[]): Promise<ReadGroup> {
  try {
    const values = await connection.run(client, async () =>
      keys.length === 1 ? [await client.getBuffer(keys[0] as string)] : client.mgetBuffer([...keys]),
    );
    return { keys, values };
  } catch (error) {
    return { keys, error };
  }
}
