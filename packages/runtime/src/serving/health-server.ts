import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@kubecast/clock';
import { RuntimeOptionsError } from '../errors.ts';
import { formatReport, runChecks, type HealthCheck } from './health-checks.ts';
import { HttpListener, sendText } from './http-listener.ts';

export interface HealthServerOptions {
  /** Whether the process should go on: a failure makes the kubelet restart it. Others' absence is no reason. */
  readonly live?: readonly HealthCheck[];
  /** Whether it should be asked. */
  readonly ready?: readonly HealthCheck[];
  /** What /metrics answers; without it there is none. */
  readonly renderMetrics?: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly clock?: Clock;
  readonly onError?: (error: unknown) => void;
}

/** /livez, /readyz (each also with /NAME, ?verbose and ?exclude=NAME) and /metrics over node:http. */
export interface HealthServer {
  /** Opens the port, 0 for a free one, and gives the URL. Once. @throws ListenError */
  listen(host: string, port: number): Promise<string>;
  /** From now on not ready, while everything else is still answered: first step of a stop. */
  turnUnready(reason: string): void;
  /** Closes the port and all connections. Idempotent. */
  stop(): Promise<void>;
}

export function createHealthServer(options: HealthServerOptions): HealthServer {
  return new HttpHealthServer(options);
}

class HttpHealthServer implements HealthServer {
  readonly #options: HealthServerOptions;
  readonly #listener: HttpListener;
  #unready = '';

  constructor(options: HealthServerOptions) {
    for (const checks of [options.live ?? [], options.ready ?? []]) checkNames(checks);
    this.#options = options;
    this.#listener = new HttpListener({
      what: 'the health server',
      answer: (request, response) => this.#answer(request, response),
      ...(options.onError === undefined ? {} : { onError: options.onError }),
    });
  }

  listen(host: string, port: number): Promise<string> {
    return this.#listener.listen(host, port);
  }

  turnUnready(reason: string): void {
    this.#unready = reason;
  }

  stop(): Promise<void> {
    return this.#listener.stop();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const parameters = new URLSearchParams(query);
    const [, endpoint = '', ...rest] = path.split('/');
    if (endpoint === 'metrics' && rest.length === 0 && this.#options.renderMetrics !== undefined) {
      const { contentType, text } = await this.#options.renderMetrics();
      sendText(response, 200, text, contentType);
      return;
    }
    if (endpoint !== 'livez' && endpoint !== 'readyz' && endpoint !== 'healthz') {
      sendText(
        response,
        404,
        `nothing is served here; there are /livez, /readyz${this.#options.renderMetrics === undefined ? '' : ' and /metrics'}\n`,
      );
      return;
    }
    const checks = this.#checks(endpoint);
    const one = rest.length === 0 ? undefined : decode(rest.join('/'));
    const chosen = one === undefined ? checks : checks.filter((check) => check.name === one);
    if (one !== undefined && chosen.length === 0) {
      sendText(response, 404, `${endpoint} has no check ${JSON.stringify(one)}\n`);
      return;
    }
    const report = await runChecks(chosen, {
      ...(this.#options.clock === undefined ? {} : { clock: this.#options.clock }),
      exclude: parameters.getAll('exclude'),
    });
    // Not 500: a check that fails is an answer, not a defect of this server.
    sendText(response, report.ok ? 200 : 503, report.ok && !parameters.has('verbose') ? 'ok\n' : formatReport(endpoint, report));
  }

  #checks(endpoint: 'livez' | 'readyz' | 'healthz'): readonly HealthCheck[] {
    const { live = [], ready = [] } = this.#options;
    if (endpoint !== 'readyz') return [{ name: 'ping', check: () => {} }, ...live];
    const serving: HealthCheck = {
      name: 'serving',
      check: () => {
        if (this.#unready !== '') throw new Error(this.#unready);
      },
    };
    return [serving, ...ready];
  }
}

/** `serving` is the server's own; of two checks of one name the probe of one would tell of both. */
function checkNames(checks: readonly HealthCheck[]): void {
  const names = new Set(['serving', 'ping']);
  for (const { name } of checks) {
    if (typeof name !== 'string' || name === '' || names.has(name))
      throw new RuntimeOptionsError(`health server: a check is named ${JSON.stringify(name)}, which is empty, taken or no text`);
    names.add(name);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
