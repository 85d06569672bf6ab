import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '@kubecast/clock';
import { MetadataNotLoadedError, type ModelAnswer, type ModelIndex } from '@kubecast/model-index';
import { formatPlace } from '../page/format-place.ts';
import type { Forwarder } from '../forwarding/forwarder.ts';
import { protocolOf } from '../forwarding/backend-protocol.ts';
import type { CallTarget } from '../forwarding/call-target.ts';
import { createHttpDoor } from './http-door.ts';
import { sendError, sendJson, sendText, sendWritten, type ErrorCode } from './json-answer.ts';
import { sendJsonList } from './json-list.ts';
import { ModelAnswers } from './model-answers.ts';
import { readiness, type Dependency } from './readiness.ts';
import { readRoute, type Route } from './route.ts';
import { statusPage } from '../page/status-page.ts';

export interface ResolverServerOptions {
  readonly index: ModelIndex;
  readonly forwarder: Forwarder;
  /** `''`: all. Only for the words of a 404. */
  readonly namespace: string;
  readonly renderMetrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly dependencies: () => readonly Dependency[];
  readonly onError?: (error: unknown) => void;
  /** Default the system's. */
  readonly clock?: Clock;
}

export interface DrainTimes {
  /** It is unready but serves on for so long, until nobody sends it new requests any more. */
  readonly graceMs: number;
  /** Calls in flight after that get so long. */
  readonly deadlineMs: number;
}

export interface ResolverServer {
  /** Opens the port and gives the URL. Rejects with a message that names the port and the way out. */
  listen(host: string, port: number): Promise<string>;
  /**
   * Turns unready at once, serves on for the grace with `connection: close` in each answer, then takes no more connections, closes idle ones, waits for
   * the calls in flight up to the deadline, and breaks off what is left. Gives how many connections that were. May be called once.
   */
  stop(times: DrainTimes): Promise<number>;
}

type CallRoute = Extract<Route, { kind: 'call' }>;
type Answered = Exclude<Route, CallRoute>;

export function createResolverServer(options: ResolverServerOptions): ResolverServer {
  return new HttpResolver(options);
}

class HttpResolver implements ResolverServer {
  readonly #options: ResolverServerOptions;
  readonly #server: Server;
  readonly #answers: ModelAnswers;
  #stopping = false;

