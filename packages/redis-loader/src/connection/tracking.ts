import type { Redis } from 'ioredis';
import { isClusterTarget, makeClient, type RedisTarget } from './connection-options.ts';
import { quietReadyCheck } from './ready-check.ts';
import { readFailure } from './redis-failure.ts';

/**
 * Whether Redis tells of writes. 'idle': nothing needs it yet. 'connecting': not armed now. 'on': armed. 'off': it cannot be had, and nothing is missed
 * but speed: what cannot prove its version is read again at its times.
 */
export interface TrackingStatus {
  readonly state: 'idle' | 'connecting' | 'on' | 'off' | 'closed';
  /** Why it is off. */
  readonly reason: string;
}

export interface TrackingOptions {
  readonly target: RedisTarget;
  readonly commandTimeoutMs: number;
  readonly connectionName: string;
  /** Keys were written, or went. Undefined: all may have. */
  readonly onKeys: (keys: readonly string[] | undefined) => void;
}

/** Prefixes that one connection is told of; Redis compares each write with each of them. */
const MOST_PREFIXES = 256;
const CHANNEL = '__redis__:invalidate';

/**
 * Client-side caching of Redis as a hint: a connection of its own that speaks protocol 2 and is told of writes under prefixes (CLIENT TRACKING with
 * REDIRECT to itself, BCAST). Armed at each 'ready'; what happened while it was not armed is not told, so each time all counts as written.
 */
export class Tracking {
  readonly #options: TrackingOptions;
  #client: Redis | undefined;
  #prefixes: readonly string[] = [];
  #status: TrackingStatus = { state: 'idle', reason: '' };

  constructor(options: TrackingOptions) {
    this.#options = options;
  }

  get status(): TrackingStatus {
    return this.#status;
  }

  /** The prefixes that are watched: the shortest ones that cover all that was asked for and do not overlap. */
  get prefixes(): readonly string[] {
    return this.#prefixes;
  }

  covers(prefix: string): boolean {
    return this.#prefixes.some((each) => prefix.startsWith(each));
  }

  /** Watches more prefixes. Armed anew: Redis takes no other prefixes on a connection that is subscribed. */
  watch(prefixes: Iterable<string>): void {
    const all = shortestPrefixes([...this.#prefixes, ...prefixes]);
    if (all.length === this.#prefixes.length && all.every((each, index) => each === this.#prefixes[index])) return;
    this.#prefixes = all;
    this.again();
  }

  /** Tries anew, where it is off or where the prefixes changed. */
  again(): void {
    if (this.#status.state === 'closed' || this.#prefixes.length === 0) return;
    this.#drop();
    if (isClusterTarget(this.#options.target)) return this.#off('it is not used in a cluster');
    if (this.#prefixes.includes('')) return this.#off('keys that begin with the model have no prefix in common');
    if (this.#prefixes.length > MOST_PREFIXES) return this.#off(`the keys have more than ${MOST_PREFIXES} prefixes`);
    this.#connect();
  }

  close(): void {
    this.#drop();
    this.#status = { state: 'closed', reason: '' };
  }

  #connect(): void {
    const { target, commandTimeoutMs, connectionName } = this.#options;
    const client = makeClient(target, { commandTimeoutMs, connectionName }, { protocol: 2, autoResubscribe: false }) as Redis;
    quietReadyCheck(client);
    this.#client = client;
    this.#status = { state: 'connecting', reason: '' };
    const current = (): boolean => this.#client === client;
    client.on('error', () => {}); // The loader's own connection tells of the same server.
    client.on('ready', () => {
      if (current()) void this.#arm(client);
    });
    client.on('close', () => {
      if (current()) this.#status = { state: 'connecting', reason: '' };
    });
    client.on('messageBuffer', (_channel: Buffer, keys: unknown) => {
      if (!current()) return;
      this.#options.onKeys(Array.isArray(keys) ? keys.map((key: Buffer) => key.toString('utf8')) : undefined);
    });
    client.connect().catch(() => {});
  }

  async #arm(client: Redis): Promise<void> {
    try {
      const id = await client.client('ID');
      const prefixes = this.#prefixes.flatMap((prefix) => ['PREFIX', prefix]);
      await client.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', ...prefixes);
      await client.subscribe(CHANNEL);
    } catch (error) {
      if (this.#client !== client) return;
      const { kind, message } = readFailure(error);
      // A connection that is lost meanwhile is made anew; anything else Redis says again the next time.
      if (kind === 'away' || kind === 'timeout') return;
      this.#drop();
      return this.#off(message);
    }
    if (this.#client !== client) return;
    this.#status = { state: 'on', reason: '' };
    this.#options.onKeys(undefined);
  }

  #off(reason: string): void {
    this.#status = { state: 'off', reason };
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.disconnect();
  }
}

/** Those of the prefixes that no other one begins, sorted: Redis refuses prefixes that overlap. */
export function shortestPrefixes(prefixes: readonly string[]): readonly string[] {
  const left: string[] = [];
  for (const prefix of [...new Set(prefixes)].sort()) {
    const last = left.at(-1);
    if (last === undefined || !prefix.startsWith(last)) left.push(prefix);
  }
  return left;
}
