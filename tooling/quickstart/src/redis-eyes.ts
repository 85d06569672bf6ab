import { Redis } from 'ioredis';
import type { RedisEyes } from './world.ts';

/** Commands that carry no data: a connection's own upkeep. */
const UPKEEP: ReadonlySet<string> = new Set(['hello', 'client', 'info', 'ping', 'auth', 'select', 'command', 'quit', 'readonly', 'monitor', 'config', 'script', 'role']);

/** The keys of a command, by its name: EVAL and EVALSHA count theirs, a SET has one, the rest are all keys. */
export function keysOf(args: readonly string[]): readonly string[] {
  const [name = '', ...rest] = args;
  if (/^eval/i.test(name)) return rest.slice(2, 2 + Number(rest[1]));
  if (/^set/i.test(name)) return rest.slice(0, 1);
  return rest;
}

/**
 * Watches a Redis as its operator would: by MONITOR, which shows each command that the server got and the address that it came from;
 * CLIENT LIST says which of these are resolvers, by the name that their connections give themselves.
 */
export class RedisWatcher implements RedisEyes {
  readonly #client: Redis;
  readonly #isResolver: (clientName: string) => boolean;

  constructor(url: string, isResolver: (clientName: string) => boolean) {
    this.#client = new Redis(url, { lazyConnect: true, commandTimeout: 5_000, connectionName: 'quickstart', autoResendUnfulfilledCommands: false, retryStrategy: () => 50 });
    // Redis is stopped on purpose in some steps; a command that fails says so itself.
    this.#client.on('error', () => {});
    this.#isResolver = isResolver;
  }

  get(key: string): Promise<string | null> {
    return this.#client.get(key);
  }

  async set(key: string, value: string): Promise<void> {
    await this.#client.set(key, value);
  }

  async delete(key: string): Promise<void> {
    await this.#client.del(key);
  }

  async ping(): Promise<void> {
    await this.#client.ping();
  }

  async commandsOfResolvers(body: () => Promise<void>): Promise<readonly { name: string; keys: readonly string[] }[]> {
    const seen: { args: readonly string[]; source: string }[] = [];
    const monitor = await this.#client.monitor();
    monitor.on('monitor', (_time: string, args: string[], source: string) => seen.push({ args, source }));
    const sources = new Set<string>();
    const note = async (): Promise<void> => {
      const list = (await this.#client.call('CLIENT', 'LIST')) as string;
      for (const line of list.split('\n')) {
        const field = (name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? '';
        if (this.#isResolver(field('name'))) sources.add(field('addr'));
      }
    };
    try {
      await note();
      await body();
      // What the server got before this marker has reached the monitor once the marker has.
      const marker = `kubecast-marker-${process.hrtime.bigint()}`;
      const reached = new Promise<void>((resolve) => monitor.on('monitor', (_time: string, args: string[]) => args.includes(marker) && resolve()));
      await this.#client.exists(marker);
      await reached;
      await note();
    } finally {
      monitor.disconnect();
    }
    return seen
      .filter(({ args, source }) => sources.has(source) && !UPKEEP.has((args[0] ?? '').toLowerCase()))
      .map(({ args }) => ({ name: (args[0] ?? '').toLowerCase(), keys: keysOf(args) }));
  }

  close(): void {
    this.#client.disconnect();
  }
}
