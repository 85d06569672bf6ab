import { createRequire } from 'node:module';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { Agent } from 'undici';
import { systemClock, type Clock } from '@kubecast/clock';
import { createConnector } from './answer-wire.ts';
import type { Picker } from './endpoint-picker.ts';
import { ForwardedCall, type CallPlace } from './forwarded-call.ts';
import { RetryBudget } from './retry-budget.ts';

export interface ForwarderOptions {
  /** `address:port` to where it is really dialled; for development. */
  readonly dial?: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  /** Milliseconds until the backend's headers must be there. Default 30,000. 0: no limit. */
  readonly callTimeoutMs?: number;
  /** Milliseconds until a connection must be open. Default 2,000. */
  readonly connectTimeoutMs?: number;
  readonly picker: Picker;
  readonly clock?: Clock;
  /** Told of answers that were not passed on, at most once a second; `untold` counts those in between. */
  readonly onIllegalAnswer?: (report: IllegalAnswer) => void;
}

/** An answer that is no HTTP, or whose head holds what may not be passed on. */
export interface IllegalAnswer {
  readonly app: string;
  readonly endpoint: string;
  readonly reason: string;
  readonly untold: number;
}

export interface ForwarderCounters {
  readonly calls: number;
  /** Calls that were tried a second time. */
  readonly retries: number;
  /** Calls that were not tried a second time because their app's retry budget was used up. */
  readonly retriesRefused: number;
  /** Answers that were not passed on because they are no HTTP or hold illegal characters. */
  readonly illegalAnswers: number;
  readonly failures: number;
  readonly inFlight: number;
}

// By its file: of `undici` by name Bun gives a part of its own, which has no dispatcher, and the rest of the package is not needed.
const UndiciAgent = createRequire(import.meta.url)('undici/lib/dispatcher/agent.js') as typeof Agent;

const TELL_MS = 1_000;

/**
 * Passes a request on to one of the endpoints and streams the answer back, both ways with back-pressure. Connections are kept. A call is tried at
 * most twice: again only where nothing of it was sent, or where its method is idempotent and no byte of an answer came, and only within the
 * retry budget of its app. A client that goes away ends the backend's request; a backend that breaks off breaks off the answer, so that nobody
 * takes a part for the whole. Header values and reason phrases pass byte by byte; an answer with illegal ones becomes a 502.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #agent: Agent;
  readonly #counters = { calls: 0, retries: 0, retriesRefused: 0, failures: 0, illegalAnswers: 0, inFlight: 0 };
  readonly #place: CallPlace;
  readonly #clock: Clock;
  #toldAt = -Infinity;
  #untold = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#agent = new UndiciAgent({
      connections: 256,
      keepAliveTimeout: 60_000,
      // A call's own clock runs from its start; an answer may take as long as it streams.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: createConnector({ timeout: options.connectTimeoutMs ?? 2_000, allowH2: false }),
    });
    this.#place = {
      agent: this.#agent,
      picker: options.picker,
      budget: new RetryBudget(this.#clock),
      dial: options.dial,
      callTimeoutMs: options.callTimeoutMs ?? 30_000,
      counters: this.#counters,
      onIllegalAnswer: (owner, endpoint, reason) => this.#tell(owner, endpoint, reason),
    };
  }

  get counters(): ForwarderCounters {
    return { ...this.#counters };
  }

  /** Takes over request and response. `owner` names the app: its calls are spread over its endpoints and share a retry budget. */
  forward(request: IncomingMessage, response: ServerResponse, owner: string, endpoints: readonly ResolvedEndpoint[], target: string): void {
    this.#counters.calls += 1;
    this.#counters.inFlight += 1;
    response.once('close', () => {
      this.#counters.inFlight -= 1;
    });
    this.#place.budget.called(owner);
    new ForwardedCall(request, response, owner, target, this.#options.picker.order(owner, endpoints), this.#place).next();
  }

  #tell(app: string, endpoint: string, reason: string): void {
    const now = this.#clock.now();
    if (now - this.#toldAt < TELL_MS) {
      this.#untold += 1;
      return;
    }
    this.#options.onIllegalAnswer?.({ app, endpoint, reason, untold: this.#untold });
    this.#toldAt = now;
    this.#untold = 0;
  }

  /** Breaks off what is under way. */
  close(): void {
    void this.#agent.destroy();
  }
}
