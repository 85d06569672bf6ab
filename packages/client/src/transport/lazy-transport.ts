import type { Clock } from '@kubecast/clock';
import { systemClock } from '@kubecast/clock';
import type { Connection } from '../connection/connection.ts';
import { ClosedError, ConfigError } from '../errors.ts';
import {
  type Answer,
  limitsOf,
  type Transport,
  type TransportCounters,
  type TransportLimits,
  type TransportOptions,
  type TransportRequest,
} from './transport-options.ts';
import type { Wire, WireParts } from './wire.ts';

const none: TransportCounters = { requests: 0, failures: 0, repeats: 0, connections: 0, bytesRead: 0, openRequests: 0, openStreams: 0 };

/** The transport, loaded with node:https or node:http2 at the first request: importing a client and making one costs neither. */
export class LazyTransport implements Transport {
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly #connection: Connection;
  readonly #options: TransportOptions;
  #transport: Transport | undefined;
  #loading: Promise<Transport> | undefined;
  #closed = false;

  constructor(connection: Connection, options: TransportOptions) {
    if (options.http === 2 && !connection.server.startsWith('https:'))
      throw new ConfigError(
        `${connection.origin}: HTTP/2 is spoken over TLS only, and the server is ${connection.server}; leave the option http at 1`,
      );
    this.#connection = connection;
    this.clock = options.clock ?? systemClock;
    this.limits = limitsOf(options);
    this.#options = { ...options, clock: this.clock, limits: this.limits };
  }

  get counters(): TransportCounters {
    return this.#transport?.counters ?? none;
  }

  async open(request: TransportRequest): Promise<Answer> {
    if (this.#closed) throw new ClosedError();
    return (this.#transport ?? (await (this.#loading ??= this.#load()))).open(request);
  }

  close(): void {
    this.#closed = true;
    this.#transport?.close();
  }

  async #load(): Promise<Transport> {
    const [{ HttpTransport }, wire] = await Promise.all([import('./http-transport.ts'), loadWire(this.#options.http ?? 1)]);
    this.#transport = new HttpTransport(this.#connection, this.#options, wire);
    // Closed while it was loading: what waits for it is told so by it.
    if (this.#closed) this.#transport.close();
    return this.#transport;
  }
}

/** Only the one that is used: node:http2 costs some milliseconds and megabytes. */
async function loadWire(http: 1 | 2): Promise<(parts: WireParts) => Wire> {
  if (http === 2) {
    const { Http2Wire } = await import('./http2-wire.ts');
    return (parts) => new Http2Wire(parts);
  }
  const { Http1Wire } = await import('./http1-wire.ts');
  return (parts) => new Http1Wire(parts);
}
