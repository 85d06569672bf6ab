import type { Pipeline } from 'ioredis';
import type { Connection } from '../connection/connection.ts';
import type { RedisClient } from '../connection/connection-options.ts';
import { isCluster } from '../connection/read-batch.ts';
import { redisFailed } from '../connection/redis-failure.ts';
import { ClosedError, isRedisLoaderError, RedisFailedError } from '../errors.ts';
import { swapArguments, swapScript, type KeySwap } from './scripts.ts';

/** The commands of a publisher, over a connection that never sends one twice. All throw RedisFailedError, ClosedError or the signal's reason. */
export class PublisherCommands {
  readonly #connection: Connection;
  readonly #onFailed: () => void;

  constructor(connection: Connection, onFailed: () => void) {
    this.#connection = connection;
    this.#onFailed = onFailed;
  }

  /** The bytes under keys of one slot; null where there is nothing, or nothing that is a string. */
  async read(keys: readonly string[], doing: string, signal?: AbortSignal): Promise<readonly (Buffer | null)[]> {
    return this.run(doing, (client) => client.mgetBuffer([...keys]), signal);
  }

  /**
   * Changes keys of one slot together, and asks in the same pipeline of the same connection how many replicas have it: a connection that is made anew
   * may lead to another server.
   */
  async swap(swaps: readonly KeySwap[], doing: string, asked: ReplicasAsked | undefined, signal?: AbortSignal): Promise<Swapped> {
    if (asked === undefined) {
      const reply = await this.run(doing, (client) => client.eval(swapScript.lua, swaps.length, ...swapArguments(swaps)), signal);
      return { swapped: Number(reply) === 1, replicas: 0 };
    }
    const [reply, replicas] = await this.#pipeline(
      (pipeline) => pipeline.eval(swapScript.lua, swaps.length, ...swapArguments(swaps)),
      asked,
      doing,
      signal,
    );
    return { swapped: Number(reply) === 1, replicas: Number(replicas) };
  }

  /** How many replicas have all that was written to the server of this key before. */
  async replicasOf(key: string, asked: ReplicasAsked, doing: string, signal?: AbortSignal): Promise<number> {
    // WAIT speaks of the last command of its own connection.
    const [, replicas] = await this.#pipeline((pipeline) => pipeline.exists(key), asked, doing, signal);
    return Number(replicas);
  }

  /** Whether one connection leads to all keys. */
  get isOneServer(): boolean {
    const client = this.#connection.open();
    return client !== undefined && !isCluster(client);
  }

  /** Grows with each connection that is made. */
  get readies(): number {
    return this.#connection.readies;
  }

  #pipeline(
    add: (pipeline: Commands) => Commands,
    { count, timeoutMs }: ReplicasAsked,
    doing: string,
    signal?: AbortSignal,
  ): Promise<readonly unknown[]> {
    return this.run(
      doing,
      async (client) => {
        const pipeline = add(client.pipeline() as unknown as Commands).wait(count, timeoutMs);
        const results = (await pipeline.exec()) ?? [];
        for (const [error] of results) if (error) throw error;
        return results.map(([, value]) => value);
      },
      signal,
    );
  }

  async run<R>(doing: string, command: (client: RedisClient) => Promise<R>, signal?: AbortSignal): Promise<R> {
    signal?.throwIfAborted();
    const client = this.#connection.open();
    if (client === undefined) throw new ClosedError('publisher');
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.#connection.run(client, command), aborted.promise]);
    } catch (error) {
      if (signal?.aborted === true || isRedisLoaderError(error)) throw error;
      this.#onFailed();
      const failed = redisFailed(doing, error);
      // A timeout while there is no connection says nothing; why there is none does.
      const { state, reason } = this.#connection.status;
      if (failed.kind === 'timeout') this.#connection.renew(client);
      if (state === 'ready' || reason === '') throw failed;
      throw new RedisFailedError(
        state === 'refused' ? 'refused' : 'away',
        `${doing}: ${state === 'refused' ? 'Redis refuses the connection' : 'Redis is not connected'}: ${reason}`,
        { cause: failed.cause },
      );
    } finally {
      signal?.removeEventListener('abort', onAbort);
      aborted.promise.catch(() => {});
    }
  }
}

/** How many replicas must confirm, and how long they have. */
export interface ReplicasAsked {
  readonly count: number;
  readonly timeoutMs: number;
}

export interface Swapped {
  /** False: something else stood under one of the keys, and nothing was changed. */
  readonly swapped: boolean;
  readonly replicas: number;
}

/** The parts of a pipeline that are used. */
interface Commands {
  exists(key: string): Commands;
  eval(lua: string, keys: number, ...args: readonly string[]): Commands;
  wait(replicas: number, timeoutMs: number): Commands;
  exec(): ReturnType<Pipeline['exec']>;
}
