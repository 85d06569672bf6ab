import { createRequire } from 'node:module';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { Agent } from 'undici';
import type { Picker } from './endpoint-picker.ts';
import { ForwardedCall } from './forwarded-call.ts';

export interface ForwarderOptions {
  /** `address:port` to where it is really dialled; for development. */
  readonly dial?: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  /** Milliseconds until the backend's headers must be there. Default 30,000. 0: no limit. */
  readonly callTimeoutMs?: number;
  /** Milliseconds until a connection must be open. Default 2,000. */
  readonly connectTimeoutMs?: number;
  readonly picker: Picker;
}

export interface ForwarderCounters {
  readonly calls: number;
  /** Calls that went to another endpoint after one could not be reached. */
  readonly retries: number;
  readonly failures: number;
  readonly inFlight: number;
}

// By its file: of `undici` by name Bun gives a part of its own, which has no dispatcher, and the rest of the package is not needed.
const UndiciAgent = createRequire(import.meta.url)('undici/lib/dispatcher/agent.js') as typeof Agent;

/**
 * Passes a request on to one of the endpoints and streams the answer back, both ways with back-pressure. Connections are kept. When an
 * endpoint cannot be reached the next one is tried; when the connection breaks before an answer, only idempotent requests are.
 * A client that goes away ends the backend's request, a backend that breaks off breaks off the answer: nobody takes half for whole.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #agent: Agent;
  readonly #counters = { calls: 0, retries: 0, failures: 0, inFlight: 0 };

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#agent = new UndiciAgent({
      connections: 256,
      keepAliveTimeout: 60_000,
      // A call's own clock runs from its start; an answer may take as long as it streams.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: options.connectTimeoutMs ?? 2_000 },
    });
  }

  get counters(): ForwarderCounters {
    return { ...this.#counters };
  }

  /** Takes over request and response. `owner` spreads the calls of one app over its endpoints. */
  forward(request: IncomingMessage, response: ServerResponse, owner: string, endpoints: readonly ResolvedEndpoint[], target: string): void {
    this.#counters.calls += 1;
    this.#counters.inFlight += 1;
    response.once('close', () => {
      this.#counters.inFlight -= 1;
    });
    const { picker, dial, callTimeoutMs = 30_000 } = this.#options;
    new ForwardedCall(request, response, target, picker.order(owner, endpoints), {
      agent: this.#agent,
      picker,
      dial,
      callTimeoutMs,
      counters: this.#counters,
    }).next();
  }

  /** Breaks off what is under way. */
  close(): void {
    void this.#agent.destroy();
  }
}
