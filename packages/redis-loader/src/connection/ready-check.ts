import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './connection-options.ts';

type Answered = (error: Error | null, info?: string) => void;

/**
 * ioredis asks INFO before it calls itself ready. Where the user may not ask that, it writes a line to the console, which belongs to the program: then it
 * is taken for ready without a word, as ioredis does too. To be called before the client connects.
 */
export function quietReadyCheck(client: RedisClient): void {
  if (client instanceof Cluster) {
    client.on('+node', (node: Redis) => quietReadyCheck(node));
    return;
  }
  const info = client.info.bind(client) as () => Promise<string>;
  const quiet = async (answered: Answered): Promise<void> => {
    try {
      answered(null, await info());
    } catch (error) {
      if (error instanceof Error && !error.message.includes('NOPERM')) answered(error);
      else answered(null, '');
    }
  };
  Object.defineProperty(client, 'info', { value: quiet, configurable: true, writable: true });
}
