import { systemClock, type Clock } from '@kubecast/clock';
import type { Pipeline } from 'ioredis';
import { Connection, type ConnectionStatus } from '../connection/connection.ts';
import { checkTarget, type RedisClient, type RedisTarget } from '../connection/connection-options.ts';
import { describeOwner, envelopeOf, payloadText, textDigest, type Owner } from '../values/envelope.ts';
import { checkKey, checkNames, checkNumber, checkTimeout } from '../check-input.ts';
import { ClosedError, InputError, isRedisLoaderError, PublishRefusedError, RedisFailedError, UnreplicatedError } from '../errors.ts';
import { inspectBytes, type Inspection } from './inspection.ts';
import { parseKeyTemplate, type KeyEncoding, type KeyTemplate } from '../values/key-template.ts';
import { judge } from './publish-rules.ts';
import { redisFailed } from '../connection/redis-failure.ts';
import { deleteScript, replaceScript } from './scripts.ts';
import { sha1Hex } from '../values/sha256.ts';

export interface ValuePublisherOptions {
  readonly redis: RedisTarget;
  readonly clock?: Clock;
  /** Default `{app}_{model}`. */
  readonly keyTemplate?: string;
  /** Default 'plain'. */
  readonly keyEncoding?: KeyEncoding;
  /** Replicas that must confirm a write. Default 0: none is asked. */
  readonly replicas?: number;
  /** How long they are waited for, in milliseconds; Redis may take 100 more. Default 1,000. */
  readonly replicaTimeoutMs?: number;
  /** Every command ends after this long. Default 5,000; at least 500 more than `replicaTimeoutMs`. */
  readonly commandTimeoutMs?: number;
  /** How the connection calls itself in CLIENT LIST. Default 'kubecast-publisher'. */
  readonly connectionName?: string;
}

/** A value to publish. */
export interface PublishItem extends Owner {
  readonly version: string;
  /** Anything that JSON can hold. */
  readonly payload: unknown;
  /** Default: one more than the stored envelope's. */
  readonly number?: number;
  /** Default: made by the template. */
  readonly key?: string;
  /** More fields for the template. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Replace a value that is no envelope. Default false. Never replaces another owner's envelope. */
  readonly adopt?: boolean;
  readonly signal?: AbortSignal;
}

export interface PublishReceipt {
  readonly key: string;
  /** 'unchanged': the very version and content stood there already; nothing was written. */
  readonly outcome: 'written' | 'unchanged';
  readonly number: number;
  readonly digest: string;
  /** Replicas that confirmed; 0 where none was asked. */
  readonly replicas: number;
}

/** What a compare-and-delete did: 'other': something else stands under the key and stays. */
export type DeleteOutcome = 'deleted' | 'absent' | 'other';

export interface PublisherCounters {
  readonly written: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly deleted: number;
  readonly failed: number;
}

/** Writes envelopes, and removes what it wrote. */
export interface ValuePublisher extends AsyncDisposable {
  /**
   * Writes the value under its key, whole or not at all. Safe to repeat: what stands there already is left as it is. Announce the version
   * only after this resolved.
   *
   * @throws PublishRefusedError nothing was written, and why; UnreplicatedError written, but too few replicas said so; RedisFailedError
   * nobody knows whether it was written: publish again; ValueError, KeyTemplateError, ClosedError.
   */
  publish(item: PublishItem): Promise<PublishReceipt>;
  /**
   * Removes the key if exactly these bytes stand there: in one script, so that nothing written in between is lost.
   *
   * @param expected the bytes, or the `fingerprint` of an inspection.
   */
  compareAndDelete(key: string, expected: Uint8Array | string, signal?: AbortSignal): Promise<DeleteOutcome>;
  /** What stands under a key now. */
  inspect(key: string, signal?: AbortSignal): Promise<Inspection>;
  /** The key of an owner's value. @throws KeyTemplateError */
  keyOf(owner: Owner, fields?: Readonly<Record<string, string>>): string;
  /** Resolves once Redis answers. @throws RedisFailedError */
  ping(signal?: AbortSignal): Promise<void>;
  readonly status: ConnectionStatus;
  readonly counters: PublisherCounters;
  close(): Promise<void>;
}

/** How often a write is judged anew because another writer came between. */
const TRIES = 5;

/**
 * Makes a publisher with a connection of its own, which never sends a command twice: a write that timed out and came again after a
 * reconnect would land over a newer value. No I/O before the first call.
 *
 * @throws ConnectionOptionsError, KeyTemplateError
 */
export function createValuePublisher(options: ValuePublisherOptions): ValuePublisher {
  return new RedisPublisher(options);
}

class RedisPublisher implements ValuePublisher {
  readonly #template: KeyTemplate;
  readonly #connection: Connection;
  readonly #replicas: number;
  readonly #replicaTimeoutMs: number;
  readonly #commandTimeoutMs: number;
  readonly #counters = { written: 0, unchanged: 0, refused: 0, deleted: 0, failed: 0 };

