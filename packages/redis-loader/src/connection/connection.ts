import type { Clock } from '@kubecast/clock';
import { Cluster } from 'ioredis';
import { makeClient, type RedisClient, type RedisTarget } from './connection-options.ts';
import { quietReadyCheck } from './ready-check.ts';
import { readFailure } from './redis-failure.ts';

/**
 * 'idle': nothing was asked for yet. 'connecting': on the way, for the first time or again. 'ready': commands are answered.
 * 'refused': Redis refuses the user or the password, and is tried again; or it is a node of a cluster, and is spoken to as if it were all of it. 'closed':
 * ended by us.
 */
export type ConnectionState = 'idle' | 'connecting' | 'ready' | 'refused' | 'closed';

export interface ConnectionStatus {
  readonly state: ConnectionState;
  /** Why it is not ready, in words without secrets; '' where there is nothing to say. */
  readonly reason: string;
  /** Clock.now() of the last change of state. */
  readonly since: number;
}

export interface ConnectionOptions {
  readonly target: RedisTarget;
  readonly clock: Clock;
  readonly commandTimeoutMs: number;
  readonly connectionName: string;
  /** Called at each 'ready', the first one too. */
  readonly onReady?: () => void;
  readonly onStatus?: (status: ConnectionStatus) => void;
}

/** One client of ioredis and what is known of its state. Connects at the first `open`, reconnects for ever, ends at `close`. */
export class Connection {
  readonly #options: ConnectionOptions;
  #client: RedisClient | undefined;
  #state: ConnectionState = 'idle';
  #reason = '';
  #since: number;
  readonly #inFlight = new Set<() => void>();
  #readies = 0;
  #renewals = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  get status(): ConnectionStatus {
    return { state: this.#state, reason: this.#reason, since: this.#since };
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** How often a connection was made: 1 more than the reconnects. */
  get readies(): number {
    return this.#readies;
  }

  /** How often the client was thrown away for a new one. */
  get renewals(): number {
    return this.#renewals;
  }

  /** The client, connecting at the first call. Undefined once closed. */
  open(): RedisClient | undefined {
    if (this.#client === undefined && this.#state !== 'closed') this.#connect();
    return this.#client;
  }

  /**
   * Runs a command and gives up as soon as its connection is lost: ioredis leaves a command that was in flight pending until its
   * deadline, although nobody answers it any more. A command that waits for a connection to be made waits on, up to its deadline.
   */
  async run<R>(client: RedisClient, command: (client: RedisClient) => Promise<R>): Promise<R> {
    try {
      return await (this.isReady ? this.#whileConnected(client, command) : command(client));
    } catch (error) {
      if (client === this.#client && isMisdirected(client, error)) this.#set('refused', ONE_OF_MANY);
      throw error;
    }
  }

  /**
   * Throws the client away and connects anew: of a command that timed out nobody knows whether it still comes, and what follows on
   * the same connection waits behind it.
   */
  renew(of?: RedisClient): void {
    if (this.#state === 'closed' || this.#client === undefined || (of !== undefined && of !== this.#client)) return;
    const old = this.#client;
    this.#client = undefined;
    this.#renewals += 1;
    old.disconnect();
    this.#loseAll();
    this.#connect();
  }

  /** Ends the connection without waiting for Redis: a command in flight fails. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return;
    const client = this.#client;
    this.#client = undefined;
    this.#set('closed', '');
    client?.disconnect();
    this.#loseAll();
  }

  async #whileConnected<R>(client: RedisClient, command: (client: RedisClient) => Promise<R>): Promise<R> {
    const lost = Promise.withResolvers<never>();
    const onLost = (): void => lost.reject(new Error('Connection is closed.'));
    this.#inFlight.add(onLost);
    try {
      return await Promise.race([command(client), lost.promise]);
    } finally {
      this.#inFlight.delete(onLost);
    }
  }

  #connect(): void {
    const { target, commandTimeoutMs, connectionName } = this.#options;
    const client = makeClient(target, { commandTimeoutMs, connectionName });
    quietReadyCheck(client);
    this.#client = client;
    this.#set('connecting', this.#reason);
    const current = (): boolean => this.#client === client;
    client.on('ready', () => {
      if (!current()) return;
      this.#readies += 1;
      this.#set('ready', '');
      this.#options.onReady?.();
    });
    client.on('error', (error: unknown) => {
      if (!current()) return;
      const { kind, message } = readFailure(error);
      this.#set(kind === 'refused' ? 'refused' : this.#state === 'ready' ? 'ready' : 'connecting', message);
    });
    client.on('close', () => {
      if (!current()) return;
      this.#set(this.#state === 'refused' ? 'refused' : 'connecting', this.#reason === '' ? 'the connection was closed' : this.#reason);
      this.#loseAll();
    });
    // The cause comes by 'error'; this one only says that the first try failed.
    client.connect().catch(() => {});
  }

  #loseAll(): void {
    for (const lose of this.#inFlight) lose();
  }

  #set(state: ConnectionState, reason: string): void {
    if (state === this.#state && reason === this.#reason) return;
    if (state !== this.#state) this.#since = this.#options.clock.now();
    this.#state = state;
    this.#reason = reason;
    this.#options.onStatus?.(this.status);
  }
}

const ONE_OF_MANY =
  'this Redis is one node of a cluster, and holds a part of the keys only; give the cluster: { cluster: { nodes } }, in the apps by --redis-config';

/** Only nodes of a cluster say so; a proxy that speaks for one never does. */
function isMisdirected(client: RedisClient, error: unknown): boolean {
  return !(client instanceof Cluster) && error instanceof Error && /^(?:MOVED|CROSSSLOT) /u.test(error.message);
}
