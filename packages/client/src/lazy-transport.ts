import type { Clock } from '@kubecast/store';
import { systemClock } from '@kubecast/store/clock';
import type { Connection } from './connection.ts';
import { ClosedError } from './errors.ts';
import {
  type Answer,
  defaultLimits,
  type Transport,
  type TransportCounters,
  type TransportLimits,
  type TransportOptions,
  type TransportRequest,
} from './transport-options.ts';

const none: TransportCounters = { requests: 0, failures: 0, repeats: 0, connections: 0, bytesRead: 0, openRequests: 0, openStreams: 0 };

/** The HTTPS transport, loaded with node:https at the first request: importing a client and making one costs neither. */
export class LazyTransport implements Transport {
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly #connection: Connection;
  readonly #options: TransportOptions;
  #transport: Transport | undefined;
  #loading: Promise<Transport> | undefined;
  #closed = false;

  constructor(connection: Connection, options: TransportOptions) {
    this.#connection = connection;
    this.clock = options.clock ?? systemClock;
    this.limits = { ...defaultLimits, ...options.limits };
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
    const { HttpsTransport } = await import('./https-transport.ts');
    this.#transport = new HttpsTransport(this.#connection, this.#options);
    // Closed while it was loading: what waits for it is told so by it.
    if (this.#closed) this.#transport.close();
    return this.#transport;
  }
}