  constructor(options: ValuePublisherOptions) {
    checkTarget(options.redis);
    checkNumber('replicas', options.replicas, 0, true);
    checkNumber('replicaTimeoutMs', options.replicaTimeoutMs, 1, true);
    checkTimeout('commandTimeoutMs', options.commandTimeoutMs);
    this.#template = parseKeyTemplate(options.keyTemplate, options.keyEncoding);
    this.#replicas = options.replicas ?? 0;
    this.#replicaTimeoutMs = options.replicaTimeoutMs ?? 1_000;
    this.#commandTimeoutMs = Math.max(options.commandTimeoutMs ?? 5_000, this.#replicas > 0 ? this.#replicaTimeoutMs + 500 : 1);
    this.#connection = new Connection({
      target: options.redis,
      clock: options.clock ?? systemClock,
      commandTimeoutMs: this.#commandTimeoutMs,
      connectionName: options.connectionName ?? 'kubecast-publisher',
    });
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  get counters(): PublisherCounters {
    return { ...this.#counters };
  }

  keyOf(owner: Owner, fields: Readonly<Record<string, string>> = {}): string {
    const { namespace, app, model } = owner;
    return this.#template.render({ ...fields, namespace, app, model });
  }

  async publish(given: PublishItem): Promise<PublishReceipt> {
    // What is written is what was given at the call, whatever its owner does with it meanwhile.
    const { payload, ...item } = given;
    checkNames('the value to publish', item, item.version);
    const key = item.key ?? this.keyOf(item, item.fields);
    checkKey(key);
    const content = payloadText(payload, item);
    const digest = textDigest(content);
    const doing = `publishing ${describeOwner(item)} version ${JSON.stringify(item.version)}`;
    let firstNumber: number | undefined = item.number;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const stored = await this.#inspect(key, doing, item.signal);
      const verdict = judge(stored, { ...item, key, digest, ...(firstNumber === undefined ? {} : { number: firstNumber }) });
      if (verdict.kind === 'refused') {
        this.#counters.refused += 1;
        throw new PublishRefusedError(verdict.reason, key, verdict.message);
      }
      if (verdict.kind === 'unchanged') {
        const replicas = await this.#confirm(key, doing, (pipeline) => pipeline.exists(key), item.signal);
        this.#counters.unchanged += 1;
        return { key, outcome: 'unchanged', number: verdict.number, digest, replicas: replicas.confirmed };
      }
      // The number of the first look is kept: who was overtaken is refused instead of writing an older version over a newer one.
      firstNumber = verdict.number;
      const text = envelopeOf({ ...item, number: verdict.number }, content);
      const { first, confirmed } = await this.#confirm(
        key,
        doing,
        (pipeline) => pipeline.eval(replaceScript.lua, 1, key, stored.fingerprint, text),
        item.signal,
        false,
      );
      if (Number(first) === 1) {
        this.#counters.written += 1;
        if (confirmed < this.#replicas) throw new UnreplicatedError(key, this.#replicas, confirmed, this.#replicaTimeoutMs);
        return { key, outcome: 'written', number: verdict.number, digest, replicas: confirmed };
      }
    }
    this.#counters.refused += 1;
    throw new PublishRefusedError(
      'contended',
      key,
      `${doing}: the value under ${JSON.stringify(key)} changed ${TRIES} times meanwhile; publish again`,
    );
  }

  inspect(key: string, signal?: AbortSignal): Promise<Inspection> {
    return this.#inspect(key, `reading the key ${JSON.stringify(key)}`, signal);
  }

  async compareAndDelete(key: string, expected: Uint8Array | string, signal?: AbortSignal): Promise<DeleteOutcome> {
    checkKey(key);
    if (typeof expected === 'string' && !/^(?:[0-9a-f]{40})?$/u.test(expected))
      throw new InputError(
        'compareAndDelete takes the bytes, or the fingerprint of an inspection; the string that was given is no fingerprint',
      );
    const fingerprint = typeof expected === 'string' ? expected : sha1Hex(expected);
    const reply = await this.#run(
      `deleting the key ${JSON.stringify(key)}`,
      (client) => client.eval(deleteScript.lua, 1, key, fingerprint),
      signal,
    );
    if (Number(reply) === 1) {
      this.#counters.deleted += 1;
      return 'deleted';
    }
    return Number(reply) === -1 ? 'absent' : 'other';
  }

  async ping(signal?: AbortSignal): Promise<void> {
    await this.#run('asking Redis for a sign', (client) => client.ping(), signal);
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #inspect(key: string, doing: string, signal?: AbortSignal): Promise<Inspection> {
    const bytes = await this.#run(doing, (client) => client.getBuffer(key), signal);
    return inspectBytes(key, bytes);
  }

  /** A command, and in the same pipeline of the same connection the question how many replicas have it. */
  async #confirm(
    key: string,
    doing: string,
    add: (pipeline: Commands) => Commands,
    signal?: AbortSignal,
    strict: boolean = true,
  ): Promise<{ readonly first: unknown; readonly confirmed: number }> {
    const replies = await this.#run(
      doing,
      async (client) => {
        const pipeline = add(client.pipeline() as unknown as Commands);
        if (this.#replicas > 0) pipeline.wait(this.#replicas, this.#replicaTimeoutMs);
        const results = (await pipeline.exec()) ?? [];
        for (const [error] of results) if (error) throw error;
        return results.map(([, value]) => value);
      },
      signal,
    );
    const confirmed = this.#replicas > 0 ? Number(replies[1]) : 0;
    if (strict && confirmed < this.#replicas) throw new UnreplicatedError(key, this.#replicas, confirmed, this.#replicaTimeoutMs);
    return { first: replies[0], confirmed };
  }

  async #run<R>(doing: string, command: (client: RedisClient) => Promise<R>, signal?: AbortSignal): Promise<R> {
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
      this.#counters.failed += 1;
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

/** The parts of a pipeline that are used. */
interface Commands {
  exists(key: string): Commands;
  eval(lua: string, keys: number, ...args: readonly string[]): Commands;
  wait(replicas: number, timeoutMs: number): Commands;
  exec(): ReturnType<Pipeline['exec']>;
}
