import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock, type Clock } from '@kubecast/clock';
import { BackendAgents } from './backend-agents.ts';
import type { CallTarget } from './call-target.ts';
import type { CallLimits, Full } from '../balancing/call-limits.ts';
import { EndpointPicker } from '../balancing/endpoint-picker.ts';
import { RetryBudget } from '../balancing/retry-budget.ts';
import { sendError } from '../http/json-answer.ts';
import { ForwardedCall, type CallPlace } from './forwarded-call.ts';
import { isLoop } from './forward-headers.ts';
import type { BodyPace } from './replayed-body.ts';
import { TrustedProxies } from './trusted-proxies.ts';
import { refuseUpgrade, UpgradedCall } from './upgraded-call.ts';

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
  /** The authorities of endpoints with HTTPS, in PEM. Default those of the runtime. */
  readonly backendCa?: string;
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

const TELL_MS = 1_000;

/**
 * Passes a request on to one of the endpoints and streams the answer back, both ways with back-pressure. Connections are kept. A call is tried at
 * most twice: again only where nothing of it was sent, or where its method is idempotent and no byte of an answer came, and only within the
 * retry budget of its app. A client that goes away ends the backend's request; a backend that breaks off breaks off the answer, so that nobody
 * takes a part for the whole. Header values and reason phrases pass byte by byte; an answer with illegal ones becomes a 502.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #agents: BackendAgents;
  readonly #picker: EndpointPicker;
  readonly #upgraded = new Set<UpgradedCall>();
  readonly #counters = { calls: 0, retries: 0, retriesRefused: 0, failures: 0, illegalAnswers: 0, slowBodies: 0, loops: 0 };
  readonly #place: CallPlace;
  readonly #clock: Clock;
  #toldAt = -Infinity;
  #untold = 0;

  constructor(options: ForwarderOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#picker = new EndpointPicker(this.#clock, options.limits);
    this.#agents = new BackendAgents(options.connectTimeoutMs ?? 2_000, options.backendCa);
    this.#place = {
      agents: this.#agents,
      picker: this.#picker,
      budget: new RetryBudget(this.#clock),
      dial: options.dial,
      callTimeoutMs: options.callTimeoutMs ?? 30_000,
      bodyPace: options.bodyPace ?? { graceMs: 30_000, bytesPerSecond: 500 },
      trusted: new TrustedProxies(options.trustedProxies ?? []),
      backendCa: options.backendCa,
      via: `kubecast-${randomBytes(8).toString('hex')}`,
      counters: this.#counters,
      onIllegalAnswer: (owner, endpoint, reason) => this.#tell(owner, endpoint, reason),
    };
  }

  get counters(): ForwarderCounters {
    return { ...this.#counters, ...this.#picker.totals };
  }

  /** Takes over request and response. */
  forward(request: IncomingMessage, response: ServerResponse, target: CallTarget): void {
    const { owner } = target;
    this.#counters.calls += 1;
    const refused = this.#refusal(request);
    if (refused !== undefined) {
      request.resume();
      sendError(response, 508, 'LoopDetected', refused);
      return;
    }
    this.#place.budget.called(owner);
    const visit = this.#picker.pick(owner, target.endpoints);
    if (typeof visit === 'string') {
      request.resume();
      sendError(response, 503, 'TooManyCalls', this.#tooMany(visit), { 'retry-after': '1' });
      return;
    }
    new ForwardedCall(request, response, target, this.#place).tryAt(visit);
  }

  /** Takes over the connection of an offer of WebSocket. `head`: what came behind the offer. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: CallTarget): void {
    this.#counters.calls += 1;
    const refused = this.#refusal(request);
    if (refused !== undefined) return refuseUpgrade(socket, '508 Loop Detected', 'LoopDetected', refused);
    const visit = this.#picker.pick(target.owner, target.endpoints);
    if (typeof visit === 'string')
      return refuseUpgrade(socket, '503 Service Unavailable', 'TooManyCalls', this.#tooMany(visit), 'retry-after: 1\r\n');
    const call = new UpgradedCall(request, socket, visit, this.#place);
    this.#upgraded.add(call);
    call.onOver = () => void this.#upgraded.delete(call);
    call.start(target, head);
  }

  #refusal({ headers }: IncomingMessage): string | undefined {
    if (!isLoop(headers.via, this.#place.via)) return undefined;
    this.#counters.loops += 1;
    return 'the call came back to this resolver: an endpoint of the app leads here, or a chain of proxies does';
  }

  #tooMany(full: Full): string {
    const { limits } = this.#picker;
    const most = {
      process: `this resolver forwards ${limits.process}`,
      app: `the app has ${limits.app}`,
      endpoint: 'each endpoint has all',
    };
    return `${most[full]} calls in flight, which is the most; try again later`;
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
    for (const call of [...this.#upgraded]) call.end();
    this.#agents.close();
  }
}
