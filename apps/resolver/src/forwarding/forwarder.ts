import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResolvedEndpoint } from '@kubecast/model-index';
import type { Agent } from 'undici';
import { systemClock, type Clock } from '@kubecast/clock';
import { createConnector } from './answer-wire.ts';
import type { CallLimits, Full } from '../balancing/call-limits.ts';
import { EndpointPicker } from '../balancing/endpoint-picker.ts';
import { RetryBudget } from '../balancing/retry-budget.ts';
import { sendError } from '../http/json-answer.ts';
import { ForwardedCall, type CallPlace } from './forwarded-call.ts';
import { isLoop } from './forward-headers.ts';
import type { BodyPace } from './replayed-body.ts';
import { TrustedProxies } from './trusted-proxies.ts';

export interface ForwarderOptions {
  /** `address:port` to where it is really dialled; for development. */
  readonly dial?: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  /**
   * Milliseconds that an endpoint may keep a call waiting: to take the next piece of the request, and after its end to begin the answer. Default
   * 30,000. 0: no limit.
   */
  readonly callTimeoutMs?: number;
  /** The least pace of a request's body. Default 500 bytes a second after 30 s. */
  readonly bodyPace?: BodyPace;
  /** Calls in flight beyond these are turned away. */
  readonly limits?: Partial<CallLimits>;
  /** Milliseconds until a connection must be open. Default 2,000. */
  readonly connectTimeoutMs?: number;
  /** Addresses or ADDRESS/BITS of proxies whose word about their client is passed on. Default none. */
  readonly trustedProxies?: readonly string[];
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
  /** Calls that came through this process already. */
  readonly loops: number;
  /** Calls that ended because their bodies came too slowly. */
  readonly slowBodies: number;
  /** Calls that were turned away because so many were in flight already, by what was full. */
  readonly shed: Readonly<Record<Full, number>>;
  /** Calls whose answer is not complete, without streams. */
  readonly inFlight: number;
  /** Answers that last: event streams, and what lasts longer than 5 s after its head. */
  readonly streams: number;
  /** Times that an endpoint was ejected after failures in a row. */
  readonly ejections: number;
  /** Times that an ejected endpoint came back because it answered. */
  readonly restored: number;
  /** Endpoints that are ejected now. */
  readonly ejected: number;
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
  readonly #streamAgent: Agent;
  readonly #picker: EndpointPicker;
  readonly #counters = { calls: 0, retries: 0, retriesRefused: 0, failures: 0, illegalAnswers: 0, slowBodies: 0, loops: 0 };
  readonly #place: CallPlace;
  readonly #clock: Clock;
  #toldAt = -Infinity;
  #untold = 0;

  constructor(options: ForwarderOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#picker = new EndpointPicker(this.#clock, options.limits);
    const connect = createConnector({ timeout: options.connectTimeoutMs ?? 2_000, allowH2: false });
    // A call's own clock runs from the end of its request; an answer may take as long as it streams. As many connections as there are calls: the
    // limits of the picker bound them, so that a call never waits for another's connection.
    const agentOptions = { keepAliveTimeout: 60_000, headersTimeout: 0, bodyTimeout: 0, connect };
    this.#agent = new UndiciAgent(agentOptions);
    this.#streamAgent = new UndiciAgent(agentOptions);
    this.#place = {
      agent: this.#agent,
      streamAgent: this.#streamAgent,
      picker: this.#picker,
      budget: new RetryBudget(this.#clock),
      dial: options.dial,
      callTimeoutMs: options.callTimeoutMs ?? 30_000,
      bodyPace: options.bodyPace ?? { graceMs: 30_000, bytesPerSecond: 500 },
      trusted: new TrustedProxies(options.trustedProxies ?? []),
      via: `kubecast-${randomBytes(8).toString('hex')}`,
      counters: this.#counters,
      onIllegalAnswer: (owner, endpoint, reason) => this.#tell(owner, endpoint, reason),
    };
  }

  get counters(): ForwarderCounters {
    return { ...this.#counters, ...this.#picker.totals };
  }

  /** Takes over request and response. `owner` names the app: its calls are spread over its endpoints and share a retry budget. */
  forward(request: IncomingMessage, response: ServerResponse, owner: string, endpoints: readonly ResolvedEndpoint[], target: string): void {
    this.#counters.calls += 1;
    if (isLoop(request.headers.via, this.#place.via)) {
      this.#counters.loops += 1;
      request.resume();
      sendError(
        response,
        508,
        'LoopDetected',
        'the call came back to this resolver: an endpoint of the app leads here, or a chain of proxies does',
      );
      return;
    }
    this.#place.budget.called(owner);
    const visit = this.#picker.pick(owner, endpoints);
    if (typeof visit === 'string') {
      request.resume();
      const { limits } = this.#picker;
      const most = {
        process: `this resolver forwards ${limits.process}`,
        app: `the app has ${limits.app}`,
        endpoint: 'each endpoint has all',
      };
      sendError(response, 503, 'TooManyCalls', `${most[visit]} calls in flight, which is the most; try again later`, {
        'retry-after': '1',
      });
      return;
    }
    new ForwardedCall(request, response, owner, target, endpoints, this.#place).tryAt(visit);
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
    void this.#streamAgent.destroy();
  }
}
