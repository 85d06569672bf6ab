import { watchCommands } from '@kubecast/redis-loader/testing';
import { Redis } from 'ioredis';
import { check } from './expect.ts';
import type { RedisEyes } from './world.ts';

/** What the connections of a resolver's loader call themselves. */
const LOADER = 'kubecast-resolver';

/** The keys of a command: EVAL and EVALSHA count theirs, a SET has one, of all others every argument is one. */
export function keysOf(name: string, args: readonly string[]): readonly string[] {
  if (name.startsWith('eval')) return args.slice(2, 2 + Number(args[1]));
  return name === 'set' ? args.slice(0, 1) : args;
}

/** A Redis seen from outside: the values, and by MONITOR each command that the server gets. */
export class RedisWatcher implements RedisEyes {
  readonly #url: string;
  readonly #client: Redis;
  readonly #resolvers: number;

  /** `resolvers`: how many of them there are; fewer connections of theirs would make "no command" mean nothing. */
  constructor(url: string, resolvers: number) {
    this.#url = url;
    this.#resolvers = resolvers;
    this.#client = new Redis(url, {
      lazyConnect: true,
      commandTimeout: 5_000,
      connectionName: 'quickstart',
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => 50,
    });
    // Redis is stopped on purpose in some steps; a command that fails says so itself.
    this.#client.on('error', () => {});
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
    const log = await watchCommands(this.#url);
    try {
      await body();
      const list = String(await this.#client.call('CLIENT', 'LIST'));
      const connections = list.split('\n').filter((line) => line.includes(` name=${LOADER} `)).length;
      check(
        connections >= this.#resolvers,
        `Redis has ${connections} connections named ${LOADER}, and there are ${this.#resolvers} resolvers`,
      );
      return (await log.read())
        .filter((command) => command.client === LOADER)
        .map(({ name, args }) => ({ name, keys: keysOf(name, args) }));
    } finally {
      log.close();
    }
  }

  close(): void {
    this.#client.disconnect();
  }
}
