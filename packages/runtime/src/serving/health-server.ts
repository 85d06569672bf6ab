import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@kubecast/clock';
import { ListenError } from '../errors.ts';
import { formatReport, runChecks, type HealthCheck } from './health-checks.ts';

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
  /** Opens the port, 0 for a free one, and gives the URL. @throws ListenError */
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
  readonly #server: Server;
  #unready = '';

  constructor(options: HealthServerOptions) {
    this.#options = options;
    this.#server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        options.onError?.(error);
        if (response.headersSent) response.destroy();
        else send(response, 500, 'internal error; the log says more\n');
      });
    });
    this.#server.on('clientError', (_error, socket) => void socket.destroy());
  }

  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(new ListenError(explain(error, host, port), { cause: error }));
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed);
        resolve();
      });
    });
    const { address, port: open } = this.#server.address() as AddressInfo;
    return `http://${address.includes(':') ? `[${address}]` : address}:${open}`;
  }

  turnUnready(reason: string): void {
    this.#unready = reason;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    response.on('error', () => {}); // Who asked went away.
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, 'GET is what is served here\n');
      return;
    }
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const parameters = new URLSearchParams(query);
    const [, endpoint = '', ...rest] = path.split('/');
    if (endpoint === 'metrics' && rest.length === 0 && this.#options.renderMetrics !== undefined) {
      const { contentType, text } = await this.#options.renderMetrics();
      send(response, 200, text, contentType);
      return;
    }
    if (endpoint !== 'livez' && endpoint !== 'readyz' && endpoint !== 'healthz') {
      send(
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
      send(response, 404, `${endpoint} has no check ${JSON.stringify(one)}\n`);
      return;
    }
    const report = await runChecks(chosen, {
      ...(this.#options.clock === undefined ? {} : { clock: this.#options.clock }),
      exclude: parameters.getAll('exclude'),
    });
    // Not 500: a check that fails is an answer, not a defect of this server.
    send(response, report.ok ? 200 : 503, report.ok && !parameters.has('verbose') ? 'ok\n' : formatReport(endpoint, report));
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

function send(response: ServerResponse, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.byteLength,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `port ${port} of ${host}`;
  if (error.code === 'EADDRINUSE') return `${where} is in use by another process; choose another port, or 0 for a free one`;
  if (error.code === 'EACCES') return `${where} may not be opened by this user; choose a port from 1024 up`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') return `${host} is no address of this machine`;
  return `${where} cannot be opened: ${error.message}`;
}
