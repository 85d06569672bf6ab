import type { Clock } from '@kubecast/clock';
import { ConfigError } from '../errors.ts';

/** Limits of one transport. Times in milliseconds, sizes in bytes. */
export interface TransportLimits {
  /**
   * Until an answer was read whole, or until a stream's headers came: over all waits, repeats and Retry-Afters of a call. Default 30,000; 0: none.
   * A plugin that a person must answer has its own limit, and counts only where the call itself names a deadline.
   */
  readonly requestMs: number;
  /** How long an open stream may be silent while somebody waits for more. Default 90,000 (a quiet server sends a bookmark each 60 s); 0: none. */
  readonly idleMs: number;
  /**
   * How long an open answer may go unread while nobody waits for more of it, before it is given up. Default 600,000; 0: none. It bounds what an
   * answer holds that is neither read to its end nor cancelled.
   */
  readonly unreadMs: number;
  /**
   * Requests at once that are no streams; more wait, in order. Over HTTP/1.1 each has a connection, which is kept for the next, over HTTP/2 a hundred
   * share one. Default 32, over HTTP/2 400.
   */
  readonly atOnce: number;
  /** HTTP/2: how often a connection in use is pinged. Default 30,000; 0: never. */
  readonly pingMs: number;
  /** HTTP/2: how long a ping may be without an answer before the connection is given up. Default 15,000. */
  readonly pingTimeoutMs: number;
  /** The largest answer that is read whole. Default 64 MiB. */
  readonly answerBytes: number;
  /** The largest page of a list. Default 512 MiB: a server that ignores `limit` sends everything at once. */
  readonly pageBytes: number;
  /** The largest event of a watch. Default 16 MiB; etcd itself holds no more than 1.5 MB an object. */
  readonly lineBytes: number;
}

export interface TransportOptions {
  /**
   * The version of HTTP. 1, the default: a connection for each watch and each request at a time. 2: a hundred of them share one, which is
   * pinged while it is in use; the server must speak it, and TLS.
   */
  readonly http?: 1 | 2;
  readonly clock?: Clock;
  /** Its part before the first slash is the field manager where none is named. Default `kubecast`. */
  readonly userAgent?: string;
  readonly limits?: Partial<TransportLimits>;
}

/** The limits that the options ask for, over the defaults. Throws ConfigError for options that cannot work. */
export function limitsOf(options: TransportOptions): TransportLimits {
  const { http = 1, userAgent, limits = {} } = options;
  if (http !== 1 && http !== 2) throw new ConfigError(`the option http is ${String(http)}; expected 1 or 2`);
  // Sent with every request, and its first part is the name of a field manager.
  if (userAgent !== undefined && !(typeof userAgent === 'string' && /^[\x20-\x7e]+$/.test(userAgent)))
    throw new ConfigError('the option userAgent is no text that a header can carry');
  const given: Record<string, number> = {};
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(defaultLimits, name))
      throw new ConfigError(`there is no limit ${JSON.stringify(name)}; there are ${Object.keys(defaultLimits).join(', ')}`);
    if (typeof value !== 'number' || !Number.isFinite(value) || value < (name === 'atOnce' ? 1 : 0))
      throw new ConfigError(
        `the limit ${name} is ${String(value)}; expected a number ${name === 'atOnce' ? 'from 1' : 'that is not negative'}`,
      );
    given[name] = value;
  }
  return { ...defaultLimits, ...(http === 2 ? { atOnce: 400 } : {}), ...given };
}

const defaultLimits: TransportLimits = {
  requestMs: 30_000,
  idleMs: 90_000,
  unreadMs: 600_000,
  atOnce: 32,
  pingMs: 30_000,
  pingTimeoutMs: 15_000,
  answerBytes: 64 * 1024 * 1024,
  pageBytes: 512 * 1024 * 1024,
  lineBytes: 16 * 1024 * 1024,
};

/** Plain counters of a transport; they only grow, but for the two that say `open`. */
export interface TransportCounters {
  readonly requests: number;
  readonly failures: number;
  /** Requests sent a second time: a kept connection had been closed, or the token was refused and read anew. */
  readonly repeats: number;
  readonly connections: number;
  readonly bytesRead: number;
  readonly openRequests: number;
  readonly openStreams: number;
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** With its query. */
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Overrides the limit. */
  readonly requestMs?: number | undefined;
  /** How long the credentials may take, within `requestMs`. Default: as long as their source allows. */
  readonly credentialsMs?: number | undefined;
  /** A stream: the deadline covers the headers only, and the idle limit what follows. */
  readonly stream?: boolean;
  /** Overrides the limit; 0: none. */
  readonly idleMs?: number | undefined;
  /** Whether the answer may be compressed. */
  readonly gzip?: boolean;
}

/**
 * An answer whose body has not been read. Read `chunks` to its end or call `cancel`: else the connection stays taken until the request's deadline, and
 * that of a stream until `unreadMs` have passed.
 */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Texts of the `Warning: 299` headers, in order. */
  readonly warnings: readonly string[];
  /** The body. Each chunk is borrowed until the next is asked for. Reading no further stops the server (TCP back-pressure). */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** A text of the answer without the credentials that the request carried: servers and proxies may repeat them. Absent: there were none. */
  readonly hide?: ((text: string) => string) | undefined;
  cancel(): void;
}

export interface Transport {
  readonly counters: TransportCounters;
  readonly limits: TransportLimits;
  readonly clock: Clock;
  open(request: TransportRequest): Promise<Answer>;
  /** Ends every request and stream with ClosedError and closes all connections. */
  close(): void;
}