  constructor(options: ResolverServerOptions) {
    this.#options = options;
    this.#answers = new ModelAnswers(options.index);
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      try {
        // Only lists and metrics take more than this turn.
        const rest = this.#handle(request, response);
        if (rest !== undefined) rest.catch((error: unknown) => this.#failed(response, error));
      } catch (error) {
        this.#failed(response, error);
      }
    };
    this.#server = createHttpDoor(listener, {
      upgrades: {
        wants: (request) => this.#wantsUpgrade(request),
        take: (request, socket, head) => {
          const target = this.#upgradeTarget(request);
          if (target === undefined) socket.destroy();
          else options.forwarder.upgrade(request, socket, head, target);
        },
      },
    });
  }

  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(new Error(explainListen(error, host, port), { cause: error }));
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed);
        resolve();
      });
    });
    const address = this.#server.address() as AddressInfo;
    return `http://${formatPlace(address.address, address.port)}`;
  }

  async stop({ graceMs, deadlineMs }: DrainTimes): Promise<number> {
    if (this.#stopping) return 0;
    this.#stopping = true;
    const { clock = systemClock } = this.#options;
    if (graceMs > 0 && this.#server.listening) await clock.sleep(graceMs);
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const drained = new AbortController();
    const late = clock.sleep(deadlineMs, drained.signal).then(
      () => true,
      () => false,
    );
    let broken = 0;
    if (await Promise.race([late, closed.then(() => false)])) {
      broken = await new Promise<number>((resolve) => this.#server.getConnections((_error, count) => resolve(count)));
      this.#server.closeAllConnections();
      // WebSockets are no connections of the server any more.
      this.#options.forwarder.close();
      await closed;
    }
    drained.abort();
    this.#options.forwarder.close();
    return broken;
  }

  #failed(response: ServerResponse, error: unknown): void {
    this.#options.onError?.(error);
    if (response.headersSent) response.destroy();
    else sendError(response, 500, 'Internal', 'the resolver failed to answer; its log says why');
  }

  #handle(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    if (this.#stopping) response.setHeader('connection', 'close');
    const route = readRoute(request.url ?? '');
    if (route.kind === 'call') {
      this.#call(request, response, route);
      return;
    }
    // Most requests have no body, and then there is nothing to read.
    if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendError(response, 405, 'MethodNotAllowed', `${request.method} is not served here; GET is`, { allow: 'GET, HEAD' });
      return;
    }
    return this.#answer(route, response);
  }

  #answer(route: Answered, response: ServerResponse): void | Promise<void> {
    const { index } = this.#options;
    switch (route.kind) {
      case 'livez':
        return sendText(response, 200, 'ok\n');
      case 'readyz': {
        const { ready, text } = readiness(index, this.#options.dependencies(), this.#stopping);
        return sendText(response, ready ? 200 : 503, text);
      }
      case 'metrics':
        return this.#options.renderMetrics().then(({ contentType, text }) => sendText(response, 200, text, contentType));
      case 'page':
        return sendText(response, 200, statusPage(index), 'text/html; charset=utf-8');
      case 'malformed':
        return sendError(response, 400, 'BadRequest', route.reason);
      case 'unknown':
        return sendError(response, 404, 'NotFound', 'nothing is served here; / lists what this resolver holds');
      case 'namespaces':
      case 'problems':
      case 'models':
      case 'apps':
      case 'model':
      case 'app':
        return index.hasSynced ? this.#resolve(route, response) : this.#notSynced(response);
    }
  }

  #resolve(
    route: Exclude<Answered, { kind: 'page' | 'livez' | 'readyz' | 'metrics' | 'unknown' } | { kind: 'malformed' }>,
    response: ServerResponse,
  ): void | Promise<void> {
    const { index } = this.#options;
    switch (route.kind) {
      case 'namespaces':
        return sendJson(response, 200, { namespaces: index.namespaces() });
      case 'problems':
        return sendJson(response, 200, { problems: index.problems() });
      case 'models':
        return this.#list(response, route.namespace, 'models', index.modelNames(route.namespace), (name) =>
          index.resolve(route.namespace, name),
        );
      case 'apps':
        return this.#list(response, route.namespace, 'apps', index.appNames(route.namespace), (name) => index.app(route.namespace, name));
      case 'model': {
        const written = this.#answers.textOf(route.namespace, route.model);
        if (written === 'evicted') return this.#load(response, route.namespace, route.model);
        return written === undefined ? this.#noModel(response, route.namespace, route.model) : sendWritten(response, 200, written);
      }
      case 'app': {
        const answer = index.app(route.namespace, route.app);
        if (answer !== undefined) return sendJson(response, 200, answer);
        return sendError(
          response,
          404,
          'AppNotFound',
          `no AppModel announces the app ${JSON.stringify(route.app)} in ${this.#where(route.namespace)}`,
        );
      }
    }
  }

  /** Metadata that left memory is read again; where that fails the answer says so and has all the rest. */
  async #load(response: ServerResponse, namespace: string, model: string): Promise<void> {
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    response.once('close', onClose);
    let answer: ModelAnswer | undefined;
    let reason: string | undefined;
    try {
      answer = await this.#options.index.load(namespace, model, { signal: gone.signal });
    } catch (error) {
      if (gone.signal.aborted) return;
      if (!(error instanceof MetadataNotLoadedError)) throw error;
      ({ answer, message: reason } = error);
    } finally {
      response.off('close', onClose);
    }
    if (answer === undefined) return this.#noModel(response, namespace, model);
    sendWritten(response, 200, this.#answers.write(reason === undefined ? answer : { ...answer, reason }));
  }

  #list(
    response: ServerResponse,
    namespace: string,
    what: string,
    names: readonly string[],
    answer: (name: string) => unknown,
  ): Promise<void> {
    return sendJsonList(response, { namespace }, what, names.length, (i) => answer(names[i] as string));
  }

  #call(request: IncomingMessage, response: ServerResponse, route: CallRoute): void {
    const found = this.#target(request, route);
    if ('target' in found) return this.#options.forwarder.forward(request, response, found.target);
    request.resume();
    sendError(response, found.status, found.code, found.message, found.headers);
  }

  /** Where a call goes, or why it goes nowhere. Routing needs no metadata: calls go on while Redis is away. */
  #target(request: IncomingMessage, route: CallRoute): { readonly target: CallTarget } | Refusal {
    const { index } = this.#options;
    const wrong = wrongHead(request);
    if (wrong !== undefined) return { status: 400, code: 'BadRequest', message: wrong };
    if (request.method === 'TRACE') {
      // TRACE would echo headers that proxies added, and to a script the cookies of its page.
      const allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
      return { status: 405, code: 'MethodNotAllowed', message: 'TRACE is not forwarded', headers: { allow } };
    }
    if (!index.hasRoutes) return notSynced;
    const model: ModelAnswer | undefined = index.resolve(route.namespace, route.model, { metadata: false });
    if (model === undefined) return this.#noModelIn(route.namespace, route.model);
    if (model.endpoints.length > 0) return { target: targetOf(route, model) };
    const why = model.endpointsProblem ?? 'none of its pods is ready';
    const message = `the app ${JSON.stringify(model.app)} of the model ${JSON.stringify(route.model)} has no endpoint: ${why}`;
    return { status: 502, code: 'NoEndpoints', message };
  }

  /** Whether an offer is one of WebSocket to an app that takes it. All others are ignored. */
  #wantsUpgrade(request: IncomingMessage): boolean {
    if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') return false;
    if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) return false;
    const found = this.#upgradeTarget(request);
    return found?.protocol.webSocket === true;
  }

  #upgradeTarget(request: IncomingMessage): CallTarget | undefined {
    const route = readRoute(request.url ?? '');
    if (route.kind !== 'call') return undefined;
    const found = this.#target(request, route);
    return 'target' in found ? found.target : undefined;
  }

  #notSynced(response: ServerResponse): void {
    sendError(response, notSynced.status, notSynced.code, notSynced.message, notSynced.headers);
  }

  #noModel(response: ServerResponse, namespace: string, model: string): void {
    const { status, code, message } = this.#noModelIn(namespace, model);
    sendError(response, status, code, message);
  }

  #noModelIn(namespace: string, model: string): Refusal {
    const message = `no AppModel announces the model ${JSON.stringify(model)} in ${this.#where(namespace)}`;
    return { status: 404, code: 'ModelNotFound', message };
  }

  #where(namespace: string): string {
    const watched = this.#options.namespace;
    return watched === '' || watched === namespace
      ? `the namespace ${JSON.stringify(namespace)}`
      : `the namespace ${JSON.stringify(namespace)}, which this resolver does not watch (--namespace ${watched})`;
  }
}

interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const notSynced: Refusal = {
  status: 503,
  code: 'NotSynced',
  message: 'the first picture of the cluster is not complete yet; /readyz says what is missing',
  headers: { 'retry-after': '1' },
};

function targetOf({ namespace, target }: CallRoute, { app, endpoints, appProtocol, service }: ModelAnswer): CallTarget {
  return {
    // No name of a namespace holds a slash.
    owner: `${namespace}/${app}`,
    endpoints,
    path: target,
    protocol: protocolOf(appProtocol),
    serverName: service === undefined ? '' : `${service}.${namespace}.svc`,
  };
}

/** Why the next server could read a request differently, in words; undefined if it cannot. Node's parser refuses the other ambiguous forms. */
function wrongHead({ rawHeaders }: IncomingMessage): string | undefined {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    hosts += 1;
    if (hosts > 1) return 'the request has several Host headers';
    if (!hostText.test(rawHeaders[i + 1] as string)) return 'the Host header is no host and port';
  }
  return undefined;
}

const hostText = /^[A-Za-z0-9._~%!$&'()*+,;=:[\]-]*$/u;

function explainListen(error: NodeJS.ErrnoException, host: string, port: number): string {
  const place = formatPlace(host, port);
  if (error.code === 'EADDRINUSE') return `the port ${place} is in use; choose another by --port, or --port 0 for a free one`;
  if (error.code === 'EACCES') return `the port ${place} may not be opened by this user; choose one above 1023 by --port`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `${host} is no address of this machine; choose another by --host`;
  return `the port ${place} could not be opened: ${error.message}`;
}
